// A server that accepts messages, but has no translator.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { conversation, converse, launch, messages, signUp, write } from "../browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("a reader learns that no translator is running", async () => {
  const lea = await signUp(browser, "Lea", "en");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(carlos.page, lea.username);
  await write(carlos.page, "Hasta mañana");
  await conversation(lea.page, "Carlos Test").click();
  const message = messages(lea.page).last();
  await message.getByText("translating from Spanish").waitFor();
  await lea.page.getByTestId("missing").getByText("Messages will be translated later").waitFor();
  assert.equal(await message.getByTestId("text").textContent(), "Hasta mañana");
  assert.deepEqual(lea.complaints, []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});
