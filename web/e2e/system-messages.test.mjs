// Two real browsers: what has happened to a group is told in the words of each reader, and is not unread.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { conversation, launch, messages, openGroup, signUp } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("a member who is added, a new title and a departure are told to each in their own words", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  const nina = await signUp(browser, "Nina", "en");
  const emma = await signUp(browser, "Emma", "en");
  await openGroup(lea.page, [carlos, nina], "Les amis");

  await lea.page.getByRole("button", { name: "3 membres" }).click();
  await lea.page.locator("#conversation-title").fill("Le voyage");
  await lea.page.getByRole("button", { name: "Enregistrer" }).click();
  await lea.page.locator("#add-people").fill(emma.username);
  await lea.page.getByRole("button", { name: /Emma Test/ }).click();
  await lea.page.keyboard.press("Escape");
  const told = (page) => page.getByTestId("notice");
  await told(lea.page)
    .getByText(/Vous avez renommé la conversation « .?Le voyage/)
    .waitFor();
  await told(lea.page)
    .getByText(/Vous avez ajouté .?Emma Test/)
    .waitFor();

  // It is in the list, and nothing is unread.
  const entry = conversation(carlos.page, "Le voyage");
  await entry.getByText(/Lea Test.? añadió a .?Emma Test/).waitFor();
  assert.equal(await entry.locator(".unread").count(), 0);
  await entry.click();
  await told(carlos.page)
    .getByText(/Lea Test.? cambió el nombre de la conversación a «.?Le voyage/)
    .waitFor();
  assert.equal(await messages(carlos.page).count(), 0, "there is nothing to answer or react to");

  await conversation(emma.page, "Le voyage").click();
  await told(emma.page)
    .getByText(/Lea Test.? added you/)
    .waitFor();
  await emma.page.getByRole("button", { name: "4 members" }).click();
  await emma.page.getByRole("button", { name: "Leave this conversation" }).click();
  await emma.page.getByRole("button", { name: "Leave", exact: true }).click();
  await told(carlos.page)
    .getByText(/Emma Test.? salió/)
    .waitFor();
  for (const { complaints, context } of [lea, carlos, nina, emma]) {
    assert.deepEqual(complaints, []);
    await context.close();
  }
});
