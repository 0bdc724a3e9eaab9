// Every error that the old clients know, in one envelope: a sentence to show, and a code for the program.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, data, refused, url } from "./http.mjs";
import { is } from "./objects.mjs";
import { form, PASSWORD, signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("errors");
const NOWHERE = "65a0c0ffee0123456789abcd";
let lea, carlos, group, message;
before(async () => {
  [lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "fr" });
  group = await lea.group([]);
  message = await lea.say(group.id, "Bonjour");
});

/** What provokes each code. */
const CODES = {
  AUTH_REQUIRED: [401, () => call("GET", "/auth/me")],
  AUTH_FAILED: [401, () => call("GET", "/auth/me", { token: "a.b.c" })],
  VALIDATION_ERROR: [400, () => lea.post("/conversations", { type: "party" })],
  NOT_FOUND: [404, () => lea.get(`/me/preferences/categories/${NOWHERE}`)],
  CONVERSATION_NOT_FOUND: [404, () => lea.get(`/conversations/${NOWHERE}`)],
  MESSAGE_NOT_FOUND: [404, () => lea.get(`/messages/${NOWHERE}`)],
  USER_NOT_FOUND: [404, () => lea.get(`/users/${NOWHERE}`)],
  FORBIDDEN: [403, () => lea.delete("/conversations/meeshy")],
  CONVERSATION_ACCESS_DENIED: [403, () => carlos.get(`/conversations/${group.id}`)],
  INVALID_OPERATION: [422, () => lea.post("/conversations", { type: "direct", participantIds: [lea.id] })],
  CONSENT_REQUIRED: [403, () => lea.patch("/me/preferences/audio", { voiceProfileEnabled: true })],
};

for (const [code, [status, provoke]] of Object.entries(CODES))
  test(`${code} is a ${status} with a sentence`, async () => {
    const answer = refused(await provoke(), status, code);
    shaped(code, answer);
    assert.match(answer.message, /^\S.* .*\S$/, "a sentence");
    assert.notEqual(answer.message, "Internal Server Error");
  });

test("a name that is taken", async () => {
  const answer = await call("POST", "/auth/register", { body: { ...form("Lea"), username: lea.username } });
  shaped("ALREADY_EXISTS", refused(answer, 400, "ALREADY_EXISTS"));
  const identifier = "mshy_errors";
  await lea.post("/communities", { name: "Une", identifier });
  const { status, body } = await carlos.post("/communities", { name: "Deux", identifier });
  assert.deepEqual([status, body.success], [409, false]);
});

test("wrong fields are named, each with a sentence", async () => {
  const { details } = refused(
    await call("POST", "/auth/register", { body: { ...form("Paul"), username: "a b" } }),
    400,
  );
  is(details, "{field:text message:text}[]");
  assert.deepEqual(
    details.map(({ field }) => field),
    ["username"],
  );
});

test("nothing about a conversation is ever a 401 for a user", async () => {
  const paths = ["", "/messages", "/participants", `/read-statuses?messageIds=${NOWHERE}`, "/events?after=0"];
  for (const path of paths) {
    const answer = await carlos.get(`/conversations/${group.id}${path}`);
    assert.ok([403, 404].includes(answer.status), answer.where);
  }
});

test("a 403 of a conversation that the member still has does not exist: the old client would leave it", async () => {
  for (const answer of [
    await lea.get(`/conversations/${group.id}`),
    await lea.post(`/conversations/${group.id}/mark-read`, {}),
    await lea.post(`/conversations/${group.id}/messages`, { content: "" }),
    await lea.put(`/conversations/${group.id}/messages/${message.id}`, { content: "" }),
    await lea.delete(`/conversations/${group.id}/messages/${NOWHERE}`),
    await lea.patch(`/conversations/${group.id}/participants/${NOWHERE}/role`, { role: "ADMIN" }),
  ])
    assert.notEqual(answer.status, 403, answer.where);
});

test("an unknown path below the prefix, and an unknown method, are JSON", async () => {
  for (const [method, path] of [
    ["GET", "/nowhere"],
    ["POST", "/nowhere/at/all"],
    ["DELETE", "/auth/login"],
    ["PATCH", "/conversations"],
  ]) {
    const answer = await lea.call(method, path);
    assert.ok([404, 405].includes(answer.status), answer.where);
    assert.ok(answer.body.error, answer.where);
  }
});

test("a body that is too large is refused with an answer", async () => {
  const answer = await lea.post(`/conversations/${group.id}/messages`, { content: "x".repeat(3_000_000) });
  assert.ok([400, 413].includes(answer.status), `${answer.status}`);
  refused(answer, answer.status);
});

test("another content type is read as JSON, or refused", async () => {
  const headers = { "content-type": "text/plain" };
  const answer = await call("POST", "/auth/login", {
    body: JSON.stringify({ username: lea.username, password: PASSWORD }),
    headers,
  });
  assert.ok([200, 400, 415].includes(answer.status), answer.where);
});

test("an error of a socket has a sentence and a code", async () => {
  const socket = await carlos.socket();
  const answer = await socket.fails("message:send", { conversationId: group.id, content: "x" });
  is(
    shaped("acknowledgement of an event that fails", answer),
    '{success:false error:text code:"CONVERSATION_ACCESS_DENIED"}',
  );
  socket.emit("conversation:join", { conversationId: group.id });
  is(shaped("error", await socket.next("error")), "{message:text code:text}");
  socket.close();
});

test("an unknown event is answered", async () => {
  const socket = await lea.socket();
  assert.equal((await socket.fails("no:such:event", {})).code, "UNKNOWN_EVENT");
  assert.ok(socket.socket.connected);
  socket.close();
});

test("the server describes itself", async () => {
  for (const path of ["/health", "/info"]) {
    const response = await fetch(url + path);
    assert.equal(response.status, 200, path);
    await response.json();
  }
});
