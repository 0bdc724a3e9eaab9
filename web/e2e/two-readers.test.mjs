// Two real browsers: one user reads French, the other Spanish, and each writes in their language.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { composer, composes, conversation, converse, launch, messages, signUp, write } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** The newest message of a page. */
const newest = (page) => messages(page).last();

test("each reads their own language, without a reload", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");

  await converse(lea.page, carlos.username);
  await write(lea.page, "Bonjour, comment ça va ?");
  await newest(lea.page).waitFor();
  assert.equal(await newest(lea.page).getByTestId("text").textContent(), "Bonjour, comment ça va ?");

  // It is in Carlos's list, unread and in Spanish; he opens it.
  const entry = conversation(carlos.page, "Lea Test");
  await entry.getByText("1 sin leer").waitFor();
  await entry.locator("[lang=es]").waitFor();
  await entry.click();
  const message = newest(carlos.page);
  const text = message.getByTestId("text");
  await message.getByText("traducido del francés").waitFor();
  assert.match(await text.textContent(), /cómo|va|días|Hola/i);
  assert.doesNotMatch(await text.textContent(), /Bonjour/);
  assert.equal(await text.getAttribute("lang"), "es");
  assert.equal(await text.getAttribute("dir"), "ltr");
  assert.equal(await carlos.page.locator("[data-unread]").count(), 1, "a divider before new messages");

  // A click shows the original; the key shows the translation again.
  await message.getByTestId("flip").click();
  assert.equal(await text.textContent(), "Bonjour, comment ça va ?");
  assert.equal(await text.getAttribute("lang"), "fr");
  await message.getByText("original, francés").waitFor();
  await message.focus();
  await carlos.page.keyboard.press("t");
  assert.equal(await text.getAttribute("lang"), "es");

  // The whole conversation in the original, until switched back.
  await carlos.page.getByRole("button", { name: "Ver los originales" }).click();
  assert.equal(await text.getAttribute("lang"), "fr");
  await carlos.page.reload();
  await text.waitFor();
  assert.equal(await text.getAttribute("lang"), "fr");
  await carlos.page.getByRole("button", { name: "Ver los originales" }).click();

  // Carlos types, then answers in Spanish; Léa sees French.
  await composer(carlos.page).pressSequentially("¡Hola! Mi");
  await lea.page
    .getByTestId("typing")
    .filter({ hasText: /Carlos Test. écrit/ })
    .waitFor();
  await write(carlos.page, "Mi tren llega a las diez de la mañana.");
  await lea.page.locator("[data-testid=text][lang=fr]", { hasText: "train" }).waitFor();
  await lea.page.getByTestId("typing").filter({ hasNotText: "écrit" }).waitFor();
  // Announced in French, because the translation arrives soon now that the engine is running.
  await write(carlos.page, "El gato duerme.");
  await lea.page
    .getByTestId("announcer")
    .filter({ hasText: "Carlos Test: " })
    .locator("[lang=fr]", { hasText: "chat" })
    .waitFor({ state: "attached" });

  // Messages count as read once they were visible.
  await entry.getByText("sin leer").waitFor({ state: "detached" });
  assert.deepEqual([...lea.complaints, ...carlos.complaints], []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});

test("an unsupported pair is reported, and shows the original", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const jiro = await signUp(browser, "Jiro", "ja");
  await converse(lea.page, jiro.username);
  await write(lea.page, "Bonjour");
  await conversation(jiro.page, "Lea Test").click();
  const missing = jiro.page.getByTestId("missing").getByText("Messages in French cannot be translated");
  await missing.waitFor();
  assert.equal(await newest(jiro.page).getByTestId("text").textContent(), "Bonjour");

  // Once, whatever else is written; without advice for operators; and not again after it was dismissed.
  await write(lea.page, "Tu es là ?");
  await newest(jiro.page).getByText("Tu es là ?").waitFor();
  await newest(jiro.page).getByRole("img", { name: "not translated from French" }).waitFor();
  assert.equal(await messages(jiro.page).count(), 2);
  assert.equal(await missing.count(), 1);
  assert.equal(await jiro.page.getByText("meeshy models").count(), 0);
  await jiro.page.getByRole("button", { name: "Don’t show again" }).click();
  await missing.waitFor({ state: "detached" });
  await jiro.page.reload();
  await newest(jiro.page).getByRole("img", { name: "not translated from French" }).waitFor();
  assert.equal(await missing.count(), 0);
  await Promise.all([lea.context.close(), jiro.context.close()]);
});

