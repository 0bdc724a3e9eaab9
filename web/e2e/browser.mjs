// A headless Chromium from Debian, and users in it.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export const url = process.env.MEESHY_URL ?? "http://localhost:3000";

const EXECUTABLE = "/usr/bin/chromium";

export async function launch(options = []) {
  if (!existsSync(EXECUTABLE)) throw new Error("Chromium is not installed: apt-get install chromium");
  return chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...options,
    ],
  });
}

/** A name that is unique to this run. */
export const unique = (name) =>
  `${name}${Date.now().toString(36).slice(-5)}${Math.floor(Math.random() * 1296).toString(36)}`;

/** A separate page, and the errors that it logs, except for lost connections. */
export async function newPage(browser, language, options = {}) {
  const context = await browser.newContext({
    locale: language,
    viewport: { width: 1100, height: 750 },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().includes("ERR_INTERNET_DISCONNECTED"))
      complaints.push(message.text());
  });
  return { context, page, complaints };
}

/** Signs in to an existing account. The page must not log errors. */
export async function signIn(browser, username, password, language) {
  const { context, page, complaints } = await newPage(browser, language);
  await page.goto(`${url}/signin`);
  await page.locator("#login").fill(username);
  await page.locator("#password").fill(password);
  await page.locator("button.primary").click();
  await page.getByRole("listitem").getByRole("link").first().waitFor();
  return { context, page, username, complaints };
}

/** Signs up on the page, and stays on it. The page must not log errors. */
export async function signUp(browser, name, language, options = {}) {
  const { context, page, complaints } = await newPage(browser, language, options);
  const username = unique(name);
  await page.goto(`${url}/signup`);
  const fields = {
    firstName: name,
    lastName: "Test",
    username,
    email: `${username}@example.org`,
    password: "correct horse",
  };
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value);
  await page.locator("button.primary").click();
  await conversation(page, "Meeshy Global").waitFor();
  return { context, page, username, complaints };
}

/** The entry of a conversation in the list. */
export const conversation = (page, title) =>
  page
    .getByRole("listitem")
    .getByRole("link")
    .filter({ has: page.getByTestId("title").filter({ hasText: title }) });

/** The message field. */
export const composer = (page) => page.locator("textarea");

/**
 * Waits until the composer contains `text`: sending or editing a message clears it a moment after the message
 * appears.
 */
export async function composes(page, text) {
  const deadline = Date.now() + 10_000;
  while ((await composer(page).inputValue()) !== text && Date.now() < deadline) await page.waitForTimeout(50);
  assert.equal(await composer(page).inputValue(), text);
}

export const messages = (page) => page.getByTestId("message");

/** Opens what can be done with the newest message. */
export async function actions(page, label) {
  const newest = messages(page).last();
  await newest.focus();
  await newest.getByRole("button", { name: label }).click();
  return page.getByTestId("message-actions");
}

export async function write(page, text) {
  await composer(page).fill(text);
  await page.keyboard.press("Enter");
}

/** Finds a user and opens the conversation with them. */
export async function converse(page, username) {
  await page.locator("a[href='/new']").first().click();
  await page.locator("#search-people").fill(username);
  await page.getByRole("button", { name: username }).click();
  await page.locator("[role=main] button.primary").click();
  await composer(page).waitFor();
}

/** Opens a group with some people, at least two. */
export async function openGroup(page, people, title) {
  await page.locator("a[href='/new']").first().click();
  for (const { username } of people) {
    await page.locator("#search-people").fill(username);
    await page.getByRole("button", { name: username }).click();
  }
  await page.locator("#group-title").fill(title);
  await page.locator("[role=main] button.primary").click();
  await composer(page).waitFor();
}

/** Sends numbered messages, bypassing the page, as its user. */
export async function seed(page, conversationId, count) {
  await page.evaluate(
    async ([id, last]) => {
      const { token } = JSON.parse(localStorage.getItem("meeshy.session"));
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      for (let number = 1; number <= last; number++) {
        const content = `numéro ${number} ${"mot ".repeat(number % 40)}`;
        const body = JSON.stringify({ content, originalLanguage: "fr" });
        await fetch(`/api/v1/conversations/${id}/messages`, { method: "POST", headers, body });
      }
    },
    [conversationId, count],
  );
}
