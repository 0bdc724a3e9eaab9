// Two real browsers: reactions, replies, receipts and deleted messages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { actions, conversation, converse, launch, messages, signUp, write } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

test("people react, reply and delete, and the other sees it at once", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  await write(lea.page, "Bonjour, comment ça va ?");
  await messages(lea.page).last().waitFor();
  await conversation(carlos.page, "Lea Test").click();
  await messages(carlos.page).last().waitFor();

  // Carlos reacts; Léa adds hers by a click on his, and takes it back.
  await (await actions(carlos.page, "Opciones del mensaje")).getByRole("button", { name: "👍" }).click();
  const hers = messages(lea.page).last().getByTestId("reactions").getByRole("button");
  await hers.filter({ hasText: "👍 1" }).click();
  const his = messages(carlos.page).last().getByTestId("reactions").getByRole("button");
  await his.filter({ hasText: "👍 2" }).waitFor();
  assert.equal(await hers.filter({ hasText: "👍 2" }).getAttribute("aria-pressed"), "true");
  await hers.click();
  await his.filter({ hasText: "👍 1" }).waitFor();

  // He replies; the quote is in the language of whoever reads it.
  await (
    await actions(carlos.page, "Opciones del mensaje")
  )
    .getByRole("button", { name: "Responder" })
    .click();
  await write(carlos.page, "Muy bien, gracias.");
  const reply = messages(lea.page).filter({ has: lea.page.locator("blockquote") });
  await reply.locator("blockquote", { hasText: "Bonjour, comment ça va ?" }).waitFor();

  // He deletes his reply, when the server has it.
  await messages(carlos.page).locator("blockquote").waitFor();
  const dialog = await actions(carlos.page, "Opciones del mensaje");
  await dialog.getByRole("button", { name: "Eliminar", exact: true }).click();
  await dialog.getByText("El mensaje se eliminará para todos.").waitFor();
  await dialog.getByRole("button", { name: "Eliminar", exact: true }).click();
  await reply.waitFor({ state: "detached" });
  assert.equal(await messages(lea.page).count(), 1);
  // She sees that he has read hers.
  const details = await actions(lea.page, "Options du message");
  await details.getByRole("button", { name: "Détails" }).click();
  await details.getByTestId("read-by").getByText("Carlos Test").waitFor();
  // It is not his to delete, except for himself.
  await (await actions(carlos.page, "Opciones del mensaje")).waitFor();
  assert.equal(await carlos.page.getByRole("button", { name: "Eliminar", exact: true }).count(), 0);
  await carlos.page.getByRole("button", { name: "Eliminar para mí" }).click();
  await messages(carlos.page).first().waitFor({ state: "detached" });
  assert.equal(await messages(lea.page).count(), 1);
  assert.deepEqual([...lea.complaints, ...carlos.complaints], []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});
