// Accessibility: screen readers, keyboards, small and dark screens, right-to-left text.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { composer, composes, conversation, launch, messages, signUp, url, write } from "./browser.mjs";

let browser;
before(async () => {
  browser = await launch();
  // Somebody to be found: users do not find themselves.
  await (await signUp(browser, "Emma", "en")).context.close();
});
after(() => browser?.close());

async function assertAccessible(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(found, [], what);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(overflow, 0, `${what}: no sideways scrolling`);
}

/** Sends a blurred message and one that may be viewed once, bypassing the page, as its user. */
const sendHidden = (page) =>
  page.evaluate(async () => {
    const { token } = JSON.parse(localStorage.getItem("meeshy.session"));
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    for (const how of ["isBlurred", "isViewOnce"]) {
      const body = JSON.stringify({ content: "hidden", originalLanguage: "en", [how]: true });
      const path = `/api/v1${location.pathname.replace("/c/", "/conversations/")}/messages`;
      await fetch(path, { method: "POST", headers, body });
    }
  });

const screens = [
  { language: "en", colorScheme: "light", width: 1100 },
  { language: "en", colorScheme: "dark", width: 320 },
  { language: "ar", colorScheme: "light", width: 320 },
];

for (const { language, colorScheme, width } of screens) {
  test(`the pages are accessible: ${language}, ${colorScheme}, ${width} pixels wide`, async () => {
    const options = { colorScheme, viewport: { width, height: 700 }, reducedMotion: "reduce" };
    const { context, page, complaints } = await signUp(browser, "Emma", language, options);
    assert.equal(await page.locator("html").getAttribute("dir"), language === "ar" ? "rtl" : "ltr");
    await assertAccessible(page, "the list");
    await conversation(page, "Meeshy Global").click();
    await composer(page).waitFor();
    await write(page, "Hello everybody");
    await messages(page).last().waitFor();
    await sendHidden(page);
    await messages(page).nth(-1).getByTestId("opened").waitFor();
    await assertAccessible(page, "a conversation");
    const count = page.locator("button.members");
    await count.press("Enter");
    const dialog = page.getByTestId("members-dialog");
    await dialog.getByRole("listitem").first().waitFor();
    await assertAccessible(page, "the members");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    assert.ok(await count.evaluate((button) => button === document.activeElement), "it gives the focus back");
    await page.getByTestId("show-glossary").press("Enter");
    const glossary = page.getByTestId("glossary-dialog");
    await glossary.locator("#term").waitFor();
    await assertAccessible(page, "the glossary");
    await page.keyboard.press("Escape");
    await glossary.waitFor({ state: "detached" });
    await page.goto(`${url}/settings`);
    await page.locator("#reading-language").click();
    await page.getByRole("option").first().waitFor();
    await assertAccessible(page, "the settings, with the list of languages");
    await page.goto(`${url}/new`);
    await page.locator("#search-people").fill("Emma");
    await page.getByRole("listitem").getByRole("button").first().waitFor();
    await assertAccessible(page, "a new conversation");
    await page.evaluate(() => localStorage.clear());
    await page.goto(`${url}/signup`);
    await page.locator("#username").waitFor();
    await assertAccessible(page, "signing up");
    await page.goto(`${url}/signin`);
    await page.locator("#login").waitFor();
    await assertAccessible(page, "signing in");
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test("everything goes by keyboard", async () => {
  const { context, page } = await signUp(browser, "Emma", "en");
  const focusedId = () => page.evaluate(() => document.activeElement?.id);
  await page.locator("a[href='/new']").first().focus();
  await page.keyboard.press("Enter");
  await page.locator("#search-people").waitFor();
  assert.equal(await focusedId(), "search-people", "the field has the focus");
  await page.locator("a[href='/settings']").first().focus();
  await page.keyboard.press("Enter");
  await page.locator("#reading-language").focus();
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement?.matches("input[type=checkbox]")), "one step");

  await page.keyboard.press("Control+K");
  await page.keyboard.type("global");
  await page.keyboard.press("Enter");
  await composer(page).focus();

  // Shift+Enter is a new line; Enter while characters are composed sends nothing.
  await page.keyboard.type("one");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await composer(page).dispatchEvent("keydown", { key: "Enter", isComposing: true, bubbles: true });
  await composes(page, "one\ntwo");
  await page.keyboard.press("Enter");
  await messages(page).filter({ hasText: "one\ntwo" }).last().waitFor();
  await composes(page, "");

  // Up to the last own message, further up into the messages, along them, and back.
  await write(page, "three");
  await messages(page).filter({ hasText: "three" }).last().waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  await page.keyboard.press("ArrowUp");
  await composes(page, "three");
  await page.keyboard.press("ArrowUp");
  await composes(page, "");
  assert.match(await focused(), /three/);
  await page.keyboard.press("ArrowUp");
  assert.match(await focused(), /two/);
  assert.equal(await page.locator("[role=log] article[tabindex='0']").count(), 1, "one tab stop");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "TEXTAREA");

  await page.keyboard.press("F6");
  assert.ok(await page.evaluate(() => document.activeElement?.matches("[data-region]")));
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await assertAccessible(page, "the list of shortcuts");
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("dialog").count(), 0);
  await context.close();
});

test("light or dark is remembered", async () => {
  const { context, page } = await signUp(browser, "Emma", "en", { colorScheme: "light" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.goto(`${url}/settings`);
  await page.getByLabel("Appearance").selectOption("dark");
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByLabel("Appearance").waitFor();
  assert.equal(await ground(), dark);
  await context.close();
});