test("a rough translation is marked, and the original is one click away", async () => {
  const emma = await signUp(browser, "Emma", "en");
  const lea = await signUp(browser, "Lea", "fr");
  const text = "My plane lands at noon. Where do we meet?";
  await converse(emma.page, lea.username);
  await write(emma.page, text);
  await conversation(lea.page, "Emma Test").click();
  const message = newest(lea.page);
  await message.getByTestId("rough").getByText("traduction approximative").waitFor();
  await message.getByTestId("flip").click();
  assert.equal(await message.getByTestId("text").textContent(), text);
  assert.equal(await message.getByTestId("rough").count(), 0, "the original is not rough");
  await Promise.all([emma.context.close(), lea.context.close()]);
});

test("the choice of a language says what is translated into it", async () => {
  const emma = await signUp(browser, "Emma", "en");
  await emma.page.locator("a[href='/settings']").click();
  const picker = emma.page.getByRole("combobox", { name: "I read in" });
  const served = emma.page.getByTestId("served");
  await served
    .getByText(/Catalan/)
    .first()
    .waitFor();
  await picker.fill("suomi");
  await emma.page.getByRole("option", { name: "not translated here" }).click();
  await served.getByText("This server cannot translate into Finnish yet.").waitFor();
  await picker.fill("español");
  await emma.page.getByRole("option", { name: "understandable" }).click();
  await served.getByText(/^Comprensible, con errores, desde: .*catalán/).waitFor();
  await emma.context.close();
});

test("readers of the same language see a note", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const paul = await signUp(browser, "Paul", "fr");
  await converse(lea.page, paul.username);
  await write(lea.page, "Salut");
  await conversation(paul.page, "Lea Test").click();
  await newest(paul.page).getByText("même langue").waitFor();
  await Promise.all([lea.context.close(), paul.context.close()]);
});

test("authors see their own messages untranslated, even if others read a translation", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const paul = await signUp(browser, "Paul", "fr");
  const text = "¿Dónde está la estación?";
  await converse(lea.page, paul.username);
  await lea.page.getByLabel("J’écris en").selectOption("es");
  await write(lea.page, text);
  await conversation(paul.page, "Lea Test").locator("[lang=fr]").waitFor();
  await conversation(paul.page, "Lea Test").click();
  await newest(paul.page).getByText("traduit de").waitFor();

  const isAsWritten = async () => {
    await newest(lea.page).waitFor();
    assert.equal(await newest(lea.page).getByTestId("text").textContent(), text);
    assert.equal(await newest(lea.page).getByTestId("flip").count(), 0);
    await conversation(lea.page, "Paul Test").getByText(text).waitFor();
  };
  await isAsWritten();
  await lea.page.reload();
  await isAsWritten();
  assert.deepEqual([...lea.complaints, ...paul.complaints], []);
  await Promise.all([lea.context.close(), paul.context.close()]);
});

test("a new reading language applies to existing messages", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  await write(lea.page, "Le train arrive demain.");
  await conversation(carlos.page, "Lea Test").click();
  await newest(carlos.page).locator("[data-testid=text][lang=es]").waitFor();
  await carlos.page.locator("a[href='/settings']").click();
  await carlos.page.locator("#reading-language").fill("cata");
  await carlos.page.locator("#reading-language-ca").click();
  await carlos.page.getByRole("heading", { name: "Settings" }).waitFor();
  await conversation(carlos.page, "Lea Test").click();
  await newest(carlos.page).locator("[data-testid=text][lang=ca]").waitFor();
  await Promise.all([lea.context.close(), carlos.context.close()]);
});

