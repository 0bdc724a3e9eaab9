// A member proposes a word for the glossary, and the other one accepts it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { conversation, converse, launch, messages, openGroup, signUp, write } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** Opens the glossary of the open conversation. */
async function glossary(page) {
  await page.getByTestId("show-glossary").click();
  const dialog = page.getByTestId("glossary-dialog");
  await dialog.locator("#term").waitFor();
  return dialog;
}

/** The entry of a word. */
const entry = (dialog, list, word) =>
  dialog.getByTestId(list).getByRole("listitem").filter({ hasText: word });

test("an accepted word is kept, in earlier messages as well", async () => {
  const lea = await signUp(browser, "Lea", "en");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  await write(lea.page, "The cat sleeps in the garden.");
  await conversation(carlos.page, "Lea Test").click();
  const text = messages(carlos.page).last().getByTestId("text");
  await text.filter({ hasText: "gato" }).waitFor();

  // Both members of a direct conversation may change its glossary: what Carlos adds applies at once.
  const his = await glossary(carlos.page);
  const hers = await glossary(lea.page);
  await his.locator("#term").fill("garden");
  await his.locator("button.primary").click();
  await entry(his, "terms", "garden").waitFor();
  await entry(hers, "terms", "garden").waitFor();
  await entry(hers, "terms", "garden").getByText("is never translated").waitFor();

  await his.getByRole("button", { name: "Volver a traducir los mensajes anteriores con" }).click();
  await his.getByText("Se actualizará 1 traducción.").waitFor();
  await carlos.page.keyboard.press("Escape");
  await text.filter({ hasText: "garden" }).waitFor();

  await entry(hers, "terms", "garden").getByRole("button").click();
  await entry(hers, "terms", "garden").waitFor({ state: "detached" });
  assert.deepEqual([...lea.complaints, ...carlos.complaints], []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});

test("in a group, members propose, and its creator accepts and renews translations", async () => {
  const lea = await signUp(browser, "Lea", "en");
  const carlos = await signUp(browser, "Carlos", "es");
  const emma = await signUp(browser, "Emma", "es");
  await openGroup(lea.page, [carlos, emma], "Gardeners");
  await write(lea.page, "The cat sleeps in the garden.");
  await conversation(carlos.page, "Gardeners").click();
  const texts = messages(carlos.page).getByTestId("text");
  await texts.filter({ hasText: "gato" }).waitFor();

  const [his, hers] = [await glossary(carlos.page), await glossary(lea.page)];
  await his.locator("#term").fill("garden");
  await his.locator("button.primary").click();
  await his.getByText("Gracias. La moderación decidirá.").waitFor();
  await entry(hers, "proposals", "garden")
    .getByText(/proposed by .Carlos Test/)
    .waitFor();
  await hers.getByRole("button", { name: /^Accept .garden/ }).click();
  await entry(hers, "terms", "garden").waitFor();
  await entry(his, "terms", "garden").waitFor();
  await hers.getByTestId("proposals").waitFor({ state: "detached" });
  for (const { page } of [carlos, emma]) await page.keyboard.press("Escape");
  assert.equal(await texts.filter({ hasText: "garden" }).count(), 0, "not before it is asked for");
  await hers.getByRole("button", { name: /^Translate earlier messages with .garden. again/ }).click();
  await hers.getByText("1 translation will be updated.").waitFor();
  await texts.filter({ hasText: "garden" }).waitFor();

  await lea.page.keyboard.press("Escape");
  await write(lea.page, "A dog barks in the garden.");
  await texts.filter({ hasText: /perro.*garden/ }).waitFor();
  assert.deepEqual([...lea.complaints, ...carlos.complaints, ...emma.complaints], []);
  await Promise.all([lea, carlos, emma].map(({ context }) => context.close()));
});

test("in the room for everybody, members propose and withdraw", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const emma = await signUp(browser, "Emma", "en");
  for (const { page } of [lea, emma]) await conversation(page, "Meeshy Global").click();
  const [hers, other] = [await glossary(lea.page), await glossary(emma.page)];
  const word = `mot ${lea.username}`;
  await hers.locator("#term").fill(word);
  await hers.locator("#term-translation").fill("word");
  await hers.locator("#term-language").selectOption("en");
  await hers.locator("button.primary").click();
  await hers.getByText("Merci. La modération décidera.").waitFor();
  await entry(other, "proposals", word).getByText("Lea Test").waitFor();
  assert.equal(
    await entry(other, "proposals", word).getByRole("button").count(),
    0,
    "only moderators decide",
  );
  await hers.getByRole("button", { name: "Retirer" }).filter({ hasText: "Retirer" }).last().click();
  await entry(other, "proposals", word).waitFor({ state: "detached" });
  assert.deepEqual([...lea.complaints, ...emma.complaints], []);
  await Promise.all([lea.context.close(), emma.context.close()]);
});
