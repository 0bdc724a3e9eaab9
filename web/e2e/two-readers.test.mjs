// Two real browsers: one person reads French, the other Spanish, and each writes as they please.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { launch, signUp, url } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** What stands in the newest message of a page. */
const newest = (page) => page.getByTestId("message").last();

async function write(page, text) {
  await page.locator("#composer").fill(text);
  await page.keyboard.press("Enter");
}

async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

test("each reads their own language, without a reload", async () => {
  const lea = await signUp(browser, "lea", "fr");
  const carlos = await signUp(browser, "carlos", "es");

  // Léa finds Carlos and opens a conversation with him.
  await lea.page.goto(`${url}/new`);
  await lea.page.getByRole("searchbox").fill(carlos.username);
  await lea.page.getByRole("button", { name: carlos.username }).click();
  await lea.page.locator("form button.primary").click();
  await lea.page.locator("#composer").waitFor();

  await write(lea.page, "Bonjour, comment ça va ?");
  assert.equal(await newest(lea.page).getByTestId("text").textContent(), "Bonjour, comment ça va ?");
  assert.equal(await newest(lea.page).getByTestId("state").getAttribute("data-state"), "same");

  // It stands in Carlos's list, unread and in Spanish; he opens it.
  const entry = carlos.page
    .locator(".list li a", { hasText: "lea Test" })
    .or(carlos.page.locator(".list li a", { hasText: "Lea Test" }));
  await entry.locator(".count").waitFor();
  assert.equal(await entry.locator(".count").textContent(), "1");
  await entry.click();
  const message = newest(carlos.page);
  await message.locator("[data-testid=state][data-state=translated]").waitFor();
  const translated = message.getByTestId("text");
  assert.match(await translated.textContent(), /cómo|va|días|Hola/i);
  assert.doesNotMatch(await translated.textContent(), /Bonjour/);
  assert.equal(await translated.getAttribute("lang"), "es");
  assert.equal(await translated.getAttribute("dir"), "ltr");
  assert.match(await message.getByTestId("state").textContent(), /francés/);

  // One click shows the original, another the translation; so does the key.
  await message.getByRole("button").click();
  assert.equal(await translated.textContent(), "Bonjour, comment ça va ?");
  assert.equal(await translated.getAttribute("lang"), "fr");
  await carlos.page.locator("article").last().focus();
  await carlos.page.keyboard.press("t");
  assert.equal(await translated.getAttribute("lang"), "es");

  // Carlos types, then answers in Spanish; Léa sees French within a second.
  await carlos.page.locator("#composer").pressSequentially("¡Hola! Mi");
  await lea.page.getByTestId("typing").filter({ hasText: "écrit" }).waitFor();
  const start = Date.now();
  await write(carlos.page, "Mi tren llega a las diez de la mañana.");
  await lea.page.locator("[data-testid=text][lang=fr]", { hasText: "train" }).waitFor();
  assert.ok(Date.now() - start < 1500, `it took ${Date.now() - start} ms`);
  await lea.page.getByTestId("typing").filter({ hasNotText: "écrit" }).waitFor();

  // Read is what was seen.
  await carlos.page.locator(".list .count").first().waitFor({ state: "detached" });
  await lea.context.close();
  await carlos.context.close();
});

test("a pair that no engine serves says so, and shows the original", async () => {
  const lea = await signUp(browser, "lea", "fr");
  const jiro = await signUp(browser, "jiro", "ja");
  await lea.page.goto(`${url}/new`);
  await lea.page.getByRole("searchbox").fill(jiro.username);
  await lea.page.getByRole("button", { name: jiro.username }).click();
  await lea.page.locator("form button.primary").click();
  await write(lea.page, "Bonjour");
  await jiro.page.locator(".list li a", { hasText: "Lea Test" }).click();
  await jiro.page.getByTestId("state").filter({ hasText: "not available" }).waitFor();
  assert.equal(await newest(jiro.page).getByTestId("text").textContent(), "Bonjour");
  await lea.context.close();
  await jiro.context.close();
});

test("what is written without a connection goes out once it is back, and once only", async () => {
  const lea = await signUp(browser, "lea", "fr");
  await lea.page.locator(".list li a", { hasText: "Meeshy Global" }).click();
  await lea.page.locator("#composer").waitFor();
  await lea.context.setOffline(true);
  const text = `hors ligne ${Date.now()}`;
  await write(lea.page, text);
  await lea.page.getByTestId("draft").waitFor();
  await lea.context.setOffline(false);
  await lea.page.getByTestId("message").filter({ hasText: text }).waitFor({ timeout: 20_000 });
  await lea.page.reload();
  await lea.page.getByTestId("message").filter({ hasText: text }).waitFor();
  assert.equal(await lea.page.getByTestId("message").filter({ hasText: text }).count(), 1);
  assert.equal(await lea.page.getByTestId("draft").count(), 0);
  await lea.context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the pages are accessible in ${colorScheme}, on a phone as on a desktop`, async () => {
    const { context, page } = await signUp(browser, "emma", "en", {
      colorScheme,
      viewport: { width: 320, height: 640 },
    });
    assert.deepEqual(await violations(page), [], "the list");
    await page.locator(".list li a").first().click();
    await page.locator("#composer").waitFor();
    await write(page, "Hello everybody");
    assert.deepEqual(await violations(page), [], "a conversation");
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(await overflow(), 0, "no sideways scrolling at 320 pixels");
    await page.goto(`${url}/settings`);
    await page.locator("form select").first().waitFor();
    assert.deepEqual(await violations(page), [], "the settings");
    await page.setViewportSize({ width: 1100, height: 750 });
    await page.goto(`${url}/new`);
    await page.getByRole("searchbox").waitFor();
    assert.deepEqual(await violations(page), [], "a new conversation");
    await context.clearCookies();
    await page.evaluate(() => localStorage.clear());
    await page.goto(`${url}/signup`);
    await page.locator("form select").waitFor();
    assert.deepEqual(await violations(page), [], "signing up");
    await context.close();
  });
}