test("a reader reports a translation, and another engine tries", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  await write(lea.page, "Le chat dort dans le jardin.");
  await conversation(carlos.page, "Lea Test").click();
  const message = newest(carlos.page);
  await message.getByText("traducido del francés").waitFor();
  // With the original, the engine is shown.
  const by = message.getByText("traducido por");
  await message.getByTestId("flip").click();
  const before = await by.textContent();
  await message.getByTestId("flip").click();
  await message.getByTestId("report").click();
  const dialog = carlos.page.getByTestId("report-dialog");
  await dialog.getByLabel("¿Qué está mal?").selectOption("clumsy");
  await dialog.getByLabel("Con sus palabras").fill("Nadie habla así.");
  await dialog.getByRole("button", { name: "Señalar la traducción" }).click();
  await dialog.getByRole("status").filter({ hasText: "Otro motor lo intenta" }).waitFor();
  await dialog.getByRole("button", { name: "Cerrar" }).click();
  await message.getByTestId("flip").click();
  const isAnother = ([engine, before]) => engine.textContent !== before;
  await carlos.page.waitForFunction(isAnother, [await by.elementHandle(), before]);
  assert.deepEqual(carlos.complaints, []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});

test("an edited message is translated again for everybody", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(carlos.page, lea.username);
  await write(carlos.page, "Tengo un gato");
  await newest(carlos.page).waitFor();
  await conversation(lea.page, "Carlos Test").click();
  const read = (text) => newest(lea.page).locator("[data-testid=text][lang=fr]", { hasText: text });
  await read("chat").waitFor();
  assert.equal(await newest(lea.page).getByRole("button", { name: "Modifier" }).count(), 0);

  // The draft waits until the other message is edited.
  await composer(carlos.page).fill("a medias");
  await newest(carlos.page).getByRole("button", { name: "Editar" }).click();
  await composes(carlos.page, "Tengo un gato");
  await write(carlos.page, "Tengo un perro");
  await newest(carlos.page).getByText("editado").waitFor();
  await composes(carlos.page, "a medias");
  await read("chien").waitFor();
  await newest(lea.page).getByText("modifié").waitFor();
  await conversation(lea.page, "Carlos Test").getByText("chien").waitFor();
  assert.equal(await messages(lea.page).count(), 1);

  // By keyboard; Escape cancels.
  await composer(carlos.page).fill("");
  await carlos.page.keyboard.press("ArrowUp");
  await carlos.page.keyboard.press("ArrowUp");
  await carlos.page.keyboard.press("e");
  await composes(carlos.page, "Tengo un perro");
  await carlos.page.keyboard.press("Escape");
  await composes(carlos.page, "");

  // Losing the connection in the meantime loses nothing, and is reported.
  await carlos.context.setOffline(true);
  await newest(carlos.page).getByRole("button", { name: "Editar" }).click();
  await write(carlos.page, "Tengo dos perros");
  await carlos.page.getByRole("alert").waitFor();
  await composes(carlos.page, "Tengo dos perros");
  await carlos.context.setOffline(false);
  await carlos.page.getByRole("button", { name: "Guardar" }).click();
  await read("deux chiens").waitFor();
  assert.deepEqual(lea.complaints, []);
  await Promise.all([lea.context.close(), carlos.context.close()]);
});

test("a declared language is used, and otherwise it is detected", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(carlos.page, lea.username);
  await conversation(lea.page, "Carlos Test").click();
  await write(carlos.page, "Bonjour, je suis arrivé à la gare ce matin");
  await newest(lea.page).getByText("même langue").waitFor();
  await carlos.page.getByLabel("Escribo en").selectOption("fr");
  await write(carlos.page, "sale");
  await messages(lea.page).nth(1).getByText("même langue").waitFor();
  await Promise.all([lea.context.close(), carlos.context.close()]);
});
