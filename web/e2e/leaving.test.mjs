// What stays on a device after signing out, and what is shown when the server ends a session.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { composer, composes, conversation, launch, signUp, unique, url } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** The keys that the device stores. */
const kept = (page) => page.evaluate(() => Object.keys(localStorage).sort());

async function signIn(page, username) {
  await page.locator("#login").fill(username);
  await page.locator("#password").fill("correct horse");
  await page.locator("button.primary").click();
}

/** A user with an account, but without a page. */
async function account(name) {
  const username = unique(name);
  const response = await fetch(`${url}/api/v1/auth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      username,
      password: "correct horse",
      firstName: name,
      lastName: "Test",
      email: `${username}@example.org`,
      systemLanguage: "en",
    }),
  });
  assert.ok(response.ok);
  return username;
}

/** Ends the session of a page from elsewhere, as another device or an administrator would. */
async function endSession(page) {
  const { token, sessionToken } = await page.evaluate(() =>
    JSON.parse(localStorage.getItem("meeshy.session")),
  );
  const headers = { authorization: `Bearer ${token}`, "x-session-token": sessionToken };
  const response = await fetch(`${url}/api/v1/auth/logout`, { method: "POST", headers });
  assert.ok(response.ok);
}

test("signing out leaves nothing behind", async () => {
  const { context, page, username } = await signUp(browser, "Emma", "en");
  await conversation(page, "Meeshy Global").click();
  await page.getByRole("button", { name: "Show originals" }).click();
  await page.getByLabel("I write in").selectOption("es");
  await composer(page).fill("for nobody’s eyes");
  await page.locator("a[href='/settings']").click();
  await page.getByLabel("Appearance").selectOption("dark");
  await page.getByTestId("sign-out").click();
  await page.locator("#login").waitFor();
  assert.deepEqual(await kept(page), ["meeshy.theme"]);
  assert.equal(await page.getByRole("alert").filter({ hasText: "session" }).count(), 0);

  const paul = await account("Paul");
  await signIn(page, paul);
  await conversation(page, "Meeshy Global").click();
  await composes(page, "");
  assert.equal(await page.getByLabel("I write in").inputValue(), "");
  assert.equal(
    await page.getByRole("button", { name: "Show originals" }).getAttribute("aria-pressed"),
    "false",
  );
  await page.locator("a[href='/settings']").click();
  await page.getByTestId("sign-out").click();
  await signIn(page, username);
  await conversation(page, "Meeshy Global").click();
  await composes(page, "");
  await context.close();
});

test("an ended session is reported, and signing in returns to the same place", async () => {
  const { context, page, username } = await signUp(browser, "Emma", "en");
  await conversation(page, "Meeshy Global").click();
  await composer(page).fill("half a thought");
  const place = page.url();
  const other = await context.newPage();
  await other.goto(place);
  await composer(other).waitFor();

  await endSession(page);
  for (const tab of [page, other])
    await tab
      .getByRole("alert")
      .filter({ hasText: "Your session has expired. Please sign in again." })
      .waitFor();
  await signIn(page, username);
  await composer(page).waitFor();
  assert.equal(page.url(), place);
  await composes(page, "half a thought");
  assert.equal(await page.getByRole("alert").count(), 0);

  // Another user starts afresh, and finds nothing of hers.
  await endSession(page);
  await page.getByRole("alert").waitFor();
  await page.getByRole("link", { name: "New here?" }).click();
  await page.getByRole("link", { name: "Have an account?" }).click();
  await signIn(page, await account("Paul"));
  await conversation(page, "Meeshy Global").waitFor();
  assert.equal(new URL(page.url()).pathname, "/");
  assert.ok(
    (await kept(page)).every((key) => !key.includes("draft")),
    "no draft is left",
  );
  await context.close();
});

test("a session that ended while the page was closed is reported at the next visit", async () => {
  const { context, page } = await signUp(browser, "Emma", "en");
  await endSession(page);
  await page.reload();
  await page.getByRole("alert").filter({ hasText: "Your session has expired" }).waitFor();
  await context.close();
});

test("signing out in one tab signs out the other", async () => {
  const { context, page } = await signUp(browser, "Emma", "en");
  const other = await context.newPage();
  await other.goto(`${url}/`);
  await conversation(other, "Meeshy Global").click();
  await composer(other).fill("still here");
  await page.locator("a[href='/settings']").click();
  await page.getByTestId("sign-out").click();
  await page.locator("#login").waitFor();
  await other.locator("#login").waitFor();
  assert.deepEqual(await kept(page), []);
  await context.close();
});
