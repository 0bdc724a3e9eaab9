// A new messenger: there are no accounts, and the server has printed a setup code.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { conversation, launch, newPage, unique, url } from "../browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** What the server printed at startup. */
const setupCode = () =>
  readFileSync(process.env.MEESHY_SERVER_LOG, "utf8").match(
    /Setup code for the first administrator: (\S+)/,
  )[1];

async function fill(page, name) {
  const username = unique(name);
  const fields = {
    firstName: name,
    lastName: "Test",
    username,
    email: `${username}@example.org`,
    password: "correct horse",
  };
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value);
}

const submit = (page) => page.locator("button.primary").click();

/** The role of the signed-in user. */
const role = (page) =>
  page.evaluate(async () => {
    const { token } = JSON.parse(localStorage.getItem("meeshy.session"));
    const response = await fetch("/api/v1/auth/me", { headers: { authorization: `Bearer ${token}` } });
    return (await response.json()).data.user.role;
  });

test("the first screen of a new messenger leads to the first account, and the code creates the administrator", async () => {
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => newPage(browser, "en")));

  // Nobody could sign in yet, so the page does not offer it; the code is optional.
  await first.page.goto(`${url}/`);
  await first.page.getByRole("heading", { name: "Create an account" }).waitFor();
  await first.page.getByTestId("empty").filter({ hasText: "There are no accounts yet" }).waitFor();
  await first.page.getByLabel("Setup code").waitFor();
  await fill(first.page, "Emma");
  await submit(first.page);
  await conversation(first.page, "Meeshy Global").waitFor();
  assert.equal(await role(first.page), "USER");

  // The next visitor signs in or up as usual. The code is still valid.
  await second.page.goto(`${url}/`);
  await second.page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await second.page.getByTestId("empty").count(), 0);
  await second.page.getByRole("link", { name: "New here?" }).click();
  await second.page.getByText("I have a setup code").click();
  await fill(second.page, "Olga");
  await second.page.getByLabel("Setup code").fill("00000-00000-00000-00000");
  await submit(second.page);
  await second.page.locator("#setupCode-problem").filter({ hasText: "Invalid setup code" }).waitFor();
  await second.page.getByLabel("Setup code").fill(setupCode().toLowerCase());
  await submit(second.page);
  await conversation(second.page, "Meeshy Global").waitFor();
  assert.notEqual(await role(second.page), "USER");

  // The code has been used.
  await third.page.goto(`${url}/signup`);
  await third.page.locator("#username").waitFor();
  assert.equal(await third.page.getByText("setup code").count(), 0);
  const refused = (text) => text.includes("400");
  assert.deepEqual(
    [...first.complaints, ...second.complaints.filter((text) => !refused(text)), ...third.complaints],
    [],
  );
  await Promise.all([first, second, third].map(({ context }) => context.close()));
});
