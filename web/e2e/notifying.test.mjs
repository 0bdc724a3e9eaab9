// Real browsers: users are notified of what concerns them, live, in their language, and not when they do not want to be.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { converse, launch, signUp, write } from "./browser.mjs";
import { pushService } from "./push-service.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const bell = (page) => page.locator('a[href$="/notifications"]');

/** The number of unread notifications that the bell tells. */
const isUnread = (page, count) =>
  page.waitForFunction((count) => {
    const label = document.querySelector('a[href$="/notifications"]')?.getAttribute("aria-label") ?? "";
    return Number(label.match(/\d+/)?.[0] ?? 0) === count;
  }, count);

test("a message to somebody elsewhere rings the bell, and reading it stops it", async () => {
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await carlos.page.goto(carlos.page.url().replace(/\/c\/.*|\/$/, "/people"));
  await bell(carlos.page).waitFor();
  await converse(lea.page, carlos.username);
  await write(lea.page, "Bonjour tout le monde");
  await isUnread(carlos.page, 1);
  // A second one comes in its place.
  await write(lea.page, "Bonjour mon ami");
  await bell(carlos.page).click();
  const page = carlos.page.getByTestId("notifications");
  await page.getByText("Lea Test").first().waitFor();
  await page.getByText(/amigo/i).waitFor();
  assert.equal(await page.getByRole("listitem").count(), 1);
  await page.getByRole("link", { name: /Lea Test/ }).click();
  await carlos.page.getByText("Bonjour mon ami").or(carlos.page.getByText(/amigo/i)).first().waitFor();
  await isUnread(carlos.page, 0);

  // Whoever is there is not notified.
  await write(lea.page, "Encore une fois");
  await carlos.page
    .getByTestId("message")
    .or(carlos.page.getByText(/vez|fois/i))
    .first()
    .waitFor();
  await isUnread(carlos.page, 0);
  for (const person of [lea, carlos]) {
    assert.deepEqual(person.complaints, []);
    await person.context.close();
  }
});

test("hours without notifications are chosen in the settings", async () => {
  const lea = await signUp(browser, "Lea", "en");
  await lea.page.getByRole("link", { name: "Settings" }).click();
  await lea.page.getByLabel("No notifications at certain hours").check();
  await lea.page.getByLabel("From").fill("21:30");
  await lea.page.getByLabel("From").blur();
  await lea.page.getByLabel("Sun", { exact: true }).uncheck();
  const preferences = () =>
    lea.page.evaluate(async () => {
      const token = Object.values({ ...localStorage, ...sessionStorage })
        .join(" ")
        .match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)[0];
      const headers = { authorization: `Bearer ${token}` };
      const answer = async (path) => (await (await fetch(`/api/v1${path}`, { headers })).json()).data;
      return [
        await answer("/me/preferences/notification"),
        (await answer("/auth/me")).user,
        Intl.DateTimeFormat().resolvedOptions().timeZone,
      ];
    });
  const saved = async () => {
    const [stored] = await preferences();
    return stored.dndEnabled && stored.dndStartTime === "21:30" && stored.dndDays.length === 6;
  };
  for (let tries = 0; !(await saved()); tries++) {
    assert.ok(tries < 50, JSON.stringify((await preferences())[0]));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const [, user, zone] = await preferences();
  assert.equal(user.timezone, zone);
  assert.deepEqual(lea.complaints, []);
  await lea.context.close();
});

test("a closed page is notified by the push service of the browser", async () => {
  const service = await pushService();
  const lea = await signUp(browser, "Lea", "fr");
  const carlos = await signUp(browser, "Carlos", "es");
  await carlos.context.grantPermissions(["notifications"]);
  // This browser has no push service of its own: the page is given a subscription to ours.
  await carlos.page.addInitScript((subscription) => {
    let given = null;
    PushManager.prototype.getSubscription = async () => given;
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
      const unsubscribe = async () => !!(given = null);
      given = { options: { applicationServerKey }, toJSON: () => subscription, unsubscribe };
      return given;
    };
  }, service.subscription);
  const root = new URL("/", carlos.page.url());
  await carlos.page.goto(new URL("settings", root).href);
  const choice = carlos.page.getByLabel("Avisarme en este dispositivo");
  const subscribed = carlos.page.waitForResponse((answer) => answer.url().endsWith("/push/subscription"));
  await choice.check();
  assert.equal((await subscribed).status(), 200);
  const worker = carlos.context.serviceWorkers()[0] ?? (await carlos.context.waitForEvent("serviceworker"));
  await converse(lea.page, carlos.username);
  await write(lea.page, "Bonjour mon ami");
  for (let tries = 0; service.received.length === 0; tries++) {
    assert.ok(tries < 100, "a message arrives");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const [message] = service.received;
  assert.deepEqual([message.type, message.title, message.unread], ["new_message", "Lea Test", 1]);
  assert.match(message.body, /amigo/i);

  // What the browser would now do with it, while nobody looks at the page.
  await carlos.page.goto("about:blank");
  const shown = await worker.evaluate(async (message) => {
    const event = new ExtendableEvent("push");
    event.data = { json: () => message };
    const done = new Promise((resolve) => (event.waitUntil = (work) => resolve(work)));
    self.dispatchEvent(event);
    await await done;
    const notifications = await self.registration.getNotifications();
    return notifications.map(({ title, body, data }) => [title, body, data.url]);
  }, message);
  const page = new URL(`c/${message.conversationId}/${message.messageId}`, root).href;
  assert.deepEqual(shown, [[message.title, message.body, page]]);

  assert.deepEqual([...lea.complaints, ...carlos.complaints], []);
  service.stop();
  await Promise.all([lea.context.close(), carlos.context.close()]);
});
