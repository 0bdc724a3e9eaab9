// A headless Chromium from Debian, and people in it.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export const url = process.env.MEESHY_URL ?? "http://localhost:3000";

const EXECUTABLE = "/usr/bin/chromium";

export async function launch() {
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
    ],
  });
}

/** A name that no other run has. */
export const unique = (name) =>
  `${name}${Date.now().toString(36).slice(-5)}${Math.floor(Math.random() * 1296).toString(36)}`;

/** Signs somebody up through the page, and stays on it. */
export async function signUp(browser, name, language, options = {}) {
  const context = await browser.newContext({
    locale: language,
    viewport: { width: 1100, height: 750 },
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const username = unique(name);
  await page.goto(`${url}/signup`);
  const inputs = page.locator("form");
  await inputs.locator("[autocomplete=given-name]").fill(name);
  await inputs.locator("[autocomplete=family-name]").fill("Test");
  await inputs.locator("[autocomplete=username]").fill(username);
  await inputs.locator("[autocomplete=email]").fill(`${username}@example.org`);
  await inputs.locator("[autocomplete=new-password]").fill("correct horse");
  await inputs.locator("select").selectOption(language);
  await inputs.locator("button.primary").click();
  await page.locator(".list ul").waitFor();
  return { context, page, username };
}
