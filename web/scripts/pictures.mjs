// The pictures of the README: the demo as three of its readers see it.
//
//   make run DEMO=1 &
//   node web/scripts/pictures.mjs data/demo-passwords.txt docs/pictures

import { readFileSync } from "node:fs";
import { conversation, launch, messages, signIn } from "../e2e/browser.mjs";

const READERS = { emma: "en", lea: "fr", ines: "pt" };
/** That of a narrow window, so that three fit side by side. */
const VIEWPORT = { width: 430, height: 800 };

const [passwords, folder] = process.argv.slice(2);
const passwordOf = Object.fromEntries(
  readFileSync(passwords, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" ")),
);
const browser = await launch();
for (const [username, language] of Object.entries(READERS)) {
  const { page } = await signIn(browser, username, passwordOf[username], language);
  await page.setViewportSize(VIEWPORT);
  await conversation(page, "Barcelona").click();
  await messages(page).nth(9).waitFor();
  await page.waitForFunction(() => document.querySelector(".pending") === null, null, { timeout: 60_000 });
  await page.screenshot({ path: `${folder}/demo-${language}.png` });
}
await browser.close();
