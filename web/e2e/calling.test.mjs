// Two people in two browsers call each other, with cameras and microphones that the browsers simulate.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { conversation, converse, launch, signUp, write } from "./browser.mjs";

const SIMULATED = [
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  // Where there is no other network.
  "--allow-loopback-in-peer-connection",
];

let hers, his;
before(async () => ([hers, his] = await Promise.all([launch(SIMULATED), launch(SIMULATED)])));
after(() => Promise.all([hers?.close(), his?.close()]));

/** Léa and Carlos, with their conversation open in both browsers. */
async function two() {
  const lea = await signUp(hers, "Lea", "en");
  const carlos = await signUp(his, "Carlos", "es");
  await converse(lea.page, carlos.username);
  await write(lea.page, "Hello");
  await conversation(carlos.page, "Lea Test").click();
  return { lea: lea.page, carlos: carlos.page, complaints: [lea.complaints, carlos.complaints] };
}

/** Waits until a video shows one picture after the other. */
async function plays(page, testId) {
  const video = page.getByTestId(testId);
  await video.waitFor();
  await page.waitForFunction((id) => {
    const video = document.querySelector(`[data-testid=${id}]`);
    if (!video || video.videoWidth === 0 || video.paused) return false;
    window.seen ??= {};
    window.seen[id] ??= video.currentTime;
    return video.currentTime > window.seen[id];
  }, testId);
}

async function violations(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

test("both see each other, turn the camera off, and hang up", async () => {
  const { lea, carlos, complaints } = await two();
  await lea.getByRole("button", { name: "Video call" }).click();
  await lea.getByRole("status").filter({ hasText: "Calling" }).waitFor();
  const incoming = carlos.getByRole("dialog", { name: /Lea Test.? te llama con vídeo$/ });
  await incoming.waitFor();
  assert.deepEqual(await violations(carlos), []);
  await incoming.getByRole("button", { name: "Aceptar" }).click();
  for (const page of [lea, carlos]) {
    await plays(page, "other-video");
    await plays(page, "own-video");
  }
  await lea.getByRole("status").filter({ hasText: "In a call with" }).waitFor();
  assert.deepEqual(await violations(lea), []);

  const camera = lea.getByTestId("call").getByRole("button", { name: "Camera" });
  assert.equal(await camera.getAttribute("aria-pressed"), "true");
  await camera.click();
  await carlos.locator("[data-testid=other-video].off").waitFor();
  await camera.click();
  await carlos.locator("[data-testid=other-video]:not(.off)").waitFor();

  await carlos.getByRole("button", { name: "Colgar" }).click();
  for (const page of [lea, carlos]) await page.getByTestId("call").waitFor({ state: "detached" });
  assert.deepEqual(complaints, [[], []]);
});

test("a call is declined, and one that stops ringing disappears", async () => {
  const { lea, carlos, complaints } = await two();
  await lea.getByRole("button", { name: "Call", exact: true }).click();
  const incoming = carlos.getByRole("dialog", { name: /Lea Test.? te llama$/ });
  await incoming.getByRole("button", { name: "Rechazar" }).click();
  await lea.getByRole("status").filter({ hasText: "has not answered" }).waitFor();
  await lea.getByTestId("call").getByRole("button", { name: "Close" }).click();

  await lea.getByRole("button", { name: "Call", exact: true }).click();
  await incoming.waitFor();
  await lea.getByRole("button", { name: "Hang up" }).click();
  await incoming.waitFor({ state: "detached" });
  assert.equal(await carlos.getByTestId("call").count(), 0);
  assert.deepEqual(complaints, [[], []]);
});

test("a connection that is interrupted does not end a call", async () => {
  const { lea, carlos } = await two();
  await lea.getByRole("button", { name: "Video call" }).click();
  await carlos.getByRole("dialog").getByRole("button", { name: "Aceptar" }).click();
  await plays(lea, "other-video");
  await carlos.context().setOffline(true);
  await carlos.context().setOffline(false);
  await carlos.evaluate(() => delete window.seen);
  await plays(carlos, "other-video");
  await lea.getByRole("button", { name: "Hang up" }).click();
  await carlos.getByTestId("call").waitFor({ state: "detached" });
});
