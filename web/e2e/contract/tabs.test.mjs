// Several tabs and devices of one person, lost connections, and catching up.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { data, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signIn, signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";
import { Listener, iosSocket, notificationSocket, webSocket } from "./socket.mjs";

const shaped = shapesOf("tabs");
let lea, carlos, group;
before(async () => {
  [lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "fr" });
  group = await lea.group([carlos]);
});

test("the answer to the handshake", async () => {
  const socket = webSocket(lea.token);
  const answer = await socket.next("authenticated");
  assert.deepEqual(shaped("authenticated", answer), {
    success: true,
    user: { id: lea.id, language: "fr", isAnonymous: false },
  });
  socket.close();
});

for (const [where, options] of Object.entries({
  "auth.authToken": (token) => ({ auth: { authToken: token, tokenType: "jwt" } }),
  "auth.token": (token) => ({ auth: { token } }),
  "the header": (token) => ({ extraHeaders: { Authorization: `Bearer ${token}` } }),
  "the header, over polling": (token) => ({
    extraHeaders: { Authorization: `Bearer ${token}` },
    transports: ["polling"],
  }),
  "auth.token, over polling and then a WebSocket": (token) => ({
    auth: { token },
    transports: ["polling", "websocket"],
  }),
}))
  test(`a token is accepted in ${where}`, async () => {
    const socket = new Listener(options(lea.token));
    assert.equal((await socket.next("authenticated")).user?.id, lea.id);
    socket.close();
  });

test("the token of the session is accepted, also where the token is wrong", async () => {
  const { sessionToken } = await signIn(lea.username);
  for (const auth of [{ sessionToken }, { authToken: "a.b.c", sessionToken }]) {
    const socket = new Listener({ auth });
    assert.equal((await socket.next("authenticated", ({ success }) => success)).user.id, lea.id);
    socket.close();
  }
});

test("a token of another type is not one", async () => {
  const socket = new Listener({ auth: { authToken: lea.token, tokenType: "anonymous" } });
  assert.equal((await socket.next("authenticated")).success, false);
  socket.close();
});

test("a socket can be authenticated later", async () => {
  const socket = new Listener({});
  assert.equal((await socket.next("authenticated")).success, false);
  socket.emit("authenticate", { sessionToken: lea.token });
  assert.equal((await socket.next("authenticated", ({ success }) => success)).user.id, lea.id);
  assert.equal(await socket.join(group.id), group.id);
  socket.close();
});

test("events before that are refused, and nothing happens", async () => {
  const socket = new Listener({});
  await socket.next("authenticated");
  const { error } = await socket.fails("message:send", { conversationId: group.id, content: "x" });
  assert.ok(error);
  socket.close();
});

test("all sockets of a person stay open, and each receives each event once", async () => {
  const sockets = [
    await carlos.socket(),
    await carlos.socket(notificationSocket),
    await carlos.socket(),
    await carlos.socket(iosSocket),
  ];
  const { id } = await lea.say(group.id, "À tous");
  for (const socket of sockets) await socket.next("message:new", (message) => message.id === id);
  const last = await lea.say(group.id, "Et encore");
  for (const socket of sockets) {
    await socket.next("message:new", (message) => message.id === last.id);
    assert.ok(!socket.has("message:new", (message) => message.id === id));
    assert.ok(socket.socket.connected);
    socket.close();
  }
});

test("what is done in one tab is seen in the other", async () => {
  const [one, other] = [await carlos.socket(), await carlos.socket()];
  const { messageId } = await one.done("message:send", {
    conversationId: group.id,
    content: "D’un onglet",
    originalLanguage: "fr",
  });
  await other.next("message:new", ({ id }) => id === messageId);
  await one.done("reaction:add", { messageId, emoji: "👍" });
  await other.next("reaction:added", (event) => event.messageId === messageId);
  await one.done("message:edit", { messageId, content: "Corrigé" });
  await other.next("message:edited", ({ id }) => id === messageId);
  await one.done("message:delete", { messageId });
  await other.next("message:deleted", (event) => event.messageId === messageId);
  await lea.say(group.id, "À lire");
  await other.next("conversation:unread-updated", ({ unreadCount }) => unreadCount > 0);
  data(await carlos.post(`/conversations/${group.id}/mark-read`, {}));
  await other.next("conversation:unread-updated", ({ unreadCount }) => unreadCount === 0);
  [one, other].forEach((socket) => socket.close());
});

test("after a lost connection the client joins again and reads the list", async () => {
  const before = await carlos.socket();
  await before.join(group.id);
  before.close();
  const missed = await lea.say(group.id, "Pendant l’absence");
  const again = await carlos.socket();
  assert.equal(await again.join(group.id), group.id);
  assert.equal((await carlos.messages(group.id, "offset=0&limit=20"))[0].id, missed.id);
  const next = await lea.say(group.id, "De retour");
  await again.next("message:new", ({ id }) => id === next.id);
  again.close();
});

test("the official client reconnects by itself, and hears what follows", async () => {
  const socket = new Listener({
    auth: { token: carlos.token },
    reconnection: true,
    reconnectionDelay: 10,
    reconnectionDelayMax: 50,
  });
  await socket.next("authenticated", ({ success }) => success);
  socket.socket.io.engine.close();
  await socket.next("authenticated", ({ success }) => success);
  const { id } = await lea.say(group.id, "Après la coupure");
  await socket.next("message:new", (message) => message.id === id);
  socket.close();
});

test("a message that is sent again under its own id is one message", async () => {
  const socket = await carlos.socket();
  const message = {
    conversationId: group.id,
    content: "Une seule fois",
    originalLanguage: "fr",
    clientMessageId: "again-1",
  };
  const [one, two] = [await socket.done("message:send", message), await socket.done("message:send", message)];
  assert.equal(one.messageId, two.messageId);
  socket.close();
});

test("missed events are listed with their numbers", async () => {
  const own = await lea.group([carlos]);
  const { body } = await carlos.get(`/conversations/${own.id}/messages`);
  const { id } = await lea.say(own.id, "Manqué");
  data(await lea.put(`/messages/${id}`, { content: "Manqué, corrigé" }));
  const asked = await carlos.post("/conversations/events", {
    conversations: [{ id: own.id, after: body.meta.lastEventNumber }],
  });
  const answer = data(asked);
  assert.match(JSON.stringify(answer), /Manqué, corrigé/);
});

test("a person who is added while connected hears the conversation", async () => {
  const own = await lea.group([]);
  const socket = await carlos.socket();
  data(await lea.post(`/conversations/${own.id}/participants`, { userId: carlos.id }));
  const { id } = await lea.say(own.id, "Bienvenue");
  await socket.next("message:new", (message) => message.id === id);
  socket.close();
});

test("a device that is signed out elsewhere is closed, the others stay", async () => {
  const [here, there] = [await signIn(carlos.username), await signIn(carlos.username)];
  const [stays, goes] = [await here.socket(), await there.socket()];
  data(await there.post("/auth/logout"));
  await goes.closed();
  refused(await there.get("/auth/me"), 401);
  const { id } = await lea.say(group.id, "Toujours là ?");
  await stays.next("message:new", (message) => message.id === id);
  stays.close();
});
