// Who is online and typing, what has been read, and what people hide.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, data, impossible, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signIn, signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";
import { notificationSocket } from "./socket.mjs";

const shaped = shapesOf("presence");
let lea, carlos, hana, group;
before(async () => {
  [lea, carlos, hana] = await signUpAll({ Lea: "fr", Carlos: "fr", Hana: "fr" });
  group = await lea.group([carlos, hana]);
});

const of = (person) => (event) => event.userId === person.id;
const online = (person, isOnline) => (event) => event.userId === person.id && event.isOnline === isOnline;
const here = (event) => event.conversationId === group.id;

test("coming and going is told to those who share a conversation", async () => {
  const watcher = await lea.socket();
  const socket = await carlos.socket();
  const came = is(
    await watcher.next("user:status", online(carlos, true)),
    "{userId:id username:text isOnline:bool lastActiveAt:date|null}",
  );
  shaped("user:status", came);
  assert.equal(came.username, "Carlos Test");
  assert.ok(came.lastActiveAt, "so that the old client shows the person as online");
  socket.close();
  await watcher.next("user:status", online(carlos, false));
  watcher.close();
});

test("a person with two sockets goes when the last one closes", async () => {
  const watcher = await lea.socket();
  const [main, second] = [await carlos.socket(), await carlos.socket(notificationSocket)];
  await watcher.next("user:status", online(carlos, true));
  main.close();
  assert.equal(data(await lea.get(`/users/${carlos.id}`)).isOnline, true);
  second.close();
  await watcher.next("user:status", online(carlos, false));
  assert.equal(data(await lea.get(`/users/${carlos.id}`)).isOnline, false);
  watcher.close();
});

test("signing out is going offline", async () => {
  const watcher = await lea.socket();
  const again = await signIn(carlos.username);
  const socket = await again.socket();
  await watcher.next("user:status", online(carlos, true));
  data(await call("POST", "/auth/logout", { token: again.token, sessionToken: again.sessionToken }));
  await watcher.next("user:status", online(carlos, false));
  await socket.closed();
  watcher.close();
});

test("who is online is shown in lists, profiles and participants", async () => {
  const socket = await carlos.socket();
  const entry = await lea.entry(group.id);
  assert.equal(entry.members.find(({ userId }) => userId === carlos.id).user.isOnline, true);
  const participants = data(await lea.get(`/conversations/${group.id}/participants`));
  assert.equal(participants.find(({ userId }) => userId === carlos.id).isOnline, true);
  assert.equal(data(await lea.get(`/users/${carlos.id}`)).isOnline, true);
  socket.close();
});

test("typing is told to the others, not to the own sockets", async () => {
  const [watcher, one, two] = [await lea.socket(), await carlos.socket(), await carlos.socket()];
  one.emit("typing:start", { conversationId: group.id });
  const started = await watcher.next("typing:start", of(carlos));
  assert.deepEqual(started, {
    userId: carlos.id,
    username: "Carlos Test",
    conversationId: group.id,
    isTyping: true,
  });
  one.emit("typing:stop", { conversationId: group.id });
  const stopped = await watcher.next("typing:stop", of(carlos));
  assert.equal(
    is(shaped("typing:stop", stopped), "{userId:id username:text conversationId:id isTyping:false}")
      .conversationId,
    group.id,
  );
  assert.ok(!one.has("typing:start") && !one.has("typing:stop"));
  [watcher, one, two].forEach((socket) => socket.close());
});

test("nobody types in a conversation of others", async () => {
  const own = await lea.group([]);
  const [watcher, socket] = [await lea.socket(), await carlos.socket()];
  socket.emit("typing:start", { conversationId: own.id });
  await socket.next("error");
  assert.ok(!watcher.has("typing:start"));
  [watcher, socket].forEach((one) => one.close());
});

// Unread counts and receipts.

