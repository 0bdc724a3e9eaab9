// Real browsers: searching messages, links to them, pins and forwarding.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { conversation, converse, launch, messages, seed, signUp, write } from "./browser.mjs";
import { search } from "./searching.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const options = async (page, text, label) => {
  const message = messages(page).filter({ hasText: text }).last();
  await message.focus();
  await message.getByRole("button", { name: label }).click();
  return page.getByTestId("message-actions");
};

test("an old message is found, shown in its place, linked, pinned and forwarded", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  await write(lea.page, "La réunion commence à neuf heures.");
  await messages(lea.page).last().waitFor();
  const place = lea.page.url();
  await seed(lea.page, place.split("/").at(-1), 170);
  await messages(lea.page).filter({ hasText: "numéro 170" }).waitFor();

  // Carlos has not loaded it, and finds it without the accent.
  await conversation(carlos.page, "Lea Test").waitFor();
  const found = await search(carlos.page, "reunion commence");
  assert.deepEqual(await found.first().locator("mark").allTextContents(), ["réunion", "commence"]);
  await found.first().click();
  await carlos.page.waitForFunction(() => document.activeElement?.matches(".isMarked"));
  assert.match(carlos.page.url(), /\/c\/[0-9a-f]{24}\/[0-9a-f]{24}$/);
  assert.equal(
    await messages(carlos.page).filter({ hasText: "170" }).count(),
    0,
    "the newest are not loaded",
  );

  // The same link again leads there again.
  await messages(carlos.page).last().focus();
  assert.equal(await carlos.page.locator(".isMarked:focus").count(), 0);
  const visits = await carlos.page.evaluate(() => history.length);
  await found.first().click();
  await carlos.page.waitForFunction(() => document.activeElement?.matches(".isMarked"));
  assert.equal(await carlos.page.evaluate(() => history.length), visits);

  // What is new does not tear a hole; the way back is a button.
  await write(lea.page, "Et maintenant ?");
  await carlos.page.locator("button.jump").click();
  await messages(carlos.page)
    .filter({ hasText: /Et maintenant|ahora/ })
    .waitFor();
  // Scrolling down from an old message loads what follows.
  await carlos.page.goBack();
  await carlos.page.goForward();
  await carlos.page.waitForFunction(() => document.activeElement?.matches(".isMarked"));
  for (let step = 0; step < 60; step++) {
    await carlos.page.mouse.move(800, 400);
    await carlos.page.mouse.wheel(0, 3000);
    if (
      (await messages(carlos.page)
        .filter({ hasText: /Et maintenant|ahora/ })
        .count()) > 0
    )
      break;
    await carlos.page.waitForTimeout(50);
  }
  await messages(carlos.page)
    .filter({ hasText: /Et maintenant|ahora/ })
    .waitFor();

  // Pinned for both, with a link.
  await (
    await options(lea.page, "Et maintenant ?", "Options du message")
  )
    .getByRole("button", { name: "Épingler pour tout le monde" })
    .click();
  await carlos.page.getByTestId("pinned").getByRole("link").waitFor();
  await (
    await options(lea.page, "Et maintenant ?", "Options du message")
  )
    .getByRole("button", { name: "Désépingler" })
    .click();
  await carlos.page.getByTestId("pinned").waitFor({ state: "detached" });

  // Forwarded to another conversation.
  const dialog = await options(lea.page, "Et maintenant ?", "Options du message");
  await dialog.getByRole("button", { name: "Transférer" }).click();
  await dialog.getByTestId("forward-to").getByRole("button", { name: "Meeshy Global" }).click();
  await lea.page.waitForURL((shown) => shown.href !== place);
  await messages(lea.page).filter({ hasText: "Et maintenant ?" }).getByText("Transféré").waitFor();
  assert.deepEqual([...lea.complaints, ...carlos.complaints], []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});
