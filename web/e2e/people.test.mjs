// Two people become friends, and one secures the account.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { composer, conversation, converse, launch, messages, signUp, write } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

async function assertAccessible(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(found, [], what);
}

/** The code of an authenticator (RFC 6238) for a key in base32. */
function codeOf(key) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", secret).update(step).digest();
  const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

test("a friend request is sent from a profile and accepted on the page of people", async () => {
  const lea = await signUp(browser, "Lea", "en");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(carlos.page, lea.username);
  await write(carlos.page, "Hola");
  await conversation(lea.page, "Carlos Test").click();
  await lea.page.getByRole("button", { name: "Profile", exact: true }).click();
  const profile = lea.page.getByTestId("profile-dialog");
  await profile.getByText(`@${carlos.username}`).waitFor();
  await assertAccessible(lea.page, "a profile");
  await profile.getByRole("button", { name: "Add as a friend" }).click();
  await profile.getByRole("button", { name: "Withdraw friend request" }).waitFor();
  await lea.page.keyboard.press("Escape");
  await profile.waitFor({ state: "detached" });

  await carlos.page.locator("a[href='/people']").click();
  const people = carlos.page.getByTestId("people");
  await people.getByRole("button", { name: "Aceptar" }).click();
  await people.getByRole("button", { name: "Aceptar" }).waitFor({ state: "detached" });
  await people.getByRole("button", { name: `@${lea.username}` }).waitFor();
  await assertAccessible(carlos.page, "people");

  // She is told of it.
  await lea.page.locator("a[href='/people']").click();
  await lea.page
    .getByTestId("people")
    .getByRole("button", { name: `@${carlos.username}` })
    .click();
  await profile.getByRole("button", { name: "Remove from friends" }).waitFor();
  await profile.getByRole("button", { name: "Block", exact: true }).click();
  await profile.getByRole("button", { name: "Unblock" }).waitFor();
  await lea.page.keyboard.press("Escape");
  await people.getByRole("button", { name: `@${lea.username}` }).waitFor({ state: "detached" });
  assert.deepEqual([...lea.complaints, ...carlos.complaints], []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});

test("in a group, the picture of an author opens the profile", async () => {
  const lea = await signUp(browser, "Lea", "en");
  const emma = await signUp(browser, "Emma", "en");
  await conversation(emma.page, "Meeshy Global").click();
  await composer(emma.page).waitFor();
  await write(emma.page, `Hello from ${emma.username}`);
  await conversation(lea.page, "Meeshy Global").click();
  const message = messages(lea.page).filter({ hasText: emma.username }).last();
  await message.getByRole("button", { name: "Profile of Emma Test" }).click();
  await lea.page.getByTestId("profile-dialog").getByText(`@${emma.username}`).waitFor();
  await lea.page.getByRole("button", { name: "Write a message" }).click();
  await lea.page.getByRole("heading", { name: "Emma Test" }).waitFor();
  assert.deepEqual([...lea.complaints, ...emma.complaints], []);
  await Promise.all([lea.context.close(), emma.context.close()]);
});

test("codes are set up with the key of an authenticator", async () => {
  const lea = await signUp(browser, "Lea", "en");
  await lea.page.locator("a[href='/settings']").click();
  await lea.page.getByText("this device", { exact: true }).waitFor();
  await lea.page.getByRole("button", { name: "Set up" }).click();
  const key = await lea.page.getByTestId("two-factor-key").textContent();
  await lea.page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
  await assertAccessible(lea.page, "settings");
  await lea.page.locator("#two-factor-code").fill(codeOf(key.trim()));
  await lea.page.getByRole("button", { name: "Confirm" }).click();
  await lea.page.getByTestId("backup-codes").getByRole("listitem").nth(9).waitFor();
  const backup = await lea.page.getByTestId("backup-codes").getByRole("listitem").first().textContent();

  await lea.page.getByRole("button", { name: "Sign out", exact: true }).last().click();
  await lea.page.locator("#login").fill(lea.username);
  await lea.page.locator("#password").fill("correct horse");
  await lea.page.locator("button.primary").click();
  await lea.page.locator("#code").fill(backup);
  await lea.page.locator("button.primary").click();
  await conversation(lea.page, "Meeshy Global").waitFor();
  assert.deepEqual(lea.complaints, []);
  await lea.context.close();
});