test("unread messages are counted for the others, up to the reading", async () => {
  const own = await lea.group([carlos]);
  const socket = await carlos.socket();
  for (const text of ["un", "deux", "trois"]) await lea.say(own.id, text);
  await socket.next(
    "conversation:unread-updated",
    (event) => event.conversationId === own.id && event.unreadCount === 3,
  );
  assert.deepEqual([(await carlos.entry(own.id)).unreadCount, (await lea.entry(own.id)).unreadCount], [3, 0]);
  const read = data(await carlos.post(`/conversations/${own.id}/mark-read`, {}));
  is(shaped("POST /conversations/:id/mark-read", read), "{markedCount:count message:text}");
  assert.equal(read.markedCount, 3);
  await socket.next(
    "conversation:unread-updated",
    (event) => event.conversationId === own.id && event.unreadCount === 0,
  );
  assert.equal((await carlos.entry(own.id)).unreadCount, 0);
  socket.close();
});

test("the other routes for reading do the same", async () => {
  const own = await lea.group([carlos]);
  for (const [path, count] of [
    ["read", true],
    ["mark-as-read", false],
    ["mark-read", true],
  ]) {
    await lea.say(own.id, path);
    const read = data(await carlos.post(`/conversations/${own.id}/${path}`));
    if (count) assert.equal(read.markedCount, 1, path);
    assert.equal((await carlos.entry(own.id)).unreadCount, 0);
  }
});

test("reading is told to everybody", async () => {
  const own = await lea.group([carlos]);
  const watcher = await lea.socket();
  await lea.say(own.id, "Tu lis ?");
  data(await carlos.post(`/conversations/${own.id}/mark-read`, {}));
  const event = await watcher.next("read-status:updated", of(carlos));
  is(shaped("read-status:updated", event), '{conversationId:id userId:id type:"read" updatedAt:date}');
  assert.equal(event.conversationId, own.id);
  watcher.close();
});

test("one's own message is read", async () => {
  const own = await lea.group([carlos]);
  await lea.say(own.id, "un");
  await carlos.say(own.id, "deux");
  assert.deepEqual([(await carlos.entry(own.id)).unreadCount, (await lea.entry(own.id)).unreadCount], [0, 1]);
});

test("one message is marked as read or delivered, but not one's own", async () => {
  const own = await lea.group([carlos]);
  const [first] = [await lea.say(own.id, "un"), await lea.say(own.id, "deux")];
  is(data(await carlos.post(`/messages/${first.id}/status`, { status: "delivered" })), "{message:text}");
  is(data(await carlos.post(`/messages/${first.id}/status`, { status: "read" })), "{message:text}");
  assert.equal((await carlos.entry(own.id)).unreadCount, 1, "the second one is not");
  impossible(await lea.post(`/messages/${first.id}/status`, { status: "read" }));
  refused(await carlos.post(`/messages/${first.id}/status`, { status: "eaten" }), 400, "VALIDATION_ERROR");
});

test("the author sees who has read a message", async () => {
  const own = await lea.group([carlos, hana]);
  const { id } = await lea.say(own.id, "Qui a lu ?");
  data(await carlos.post(`/conversations/${own.id}/mark-read`, {}));
  const status = data(await lea.get(`/messages/${id}/read-status`));
  is(
    shaped("GET /messages/:id/read-status", status),
    "{messageId:id totalMembers:count receivedCount:count readCount:count receivedBy:{userId:id username:text receivedAt:date}[] readBy:{userId:id username:text readAt:date}[]}",
  );
  assert.deepEqual([status.readCount, status.readBy.map(({ userId }) => userId)], [1, [carlos.id]]);
  const details = await lea.get(`/messages/${id}/status-details?filter=all&limit=10`);
  is(
    shaped("GET /messages/:id/status-details", data(details)),
    "{userId:id username:text avatar:string|null deliveredAt:date|null receivedAt:date|null readAt:date|null readDevice:string|null}[]",
  );
  const list = async (filter) =>
    data(await lea.get(`/messages/${id}/status-details?filter=${filter}`)).map(({ userId }) => userId);
  assert.deepEqual([await list("read"), await list("unread")], [[carlos.id], [hana.id]]);
  const several = data(await lea.get(`/conversations/${own.id}/read-statuses?messageIds=${id}`));
  assert.deepEqual(is(several, "{*:{receivedCount:count readCount:count}}")[id].readCount, 1);
});

