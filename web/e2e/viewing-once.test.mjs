// Two real browsers: a message that may be viewed only once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { conversation, converse, launch, messages, signUp, write } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("a message is viewed once, and not again after a reload", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  await lea.page.getByRole("button", { name: "Plus d’options pour ce message" }).click();
  await lea.page.getByTestId("disclosure").getByLabel("Voir une seule fois").check();
  await write(lea.page, "4711");
  await messages(lea.page).last().waitFor();
  assert.equal(await lea.page.getByTestId("disclosure").count(), 0, "it holds for one message");
  // Its author can read it again, and sees how many others have.
  const own = messages(lea.page).last();
  await own.getByTestId("opened").filter({ hasText: "Pas encore ouvert" }).waitFor();
  await own.getByRole("button", { name: "Message à vue unique" }).click();
  await own.getByTestId("viewed-once").filter({ hasText: "4711" }).waitFor();
  await conversation(lea.page, "Carlos Test").getByText("Message à vue unique").waitFor();

  await conversation(carlos.page, "Lea Test").click();
  const hidden = messages(carlos.page).last();
  await hidden.getByRole("button", { name: "Ver una sola vez" }).click();
  await hidden.getByTestId("viewed-once").filter({ hasText: "4711" }).waitFor();

  await lea.page.reload();
  await messages(lea.page).getByTestId("opened").filter({ hasText: "Ouvert par 1 personne" }).waitFor();
  await carlos.page.reload();
  await messages(carlos.page).last().getByRole("button", { name: "Ver una sola vez" }).click();
  await messages(carlos.page).last().getByRole("alert").waitFor();
  assert.equal(await carlos.page.getByText("4711").count(), 0);
  // The refusal is logged by the browser.
  assert.deepEqual(lea.complaints, []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});
