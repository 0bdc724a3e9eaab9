// Real browsers: somebody without an account takes part in a conversation by a link.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  actions,
  composer,
  conversation,
  launch,
  messages,
  newPage,
  openGroup,
  signUp,
  url,
  write,
} from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** Creates a link, with what is chosen for guests. */
async function invite(page, choose = async () => {}) {
  await page.getByRole("button", { name: /^\d+ membres$/ }).click();
  const links = page.getByTestId("share-links");
  await choose(links);
  await links.getByRole("button", { name: "Créer un lien" }).click();
  const link = await links.getByLabel("Lien", { exact: true }).first().inputValue();
  await page.keyboard.press("Escape");
  return new URL(link, url).pathname;
}

async function join(page, path, name) {
  await page.goto(url + path);
  await page.locator("#firstName").fill(name);
  await page.locator("#lastName").fill("Lind");
  await page.locator("#username").fill(name.toLowerCase());
  await page.locator("button.primary").click();
}

test("a guest reads and writes in their language, comes back, and leaves", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  const nina = await signUp(browser, "Nina", "en");
  await openGroup(lea.page, [carlos, nina], "La fête");
  await write(lea.page, "Bonjour à tous");
  const path = await invite(lea.page);

  const guest = await newPage(browser, "es");
  await guest.page.goto(url + path);
  await guest.page.getByTestId("link").getByText("La fête").waitFor();
  await guest.page
    .getByTestId("link")
    .getByText(/Lea Test/)
    .waitFor();
  await join(guest.page, path, "Anna");
  await guest.page.getByTestId("guest").getByText(/anna/).waitFor();
  // The message from before is translated because she looks at it.
  await messages(guest.page)
    .getByText("Buenos días a todos")
    .or(messages(guest.page).getByText(/todos/))
    .first()
    .waitFor();
  await write(guest.page, "Buenos días");
  await messages(lea.page).getByText("Anna Lind").waitFor();
  await messages(lea.page)
    .filter({ hasText: /[Bb]onjour/ })
    .nth(1)
    .waitFor();
  const actionsOfGuest = await actions(guest.page, "Opciones del mensaje");
  await actionsOfGuest.getByRole("button", { name: "👍" }).click();
  await lea.page.getByRole("button", { name: /👍/ }).first().waitFor();

  await guest.page.reload();
  await guest.page.getByTestId("guest").getByText(/anna/).waitFor();
  await messages(guest.page).getByText("Buenos días").last().waitFor();
  await write(lea.page, "À demain");
  await messages(guest.page)
    .last()
    .getByText(/mañana/i)
    .waitFor();

  await guest.page.getByRole("button", { name: "Salir", exact: true }).click();
  await guest.page.locator("#firstName, #login").first().waitFor();
  for (const person of [lea, carlos, nina, guest]) {
    assert.deepEqual(person.complaints, []);
    await person.context.close();
  }
});

test("who made a link decides what guests see, and shuts them out", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  const nina = await signUp(browser, "Nina", "en");
  await openGroup(lea.page, [carlos, nina], "Le secret");
  await write(lea.page, "Sous le vieux chêne");
  const path = await invite(lea.page, (links) =>
    links.getByLabel("Les invités voient les messages précédents").uncheck(),
  );
  const guest = await newPage(browser, "fr");
  await join(guest.page, path, "Ina");
  await composer(guest.page).waitFor();
  assert.equal(await messages(guest.page).count(), 0);
  await write(lea.page, "Bienvenue");
  await messages(guest.page).getByText("Bienvenue").waitFor();
  assert.equal(await messages(guest.page).count(), 1);

  await lea.page.getByRole("button", { name: /^\d+ membres$/ }).click();
  const links = lea.page.getByTestId("share-links");
  await links.getByText("1 invité est là").waitFor();
  await links.getByRole("button", { name: "Supprimer" }).click();
  await guest.page.getByRole("heading", { name: /Se connecter|Rejoindre/ }).waitFor();
  await guest.page.goto(url + path);
  await guest.page.getByText("Ce lien ne fonctionne plus.").waitFor();

  await links.getByLabel("On peut rejoindre sans compte, en tant qu’invité").uncheck();
  await links.getByRole("button", { name: "Créer un lien" }).click();
  const next = new URL(await links.getByLabel("Lien", { exact: true }).inputValue(), url).pathname;
  await guest.page.goto(url + next);
  await guest.page.getByText("Il faut un compte pour rejoindre cette conversation.").waitFor();
  for (const person of [lea, carlos, nina]) {
    assert.deepEqual(person.complaints, []);
    await person.context.close();
  }
  await guest.context.close();
});