test("the message itself says how many have read it", async () => {
  const own = await lea.group([carlos, hana]);
  const { id } = await lea.say(own.id, "Combien ?");
  data(await carlos.post(`/conversations/${own.id}/mark-read`, {}));
  assert.equal(data(await lea.get(`/messages/${id}`)).statusSummary.readCount, 1);
});

// Privacy.

/** Carlos hides something while `during` runs. */
async function hiding(fields, during) {
  data(await carlos.patch("/me/preferences/privacy", fields));
  try {
    await during();
  } finally {
    data(await carlos.delete("/me/preferences/privacy"));
  }
}

test("who hides that they are online is offline for others", () =>
  hiding({ showOnlineStatus: false }, async () => {
    const [socket, watcher] = [await carlos.socket(), await lea.socket()];
    assert.equal(data(await lea.get(`/users/${carlos.id}`)).isOnline, false);
    const entry = await lea.entry(group.id);
    assert.equal(entry.members.find(({ userId }) => userId === carlos.id).user.isOnline, false);
    const other = await hana.socket();
    await watcher.next("user:status", online(hana, true));
    assert.ok(!watcher.has("user:status", online(carlos, true)));
    other.close();
    [socket, watcher].forEach((one) => one.close());
  }));

test("who hides when they were here shows no time", () =>
  hiding({ showLastSeen: false }, async () => {
    assert.equal(data(await lea.get(`/users/${carlos.id}`)).lastActiveAt, null);
    const watcher = await lea.socket();
    const socket = await carlos.socket();
    assert.equal((await watcher.next("user:status", online(carlos, true))).lastActiveAt, null);
    [socket, watcher].forEach((one) => one.close());
  }));

test("who hides typing types alone", () =>
  hiding({ showTypingIndicator: false }, async () => {
    const [watcher, socket, other] = [await lea.socket(), await carlos.socket(), await hana.socket()];
    socket.emit("typing:start", { conversationId: group.id });
    await socket.done("message:send", {
      conversationId: group.id,
      content: "Discret",
      originalLanguage: "fr",
    });
    await watcher.next("message:new", ({ content }) => content === "Discret");
    assert.ok(!watcher.has("typing:start", of(carlos)));
    other.emit("typing:start", { conversationId: group.id });
    await watcher.next("typing:start", of(hana));
    [watcher, socket, other].forEach((one) => one.close());
  }));

test("who hides receipts reads in secret, but their own devices know", () =>
  hiding({ showReadReceipts: false }, async () => {
    const own = await lea.group([carlos, hana]);
    const [watcher, mine] = [await lea.socket(), await carlos.socket()];
    const { id } = await lea.say(own.id, "Lu ?");
    data(await carlos.post(`/conversations/${own.id}/mark-read`, {}));
    await mine.next(
      "conversation:unread-updated",
      (event) => event.conversationId === own.id && event.unreadCount === 0,
    );
    data(await hana.post(`/conversations/${own.id}/mark-read`, {}));
    await watcher.next("read-status:updated", of(hana));
    assert.ok(!watcher.has("read-status:updated", of(carlos)));
    assert.equal(data(await lea.get(`/messages/${id}/read-status`)).readCount, 1);
    [watcher, mine].forEach((one) => one.close());
  }));

test("who hides from the search is not found", () =>
  hiding({ hideProfileFromSearch: true }, async () => {
    assert.deepEqual(data(await lea.get(`/users/search?q=${carlos.username}`)), []);
  }));

test("who wants no requests gets none", () =>
  hiding({ allowContactRequests: false }, async () => {
    const answer = await lea.post("/users/friend-requests", { receiverId: carlos.id });
    assert.ok([400, 403, 422].includes(answer.status), answer.where);
    refused(answer, answer.status);
  }));
