// Lost connections, long histories, and rejected input.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  composer,
  composes,
  conversation,
  converse,
  launch,
  messages,
  seed,
  signUp,
  url,
  write,
} from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** Gives the newest message another text, as the person whose page it is. */
async function correct(page, conversationId, content) {
  const status = await page.evaluate(
    async ([id, content]) => {
      const { token } = JSON.parse(localStorage.getItem("meeshy.session"));
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const path = `/api/v1/conversations/${id}/messages`;
      const { data } = await (await fetch(path, { headers })).json();
      const body = JSON.stringify({ content });
      return (await fetch(`${path}/${data[0].id}`, { method: "PUT", headers, body })).status;
    },
    [conversationId, content],
  );
  assert.equal(status, 200);
}

test("messages written offline are sent after reconnecting: in order, and only once", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  await conversation(carlos.page, "Lea Test").click();

  await lea.context.setOffline(true);
  const texts = ["un", "deux", "trois"].map((text) => `${text} ${Date.now()}`);
  for (const text of texts) await write(lea.page, text);
  assert.equal(await lea.page.getByTestId("draft").count(), 3);
  await lea.page.getByRole("status").filter({ hasText: "3 messages attendent" }).waitFor({ timeout: 40_000 });

  await write(carlos.page, "cuatro");
  await messages(carlos.page).filter({ hasText: "cuatro" }).waitFor();
  await lea.context.setOffline(false);
  await lea.page.locator("[data-testid=text][lang=fr]", { hasText: "quatre" }).waitFor({ timeout: 20_000 });
  await messages(lea.page).filter({ hasText: texts[2] }).waitFor({ timeout: 20_000 });
  await lea.page.reload();
  await messages(lea.page).filter({ hasText: texts[2] }).waitFor();
  assert.deepEqual((await lea.page.getByTestId("text").allTextContents()).slice(1), texts);
  assert.equal(await lea.page.getByTestId("draft").count(), 0);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});

test("unsent messages and drafts survive a reload", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  await conversation(lea.page, "Meeshy Global").click();
  await composer(lea.page).waitFor();
  const text = `plus tard ${Date.now()}`;
  // The socket is unreachable, the page is not.
  await lea.page.route("**/socket.io/**", (route) => route.abort());
  await lea.page.routeWebSocket("**/socket.io/**", (socket) => socket.close());
  await lea.page.reload();
  await composer(lea.page).waitFor();
  await write(lea.page, text);
  await composer(lea.page).fill("à moitié");
  await lea.page.reload();
  await lea.page.getByTestId("draft").filter({ hasText: text }).waitFor();
  await composes(lea.page, "à moitié");
  await lea.page.unrouteAll();
  // A routed WebSocket stays routed for the page, so another page of the same user continues.
  const again = await lea.context.newPage();
  await again.goto(lea.page.url());
  await messages(again).filter({ hasText: text }).waitFor({ timeout: 20_000 });
  await lea.page.close();
  await again.reload();
  await messages(again).filter({ hasText: text }).waitFor();
  assert.equal(await messages(again).filter({ hasText: text }).count(), 1);
  await lea.context.close();
});

test("messages written offline are sent even if the browser stores nothing", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "fr");
  await converse(lea.page, carlos.username);
  await lea.page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await lea.context.setOffline(true);
  await write(lea.page, "un");
  await write(lea.page, "deux");
  await lea.context.setOffline(false);
  await messages(lea.page).filter({ hasText: "deux" }).waitFor({ timeout: 20_000 });
  assert.equal(await messages(lea.page).count(), 2);
  await lea.context.close();
  await carlos.context.close();
});

test("a hanging connection attempt does not block the next one once the network is back", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  let hanging = 0;
  let isBack = false;
  await lea.page.routeWebSocket("**/socket.io/**", (socket) => {
    if (isBack) socket.connectToServer();
    else hanging += 1;
  });
  await lea.page.reload();
  await conversation(lea.page, "Meeshy Global").click();
  const text = `enfin ${Date.now()}`;
  await write(lea.page, text);
  await lea.page.getByTestId("draft").filter({ hasText: text }).waitFor();
  assert.equal(hanging, 1);
  isBack = true;
  await lea.context.setOffline(true);
  await lea.context.setOffline(false);
  await messages(lea.page).filter({ hasText: text }).waitFor({ timeout: 10_000 });
  await lea.context.close();
});

