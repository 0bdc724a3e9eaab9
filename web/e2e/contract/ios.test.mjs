// The iOS client: its socket, its way to read dates and pages, and the paths that only it calls.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, data, page } from "./http.mjs";
import { is } from "./objects.mjs";
import { PASSWORD, signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";
import { iosSocket } from "./socket.mjs";

const shaped = shapesOf("ios");
const APP = { "user-agent": "Meeshy-iOS/2.1 (iPhone; iOS 18.2)" };
let lea, carlos, group, socket;
before(async () => {
  [lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "fr" });
  group = await lea.group([carlos]);
  socket = await carlos.socket(iosSocket);
});
after(() => socket.close());

/** All dates in a payload. */
function dates(value, name = "") {
  if (Array.isArray(value)) return value.flatMap((item) => dates(item, name));
  if (value && typeof value === "object")
    return Object.entries(value).flatMap(([key, item]) => dates(item, key));
  return typeof value === "string" && /(At|timestamp)$/.test(name) ? [value] : [];
}

test("the app stays signed in for a year", async () => {
  const answer = await call("POST", "/auth/login", {
    body: { username: lea.username, password: PASSWORD },
    headers: APP,
  });
  const { session } = is(data(answer), "Login");
  assert.equal(session.isMobile, true);
  shaped("POST /auth/login by the app", session);
});

test("all dates can be decoded", async () => {
  await lea.say(group.id, "Une date");
  const answers = [
    "/auth/me",
    "/conversations",
    `/conversations/${group.id}`,
    `/conversations/${group.id}/messages`,
    "/communities",
    `/users/${carlos.id}`,
  ];
  for (const path of answers) {
    const found = dates(data(await lea.get(path)));
    for (const date of found) assert.match(date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, path);
  }
});

test("pages carry their pagination at the top level", async () => {
  for (const path of [
    "/conversations",
    `/conversations/${group.id}/messages`,
    "/communities",
    `/users/search?q=${carlos.username}`,
    "/user-preferences/conversations",
  ])
    page(await lea.get(path));
});

test("the app sends, hears and reacts over its socket", async () => {
  const { messageId } = await socket.done("message:send", {
    conversationId: group.id,
    content: "Depuis l’iPhone",
    originalLanguage: "fr",
  });
  is(await socket.next("message:new", ({ id }) => id === messageId), "SocketMessage");
  const reaction = data(await carlos.post("/reactions", { messageId, emoji: "👍" }), 201);
  assert.equal((await socket.next("reaction:added")).userId, reaction.userId);
  await socket.done("message:edit", { messageId, content: "Corrigé" });
  await socket.done("message:delete", { messageId });
});

test("the app is authenticated again while it is connected", async () => {
  socket.emit("authenticate", { token: carlos.token });
  assert.equal((await socket.next("authenticated")).success, true);
});

test("a conversation is left", async () => {
  const own = await lea.group([carlos]);
  data(await carlos.post(`/conversations/${own.id}/leave`));
  assert.equal(await carlos.entry(own.id), undefined);
});

test("a conversation is renamed", async () => {
  assert.equal(
    data(await lea.put(`/conversations/${group.id}`, { title: "Renommée", description: "Par l’app" })).title,
    "Renommée",
  );
});

test("a message is read, edited and deleted by its id alone", async () => {
  const { id } = await lea.say(group.id, "Seule");
  assert.equal(data(await lea.get(`/messages/${id}`)).id, id);
  assert.equal(data(await lea.put(`/messages/${id}`, { content: "Changée" })).content, "Changée");
  data(await lea.delete(`/messages/${id}`));
});

test("communities are joined and left", async () => {
  const { id } = data(await lea.post("/communities", { name: "Ouverte", isPrivate: false }), 201);
  assert.equal(data(await carlos.post(`/communities/${id}/join`)).userId, carlos.id);
  data(await carlos.post(`/communities/${id}/leave`));
});

test("the blocked people, the preferences and a report have paths of the app", async () => {
  assert.deepEqual(data(await lea.get("/users/me/blocked")), []);
  assert.deepEqual(data(await lea.get("/users/me/preferences")), data(await lea.get("/me/preferences")));
  const report = await lea.post(`/users/${carlos.id}/report`, {
    reportType: "spam",
    reason: "Trop de messages du même.",
  });
  assert.ok([200, 201].includes(report.status), report.where);
});

test("categories have the old path, with all their methods", async () => {
  const made = is(data(await lea.post("/user-preferences/categories", { name: "iOS" })), "Category");
  assert.equal(data(await lea.patch(`/user-preferences/categories/${made.id}`, { name: "App" })).name, "App");
  data(
    await lea.post("/user-preferences/categories/reorder", { updates: [{ categoryId: made.id, order: 1 }] }),
  );
  data(await lea.delete(`/user-preferences/categories/${made.id}`));
});

test("the reading cursor is set without a body", async () => {
  await lea.say(group.id, "À lire");
  assert.ok(data(await carlos.post(`/conversations/${group.id}/read`)).markedCount >= 1);
});
