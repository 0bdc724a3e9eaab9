// The messenger after an import: the users of the made-up old database find their data.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { composer, conversation, launch, messages, signIn, url, write } from "../browser.mjs";

const PASSWORD = "Meeshy-2025!";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** Bob, as an API client. */
async function callAsBob() {
  const login = { username: "bob", password: PASSWORD };
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: "POST",
    headers,
    body: JSON.stringify(login),
  });
  const { token } = (await answer.json()).data;
  return async (path) => {
    const response = await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(response.status, 200, path);
    return (await response.json()).data;
  };
}

/** The newest messages of Bob's conversations. */
async function newest(call) {
  const conversations = await call("/conversations?limit=50");
  const pages = await Promise.all(
    conversations.map(async (talk) => ({
      talk,
      messages: await call(`/conversations/${talk.id}/messages?limit=50`),
    })),
  );
  return { conversations, pages };
}

test("conversations, unread counts, translations and files are present", async () => {
  const call = await callAsBob();
  const { conversations, pages } = await newest(call);
  assert.ok(conversations.length >= 3, `${conversations.length} conversations`);
  assert.ok(
    conversations.some(({ unreadCount }) => unreadCount > 0),
    "something is unread",
  );

  const bob = await signIn(browser, "bob", PASSWORD, "fr");
  for (const { title, unreadCount } of conversations.slice(0, 5)) {
    const row = conversation(bob.page, title).first();
    await row.waitFor();
    const shown = unreadCount > 99 ? "99+" : String(unreadCount);
    if (unreadCount > 0) await row.getByText(shown, { exact: true }).waitFor();
  }

  // He reads Spanish, which he had chosen over his system's French.
  const spanish = ({ originalLanguage, translations }) =>
    originalLanguage !== "es" && translations.find(({ targetLanguage }) => targetLanguage === "es");
  const translated = pages.find((page) => page.messages.some(spanish));
  assert.ok(translated, "a message with a translation into Spanish");
  const { translatedContent } = spanish(translated.messages.find(spanish));
  await bob.page.goto(`${url}/c/${translated.talk.id}`);
  await messages(bob.page).getByText(translatedContent, { exact: true }).first().waitFor();

  const isPicture = ({ mimeType, thumbnailUrl }) => mimeType === "image/png" && thumbnailUrl;
  const withPicture = pages.find((page) =>
    page.messages.some(({ attachments }) => attachments.some(isPicture)),
  );
  assert.ok(withPicture, "a message with a picture");
  await bob.page.goto(`${url}/c/${withPicture.talk.id}`);
  const { thumbnailUrl } = withPicture.messages.flatMap(({ attachments }) => attachments).find(isPicture);
  const picture = bob.page.getByTestId("attachment").locator(`img[src="${thumbnailUrl}"]`);
  await picture.scrollIntoViewIfNeeded();
  await bob.page.waitForFunction((image) => image.naturalWidth > 0, await picture.elementHandle());
  // Some pictures of the old system do not exist any more.
  const complaints = bob.complaints.filter((text) => !text.includes("404 (Not Found)"));
  assert.deepEqual(complaints, []);
  await bob.context.close();
});

test("new messages work: bob writes, alice reads English", async () => {
  const [bob, alice] = await Promise.all([
    signIn(browser, "bob", PASSWORD, "fr"),
    signIn(browser, "alice", PASSWORD, "en"),
  ]);
  const call = await callAsBob();
  const direct = (await call("/conversations?limit=50")).find(
    ({ type, members }) => type === "direct" && members.some(({ user }) => user.username === "alice"),
  );
  await Promise.all([bob, alice].map(({ page }) => page.goto(`${url}/c/${direct.id}`)));
  await composer(bob.page).waitFor();
  await composer(alice.page).waitFor();
  await write(bob.page, "Le chat mange du poisson.");
  await messages(alice.page).last().getByText("The cat eats").waitFor();
  assert.deepEqual([...bob.complaints, ...alice.complaints], []);
  await Promise.all([bob.context.close(), alice.context.close()]);
});

test("old notifications are listed, marked as read and removed", async () => {
  const bob = await signIn(browser, "bob", PASSWORD, "es");
  const call = await callAsBob();
  const [newest] = await call("/notifications?limit=1");
  await bob.page.getByRole("link", { name: /notificaciones/ }).click();
  const page = bob.page.getByTestId("notifications");
  await page.getByText(newest.title).first().waitFor();

  await bob.page.getByRole("button", { name: "Marcar todas como leídas" }).click();
  await bob.page.getByRole("button", { name: "Marcar todas como leídas" }).waitFor({ state: "detached" });
  assert.equal((await call("/notifications/unread/count")).count, 0);

  const removed = bob.page.waitForResponse((answer) => answer.request().method() === "DELETE");
  await page.getByRole("button", { name: "Eliminar esta notificación" }).first().click();
  assert.equal((await removed).status(), 200);
  const left = await call("/notifications?limit=20");
  assert.ok(left.every(({ id }) => id !== newest.id));
  assert.deepEqual(bob.complaints, []);
  await bob.context.close();
});
