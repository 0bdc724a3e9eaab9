// Keys go to where the user types: a field, a dialog, an input method, or a phone's keyboard.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { composer, composes, conversation, converse, launch, messages, signUp, write } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("any letter can be typed in a dialog, and Escape closes it", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const emma = await signUp(browser, "Emma", "es");
  await converse(lea.page, emma.username);
  await write(lea.page, "Bonjour, comment ça va ?");
  const { page } = emma;
  await conversation(page, "Lea Test").click();
  const message = messages(page).last();
  const text = message.locator("[data-testid=text][lang=es]");
  await text.waitFor();

  await message.getByTestId("report").click();
  const dialog = page.getByTestId("report-dialog");
  assert.equal(await page.getByRole("log").getByTestId("report-dialog").count(), 0, "not a part of the log");
  await dialog.locator("textarea").focus();
  await page.keyboard.type("t? e");
  assert.equal(await dialog.locator("textarea").inputValue(), "t? e");
  await page.keyboard.press("Control+K");
  await page.keyboard.press("F6");
  await page.keyboard.type("!");
  assert.equal(await dialog.locator("textarea").inputValue(), "t? e!", "the focus stays in the dialog");
  assert.equal(await page.getByRole("dialog").count(), 1, "no second dialog");
  await text.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  assert.equal(
    await page.evaluate(() => document.activeElement?.getAttribute("data-testid")),
    "report",
    "the focus is back where it was",
  );

  // On the button, which is not a field, the key is a shortcut again.
  await page.keyboard.press("t");
  await message.locator("[data-testid=text][lang=fr]").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Atajos de teclado" }).waitFor();
  await page.keyboard.press("t");
  await message.locator("[data-testid=text][lang=fr]").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.deepEqual(emma.complaints, []);
  await Promise.all([lea.context.close(), emma.context.close()]);
});

test("the Enter that ends a composition sends nothing, in Safari either", async () => {
  const { context, page } = await signUp(browser, "Emma", "en");
  await conversation(page, "Meeshy Global").click();
  await composer(page).fill("にほん");
  for (const ends of [{ isComposing: true }, { isComposing: false, keyCode: 229 }])
    await composer(page).dispatchEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...ends });
  await composes(page, "にほん");
  await page.keyboard.press("Enter");
  await messages(page).filter({ hasText: "にほん" }).last().waitFor();
  await context.close();
});

test("on a phone, Enter inserts a line break, and the button sends", async () => {
  const phone = { hasTouch: true, isMobile: true, viewport: { width: 390, height: 760 } };
  const { context, page, complaints } = await signUp(browser, "Emma", "en", phone);
  await conversation(page, "Meeshy Global").tap();
  await composer(page).tap();
  await page.keyboard.type("one");
  await page.keyboard.press("Enter");
  await page.keyboard.type("two");
  await composes(page, "one\ntwo");
  assert.equal(await composer(page).getAttribute("enterkeyhint"), "enter");
  await page.getByRole("button", { name: "Send" }).tap();
  await messages(page).filter({ hasText: "one\ntwo" }).last().waitFor();
  await composes(page, "");
  assert.deepEqual(complaints, []);
  await context.close();
});