test("a long history opens at the first unread message, and keeps its position when older messages load", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const paul = await signUp(browser, "Paul", "fr");
  await converse(lea.page, paul.username);
  const id = lea.page.url().split("/").at(-1);
  await seed(lea.page, id, 260);

  const { page } = paul;
  await conversation(page, "Lea Test").getByText("260 non lus").waitFor();
  await conversation(page, "Lea Test").click();
  await page.locator("[data-unread]").waitFor();
  assert.ok(await page.locator("[data-unread]").isVisible());
  assert.ok((await messages(page).count()) <= 200, "few rows in the page");
  await page.getByRole("button", { name: /nouveaux/ }).click();
  await messages(page).filter({ hasText: "numéro 260" }).waitFor();
  await conversation(page, "Lea Test").getByText("non lus").waitFor({ state: "detached" });

  // Scrolling up: the row at the top stays in place while others are added above it.
  const log = page.getByRole("log");
  const jumps = await log.evaluate(async (element) => {
    const top = (row) => row.getBoundingClientRect().top;
    const isFirst = (text) => /numéro 1\s/.test(text);
    const found = [];
    for (let step = 0; step < 100 && !isFirst(element.textContent); step++) {
      element.scrollTop -= 400;
      const edge = top(element);
      const row = [...element.querySelectorAll("[data-row]")].find((candidate) => top(candidate) > edge);
      const before = top(row);
      await new Promise((resolve) => setTimeout(resolve, 60));
      if (!row.isConnected || Math.abs(top(row) - before) > 2) found.push(top(row) - before);
    }
    return found;
  });
  assert.deepEqual(jumps, []);
  await messages(page)
    .filter({ hasText: /numéro 1\s/ })
    .waitFor({ state: "attached" });
  assert.ok((await messages(page).count()) <= 200, "few rows in the page");
  await page.getByRole("button", { name: "À la fin" }).click();
  await messages(page).filter({ hasText: "numéro 260" }).waitFor();
  await Promise.all([lea.context.close(), paul.context.close()]);
});

test("messages missed during a long interruption are loaded without gaps", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const paul = await signUp(browser, "Paul", "fr");
  await converse(lea.page, paul.username);
  await write(lea.page, "avant");
  await conversation(paul.page, "Lea Test").click();
  await messages(paul.page).filter({ hasText: "avant" }).waitFor();
  await paul.context.setOffline(true);
  const talk = lea.page.url().split("/").at(-1);
  await correct(lea.page, talk, "avant, corrigé");
  await seed(lea.page, talk, 70);
  await paul.context.setOffline(false);
  await messages(paul.page).filter({ hasText: "numéro 70" }).waitFor({ timeout: 20_000 });
  const log = paul.page.getByRole("log");
  while ((await messages(paul.page).filter({ hasText: "avant" }).count()) === 0) {
    await log.evaluate((element) => (element.scrollTop = 0));
    await paul.page.waitForTimeout(50);
  }
  const texts = await paul.page.getByTestId("text").allTextContents();
  assert.equal(texts[0], "avant, corrigé", "what was edited long before the newest page is noticed too");
  const numbers = texts.map((text) => Number(text.match(/\d+/) ?? 0));
  assert.deepEqual(
    numbers,
    Array.from({ length: 71 }, (_, number) => number),
  );
  await Promise.all([lea.context.close(), paul.context.close()]);
});

test("a temporary authentication failure is retried", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  let refusals = 0;
  await lea.page.routeWebSocket("**/socket.io/**", (socket) => {
    const server = socket.connectToServer();
    server.onMessage((packet) => {
      const isFirst = refusals === 0 && String(packet).startsWith('42["authenticated"');
      if (isFirst) refusals += 1;
      socket.send(isFirst ? '42["authenticated",{"success":false,"error":"not just now"}]' : packet);
    });
  });
  await lea.page.reload();
  await conversation(lea.page, "Meeshy Global").click();
  const text = `enfin ${Date.now()}`;
  await write(lea.page, text);
  await messages(lea.page).filter({ hasText: text }).waitFor();
  assert.equal(refusals, 1);
  await lea.context.close();
});

test("polling is used if WebSockets are blocked", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const paul = await signUp(browser, "Paul", "fr");
  await paul.page.addInitScript(() => {
    window.WebSocket = class {
      constructor() {
        setTimeout(() => this.onerror(new Event("error")));
      }
      close() {}
    };
  });
  await paul.page.reload();
  await converse(lea.page, paul.username);
  await write(lea.page, "par un autre chemin");
  await conversation(paul.page, "Lea Test").click();
  await messages(paul.page).filter({ hasText: "par un autre chemin" }).waitFor();
  await write(paul.page, "bien reçu");
  await messages(lea.page).filter({ hasText: "bien reçu" }).waitFor();
  await Promise.all([lea.context.close(), paul.context.close()]);
});

test("errors of the server are shown at the field", async () => {
  const { context, page, username } = await signUp(browser, "Emma", "en");
  await page.locator("a[href='/settings']").click();
  await page.getByTestId("sign-out").click();
  await page.locator("#login").fill(username);
  await page.locator("#password").fill("wrong password");
  await page.locator("button.primary").click();
  await page.getByRole("alert").filter({ hasText: "Wrong username or password." }).waitFor();

  await page.getByRole("link", { name: "New here?" }).click();
  for (const id of ["firstName", "lastName"]) await page.locator(`#${id}`).fill("Emma");
  await page.locator("#username").fill(username);
  await page.locator("#email").fill(`other-${username}@example.org`);
  await page.locator("#password").fill("correct horse");
  await page.locator("button.primary").click();
  await page.locator("#username-problem").waitFor();
  assert.equal(await page.locator("#username").getAttribute("aria-invalid"), "true");

  await page.goto(`${url}/c/65a0c0ffee0123456789abcd`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await context.close();
});

test("a message that is too long is not sent, and stays in the field", async () => {
  const { context, page } = await signUp(browser, "Emma", "en");
  await conversation(page, "Meeshy Global").click();
  await write(page, "x".repeat(4001));
  await page.getByRole("alert").filter({ hasText: "1 character over the limit" }).waitFor();
  assert.equal((await composer(page).inputValue()).length, 4001);
  assert.equal(await page.getByTestId("draft").count(), 0);
  await context.close();
});
