// The owner of a server, who signs up with the code that it prints at its first start, moderates conversations.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { call, data, hidden, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { form, PASSWORD, Person, signUpAll } from "./people.mjs";

let olga, lea, carlos, group;
before(async () => {
  const printed = readFileSync(process.env.MEESHY_SERVER_LOG, "utf8");
  const [, setupCode] = printed.match(/Setup code for the first administrator: (\S+)/);
  const { user, token } = data(
    await call("POST", "/auth/register", { body: { ...form("Olga", "fr"), setupCode } }),
  );
  olga = new Person(user, token);
  [lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "fr" });
  group = await lea.group([carlos, olga]);
});

test("the owner has all permissions, also at the next sign-in", async () => {
  assert.equal(olga.role, "BIGBOSS");
  const body = { username: olga.username, password: PASSWORD };
  const { user, token } = is(data(await call("POST", "/auth/login", { body })), "Login");
  assert.deepEqual(Object.values(user.permissions), Array(9).fill(true));
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  assert.equal(claims.role, "BIGBOSS");
});

test("the code works once", async () => {
  const body = { ...form("Paul"), setupCode: "AAAAA-AAAAA-AAAAA-AAAAA" };
  refused(await call("POST", "/auth/register", { body }), 400);
});

test("the owner edits and deletes the messages of others in a conversation", async () => {
  const socket = await carlos.socket();
  const { id } = await lea.say(group.id, "À modérer");
  const path = `/conversations/${group.id}/messages/${id}`;
  assert.equal(data(await olga.put(path, { content: "Modéré", originalLanguage: "fr" })).content, "Modéré");
  await socket.next("message:edited", (message) => message.id === id && message.senderId === lea.id);
  assert.equal(data(await olga.delete(path)).messageId, id);
  await socket.next("message:deleted", ({ messageId }) => messageId === id);
  socket.close();
});

test("the owner gives roles and removes members, but not the creator", async () => {
  const participant = (person) => `/conversations/${group.id}/participants/${person.id}`;
  assert.equal(
    data(await olga.patch(`${participant(carlos)}/role`, { role: "MODERATOR" })).role,
    "MODERATOR",
  );
  refused(await olga.delete(participant(lea)), 403);
  refused(await olga.patch(`${participant(lea)}/role`, { role: "MEMBER" }), 403);
  data(await olga.delete(participant(carlos)));
  assert.equal(await carlos.entry(group.id), undefined);
});

test("the owner changes the room for everybody", async () => {
  assert.equal(
    data(await olga.patch("/conversations/meeshy", { description: "Pour tous" })).description,
    "Pour tous",
  );
});

test("conversations of others stay private, also for the owner", async () => {
  const own = await lea.group([carlos]);
  const { id } = await lea.say(own.id, "Entre nous");
  refused(await olga.get(`/conversations/${own.id}/messages`), 403);
  hidden(await olga.get(`/messages/${id}`));
  hidden(await olga.delete(`/messages/${id}`));
});

test("the profile shows the role to everybody", async () => {
  assert.equal(is(data(await lea.get(`/users/${olga.id}`)), "PublicUser").role, "BIGBOSS");
});
