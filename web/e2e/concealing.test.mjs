// Two real browsers: a blurred message is hidden everywhere until its reader reveals it, also from screen readers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { composer, conversation, converse, launch, messages, signUp, write } from "./browser.mjs";
import { search } from "./searching.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** What is on the page, whether it can be seen or only be read out. */
const contains = async (page, text) => (await page.content()).includes(text);

async function act(page, text, label, action) {
  const message = messages(page).filter({ hasText: text }).last();
  await message.focus();
  await message.getByRole("button", { name: label }).click();
  await page.getByTestId("message-actions").getByRole("button", { name: action }).click();
}

test("a blurred message is hidden in the log, in lists, quotes, pins and results until it is revealed", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  await lea.page.getByRole("button", { name: "Plus d’options pour ce message" }).click();
  await lea.page.getByTestId("disclosure").getByLabel("Flouté").check();
  await write(lea.page, "4711 secret");
  await messages(lea.page).filter({ hasText: "Message flouté" }).waitFor();
  await act(lea.page, "Message flouté", "Options du message", "Épingler pour tout le monde");
  await lea.page.getByTestId("pinned").getByText("Message flouté").waitFor();

  // In the list, before the conversation is opened, and in the results of a search.
  await conversation(carlos.page, "Lea Test").getByText("Mensaje difuminado").waitFor();
  const found = await search(carlos.page, "4711");
  await found.getByText("Mensaje difuminado").waitFor();
  assert.equal(await carlos.page.locator("mark").count(), 0);
  await carlos.page.locator("#find-conversation").fill("");
  assert.equal(await contains(carlos.page, "4711"), false);

  // In the conversation: the message, its quotes, the pins, and what is announced.
  await conversation(carlos.page, "Lea Test").click();
  await carlos.page.getByTestId("pinned").getByText("Mensaje difuminado").waitFor();
  await act(carlos.page, "Mensaje difuminado", "Opciones del mensaje", "Responder");
  await carlos.page.locator("blockquote").getByText("Mensaje difuminado").waitFor();
  await write(carlos.page, "hola");
  await messages(carlos.page).filter({ hasText: "hola" }).locator("blockquote").waitFor();
  await messages(lea.page).nth(1).locator("blockquote").getByText("Message flouté").waitFor();
  assert.equal(await contains(carlos.page, "4711"), false);
  assert.equal(await contains(lea.page, "4711"), false);

  // Revealed by its reader, for its reader only; the message keeps the focus.
  await messages(carlos.page)
    .first()
    .getByRole("button", { name: /^Mostrar/ })
    .click();
  await messages(carlos.page).first().getByTestId("text").filter({ hasText: "4711" }).waitFor();
  await messages(carlos.page).nth(1).locator("blockquote").filter({ hasText: "4711" }).waitFor();
  await carlos.page.getByTestId("pinned").filter({ hasText: "4711" }).waitFor();
  assert.ok(
    await messages(carlos.page)
      .first()
      .evaluate((message) => message === document.activeElement),
  );
  assert.equal(await contains(lea.page, "4711"), false);

  // Hidden again after a reload.
  await carlos.page.reload();
  await messages(carlos.page).filter({ hasText: "Mensaje difuminado" }).first().waitFor();
  assert.equal(await contains(carlos.page, "4711"), false);
  assert.deepEqual([...lea.complaints, ...carlos.complaints], []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});

test("a message that expires disappears at once", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  const place = lea.page.url().split("/").at(-1);
  await conversation(carlos.page, "Lea Test").click();
  await composer(carlos.page).waitFor();
  await lea.page.evaluate(async (id) => {
    const { token } = JSON.parse(localStorage.getItem("meeshy.session"));
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const expiresAt = new Date(Date.now() + 8000).toISOString();
    const body = JSON.stringify({ content: "4712", originalLanguage: "fr", expiresAt });
    await fetch(`/api/v1/conversations/${id}/messages`, { method: "POST", headers, body });
  }, place);
  await messages(carlos.page).filter({ hasText: "4712" }).waitFor();
  await carlos.page.waitForFunction(() => !document.querySelector("[role=log]").textContent.includes("4712"));
  await conversation(carlos.page, "Lea Test").filter({ hasText: "4712" }).waitFor({ state: "detached" });
  assert.deepEqual([...lea.complaints, ...carlos.complaints], []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});
