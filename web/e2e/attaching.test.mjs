// Real browsers: files are attached, uploaded, sent, seen by others, and taken back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";
import { actions, composer, converse, conversation, launch, messages, signUp, write } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const CRC = new Int32Array(256).map((_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  let crc = -1;
  for (const byte of body) crc = (crc >>> 8) ^ CRC[(crc ^ byte) & 255];
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeInt32BE(~crc);
  return Buffer.concat([length, body, sum]);
}

/** A PNG with a gradient. */
function picture(width, height) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const row = (y) => [0, ...Array.from({ length: width }, (_, x) => [x % 256, y % 256, 120]).flat()];
  const rows = Buffer.from(Array.from({ length: height }, (_, y) => row(y)).flat());
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  const parts = [chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([signature, ...parts]);
}

test("files go with a message, and are seen by whoever reads it", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);

  const chosen = lea.page.getByTestId("chosen-file");
  const input = lea.page.getByLabel("Joindre des fichiers");
  await input.setInputFiles([
    { name: "plage.png", mimeType: "image/png", buffer: picture(400, 300) },
    { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("de quoi lire") },
    { name: "erreur.txt", mimeType: "text/plain", buffer: Buffer.from("par erreur") },
  ]);
  await lea.page.getByRole("button", { name: "Retirer erreur.txt" }).click();
  assert.equal(await chosen.count(), 2);
  await lea.page.locator("button.send:not([disabled])").waitFor();
  await write(lea.page, "Regarde !");
  await chosen.first().waitFor({ state: "detached" });

  await conversation(carlos.page, "Lea").click();
  const received = messages(carlos.page).filter({ has: carlos.page.getByTestId("attachment") });
  const image = received.getByRole("img", { name: "plage.png" });
  await image.waitFor();
  await carlos.page.waitForFunction(
    (img) => img.complete && img.naturalWidth > 0,
    await image.elementHandle(),
  );
  const link = await received.getByRole("link", { name: /notes/ }).getAttribute("href");
  const text = await carlos.page.evaluate(async (url) => (await fetch(url)).text(), link);
  assert.equal(text, "de quoi lire");

  // A picture without words.
  await composer(carlos.page).waitFor();
  await carlos.page
    .getByLabel("Adjuntar archivos")
    .setInputFiles([{ name: "respuesta.png", mimeType: "image/png", buffer: picture(20, 20) }]);
  await carlos.page.locator("button.send:not([disabled])").click();
  await messages(lea.page).getByRole("img", { name: "respuesta.png" }).waitFor();

  for (const person of [lea, carlos]) {
    assert.deepEqual(person.complaints, []);
    await person.context.close();
  }
});

test("an upload continues where the connection broke off", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await converse(lea.page, carlos.username);
  const parts = [];
  let isBroken = false;
  await lea.page.route("**/attachments/resumable/*", async (route) => {
    const request = route.request();
    if (request.method() === "PATCH") parts.push(request.headers()["upload-offset"]);
    // The second part arrives on the second attempt.
    const breaks = parts.length === 2 && !isBroken;
    isBroken ||= breaks;
    await (breaks ? route.abort("connectionreset") : route.continue());
  });
  const size = 20 * 1024 * 1024;
  const buffer = Buffer.alloc(size, "0123456789abcdef");
  const input = lea.page.getByLabel("Joindre des fichiers");
  await input.setInputFiles([{ name: "grand.bin", mimeType: "application/octet-stream", buffer }]);
  await lea.page.locator("button.send:not([disabled])").waitFor();
  await write(lea.page, "Voici");
  const mib = (number) => `${number * 1024 * 1024}`;
  assert.deepEqual(parts, [mib(0), mib(8), mib(8), mib(16)]);

  await conversation(carlos.page, "Lea").click();
  const link = messages(carlos.page).getByRole("link", { name: /grand/ });
  const received = await carlos.page.evaluate(
    async (url) => {
      const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
      return [bytes.length, String.fromCharCode(...bytes.slice(-16))];
    },
    await link.getAttribute("href"),
  );
  assert.deepEqual(received, [size, "0123456789abcdef"]);

  // Whoever saves it is shown to its sender.
  await link.evaluate((anchor) => anchor.addEventListener("click", (event) => event.preventDefault()));
  const told = carlos.page.waitForResponse((response) => response.url().endsWith("/status"));
  await link.click();
  assert.equal((await told).status(), 200);
  const details = await actions(lea.page, "Options du message");
  await details.getByRole("button", { name: "Détails" }).click();
  await details.getByTestId("opened-by").getByText("Carlos Test").waitFor();
  for (const person of [lea, carlos]) await person.context.close();
});
