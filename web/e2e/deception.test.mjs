// Deceptive texts: stacked combining marks, changes of direction, fake system messages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { composer, conversation, converse, launch, messages, signUp, write } from "./browser.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const text = (message) => message.getByTestId("text");

/** The number of visibly different pixels of two pictures. */
const differing = (page, ...pictures) =>
  page.evaluate(async (encoded) => {
    const pixels = async (data) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas.drawImage(image, 0, 0);
      return canvas.getImageData(0, 0, image.width, image.height).data;
    };
    const [one, other] = await Promise.all(encoded.map(pixels));
    return one.filter((value, index) => Math.abs(value - other[index]) > 64).length;
  }, pictures);

test("stacked marks do not overflow into other messages, and legitimate marks are not clipped", async () => {
  const { context, page } = await signUp(browser, "Emma", "en", { reducedMotion: "reduce" });
  const paul = await signUp(browser, "Paul", "en");
  await converse(page, paul.username);
  await write(page, "an honest word");
  await write(page, `o${"\u0302".repeat(60)}a${"\u0331".repeat(60)}`);
  await write(page, "Tiếng Việt: Ộ Ẵ ỗ, ที่นี่ ปู่ กู้, مُحَمَّدٌ, ཨོཾ, नमस्ते");
  await messages(page).nth(2).waitFor();
  await page.getByTestId("draft").waitFor({ state: "detached" });
  await page.locator("a[href='/settings']").focus();

  const [honest, tower, stacked] = [0, 1, 2].map((index) => messages(page).nth(index));
  const overflow = (message, value) =>
    text(message).evaluate((element, wanted) => (element.style.overflow = wanted), value);
  const picture = async (message) => (await message.screenshot()).toString("base64");

  const guarded = await picture(honest);
  await overflow(tower, "visible");
  assert.ok(
    (await differing(page, guarded, await picture(honest))) > 0,
    "this tower would reach the message above",
  );
  await overflow(tower, "");
  await text(tower).evaluate((element) => (element.textContent = "oa"));
  assert.equal(await differing(page, guarded, await picture(honest)), 0, "as if there were no stacked marks");

  const clipped = await picture(stacked);
  await overflow(stacked, "visible");
  assert.equal(
    await differing(page, clipped, await picture(stacked)),
    0,
    "nothing that people write is cut off",
  );
  await Promise.all([context.close(), paul.context.close()]);
});

test("a file shows its real type, and a system message has no author", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const emma = await signUp(browser, "Emma", "en");
  await converse(lea.page, emma.username);
  await write(lea.page, "un");
  await write(lea.page, "Lea Test joined");
  await messages(lea.page).nth(1).waitFor();
  const { page } = emma;
  // As the old system left them.
  await page.route("**/messages?*", async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    const [joined, un] = body.data;
    Object.assign(joined, { messageType: "system", originalLanguage: "en" });
    un.attachments = [
      {
        id: "65a0c0ffee0123456789abcd",
        originalName: "photo_\u202egpj.exe",
        mimeType: "application/octet-stream",
        fileSize: 10,
        fileUrl: "/api/v1/attachments/65a0c0ffee0123456789abcd",
        thumbnailUrl: null,
        width: null,
        height: null,
        alt: null,
        caption: null,
      },
    ];
    await route.fulfill({ response, json: body });
  });
  await conversation(page, "Lea Test").click();
  const name = page.getByTestId("file-name");
  await name.waitFor();
  assert.equal(await name.textContent(), "photo_\ufffdgpj.exe");
  const [stem, ending] = await name
    .locator("bdi")
    .evaluateAll((parts) =>
      parts.map((part) => ({ text: part.textContent, left: part.getBoundingClientRect().left })),
    );
  assert.equal(ending.text, ".exe");
  assert.ok(ending.left > stem.left, "the ending is at the end");
  assert.equal(await page.locator("a.file").getAttribute("download"), "photo_gpj.exe");

  const notice = page.getByTestId("notice");
  assert.equal(await notice.locator("bdi").textContent(), "Lea Test joined");
  assert.equal(await notice.getByRole("button").count(), 0);
  assert.equal(await messages(page).count(), 1, "no bubble");
  await composer(page).focus();
  assert.deepEqual(emma.complaints, []);
  await Promise.all([lea.context.close(), emma.context.close()]);
});
