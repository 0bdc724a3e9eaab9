// A LibreTranslate client library uses our API.

import assert from "node:assert/strict";
import { test } from "node:test";
import translate from "translate";
import { unique, url } from "./browser.mjs";

test("the npm package `translate` translates with a token as its key", async () => {
  const username = unique("lib");
  const answer = await fetch(`${url}/api/v1/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      username,
      password: "correct horse battery",
      firstName: "Lib",
      lastName: "Test",
      email: `${username}@example.org`,
      systemLanguage: "en",
      regionalLanguage: "en",
    }),
  });
  const { token } = (await answer.json()).data;
  Object.assign(translate, { engine: "libre", url: `${url}/libretranslate/translate`, key: token });
  assert.equal(await translate("The house", { from: "en", to: "es" }), "La casa");
});
