// Real browsers: a link invites into a conversation, also somebody who has to sign in first.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { composer, conversation, launch, newPage, openGroup, signUp, url } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("a link leads into a conversation, and everybody reads who has joined", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  const nina = await signUp(browser, "Nina", "en");
  const emma = await signUp(browser, "Emma", "en");
  await openGroup(lea.page, [carlos, nina], "Le voyage");

  await lea.page.getByRole("button", { name: "3 membres" }).click();
  const links = lea.page.getByTestId("share-links");
  await links.getByRole("button", { name: "Créer un lien" }).click();
  const link = await links.getByLabel("Lien", { exact: true }).inputValue();
  const { pathname } = new URL(link, url);
  await lea.page.keyboard.press("Escape");

  // Emma is signed in.
  await emma.page.goto(url + pathname);
  await emma.page.getByTestId("join").getByRole("button", { name: "Join" }).click();
  await emma.page.getByTestId("notice").getByText("You joined").waitFor();
  await lea.page
    .getByTestId("notice")
    .getByText(/Emma Test.? a rejoint la conversation/)
    .waitFor();
  await conversation(carlos.page, "Le voyage")
    .getByText(/Emma Test.? se unió/)
    .waitFor();
  // Following it again leads there as well, and she is counted once.
  await emma.page.goto(url + pathname);
  await emma.page.getByTestId("join").getByRole("button", { name: "Join" }).click();
  await composer(emma.page).waitFor();
  await lea.page.getByRole("button", { name: "4 membres" }).click();
  await links.getByText("1 personne a rejoint").waitFor();

  // Olga has to sign in first.
  const olga = await signUp(browser, "Olga", "en");
  await olga.context.close();
  const { context, page, complaints } = await newPage(browser, "en");
  await page.goto(url + pathname);
  await page.getByTestId("link").getByText("Le voyage").waitFor();
  await page.locator('a[href$="/signin"]').click();
  await page.locator("#login").fill(olga.username);
  await page.locator("#password").fill("correct horse");
  await page.locator("button.primary").click();
  await page.getByTestId("join").getByRole("button", { name: "Join" }).click();
  await page.getByTestId("notice").getByText("You joined").waitFor();

  // A link that does not exist says so.
  await emma.page.goto(`${url}/join/no-such-link`);
  await emma.page.getByTestId("join").getByRole("button", { name: "Join" }).click();
  await emma.page.getByText("This link does not work any more.").waitFor();
  // The refusal is logged by the browser.
  for (const person of [lea, carlos, nina, { context, complaints }]) {
    assert.deepEqual(person.complaints, []);
    await person.context.close();
  }
  await emma.context.close();
});
