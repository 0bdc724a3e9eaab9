// The messages of a conversation, page by page, and what readers do to it for themselves only.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { data, hidden, page, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("history");
const COUNT = 25;
let lea, carlos, stranger, group;
const said = [];
before(async () => {
  [lea, carlos, stranger] = await signUpAll({ Lea: "fr", Carlos: "fr", Olga: "fr" });
  group = await lea.group([carlos]);
  for (let n = 1; n <= COUNT; n++) said.unshift((await lea.say(group.id, `numéro ${n}`)).id);
});

const get = (person, query) => person.get(`/conversations/${group.id}/messages?${query}`);
const ids = (messages) => messages.map(({ id }) => id);

test("the first page has the newest 20, newest first", async () => {
  const answer = await get(carlos, "offset=0&limit=20");
  const messages = page(answer);
  for (const message of messages) is(message, "Message");
  assert.deepEqual(ids(messages), said.slice(0, 20));
  assert.deepEqual(
    [answer.body.pagination.total, answer.body.pagination.hasMore, answer.body.meta.userLanguage],
    [COUNT, true, "fr"],
  );
  shaped("GET /conversations/:id/messages", { ...answer.body, data: messages.slice(0, 1) });
});

test("20 is also the default, 50 the most, and nonsense the default", async () => {
  const limit = async (query) => (await get(carlos, query)).body.pagination.limit;
  assert.deepEqual(
    [await limit(""), await limit("limit=500"), await limit("limit=x"), await limit("limit=0")],
    [20, 50, 20, 1],
  );
});

test("the next pages follow by offset, to the end", async () => {
  const all = [];
  for (let offset = 0, hasMore = true; hasMore; offset += 10) {
    const answer = await get(carlos, `offset=${offset}&limit=10`);
    all.push(...ids(page(answer)));
    hasMore = answer.body.pagination.hasMore;
  }
  assert.deepEqual(all, said);
});

test("older ones are found before a message", async () => {
  const answer = await get(carlos, `before=${said[9]}&limit=5`);
  assert.deepEqual(ids(data(answer)), said.slice(10, 15));
});

test("there is nothing before the first one", async () => {
  const answer = await get(carlos, `before=${said.at(-1)}&limit=5`);
  assert.deepEqual(data(answer), []);
  assert.equal(answer.body.pagination.hasMore, false);
});

test("a page beyond the end is empty", async () => {
  assert.deepEqual(page(await get(carlos, "offset=1000")), []);
});

test("the history is for members", async () => {
  refused(await get(stranger, "limit=1"), 403);
});

test("deleted messages are not in the history, nor counted", async () => {
  const own = await lea.group([carlos]);
  const [one, two] = [await lea.say(own.id, "un"), await lea.say(own.id, "deux")];
  data(await lea.delete(`/conversations/${own.id}/messages/${one.id}`));
  const answer = await carlos.get(`/conversations/${own.id}/messages`);
  assert.deepEqual(ids(page(answer)), [two.id]);
  assert.equal(answer.body.pagination.total, 1);
});

test("one message is read by its id", async () => {
  const message = is(shaped("GET /messages/:id", data(await carlos.get(`/messages/${said[0]}`))), "Message");
  is(
    message,
    "{statusSummary:{deliveredCount:count readCount:count deliveredToAllAt:date|null readByAllAt:date|null}}",
  );
  assert.equal(message.content, `numéro ${COUNT}`);
  hidden(await stranger.get(`/messages/${said[0]}`));
  refused(await carlos.get("/messages/65a0c0ffee0123456789abcd"), 404, "MESSAGE_NOT_FOUND");
});

// Deleting for oneself: these routes have no version in the old system.

test("a message that one person deletes for themselves stays for the others", async () => {
  const own = await lea.group([carlos]);
  const { id } = await lea.say(own.id, "bonjour");
  is(data(await carlos.delete(`/api/messages/${id}/delete-for-me`)), "{message:text}");
  assert.deepEqual(ids(await carlos.messages(own.id)), []);
  assert.deepEqual(ids(await lea.messages(own.id)), [id]);
  is(data(await carlos.post(`/api/messages/${id}/restore-for-me`)), "{message:text}");
  assert.deepEqual(ids(await carlos.messages(own.id)), [id]);
});

test("several messages are deleted for oneself in one call", async () => {
  const own = await lea.group([carlos]);
  const messageIds = [];
  for (const text of ["un", "deux", "trois"]) messageIds.push((await lea.say(own.id, text)).id);
  const done = data(
    await carlos.delete("/api/messages/bulk/delete-for-me", { messageIds: messageIds.slice(0, 2) }),
  );
  is(
    shaped("DELETE /api/messages/bulk/delete-for-me", done),
    "{message:text deletedCount:count requestedCount:count}",
  );
  assert.deepEqual([done.deletedCount, done.requestedCount], [2, 2]);
  assert.deepEqual(ids(await carlos.messages(own.id)), [messageIds[2]]);
});

test("between 1 and 100 messages are deleted in one call", async () => {
  for (const messageIds of [[], Array(101).fill(said[0])])
    refused(await carlos.delete("/api/messages/bulk/delete-for-me", { messageIds }), 400);
});

test("a conversation that is deleted for oneself leaves the own list until the next message", async () => {
  const own = await lea.group([carlos]);
  is(data(await carlos.delete(`/api/conversations/${own.id}/delete-for-me`)), "{message:text}");
  assert.equal(await carlos.entry(own.id), undefined);
  assert.ok(await lea.entry(own.id));
  const deleted = data(await carlos.get("/api/user/deleted-conversations"));
  is(
    shaped("GET /api/user/deleted-conversations", deleted),
    "{conversationId:id deletedAt:date conversation:{id:id identifier:text title:text type:ConversationType avatar:string|null lastMessageAt:date}}[]",
  );
  assert.deepEqual(
    deleted.map(({ conversationId }) => conversationId),
    [own.id],
  );
  is(data(await carlos.post(`/api/conversations/${own.id}/restore-for-me`)), "{message:text}");
  assert.ok(await carlos.entry(own.id));
  refused(await carlos.post(`/api/conversations/${own.id}/restore-for-me`), 400);
});

test("a cleared history begins anew, for oneself", async () => {
  const own = await lea.group([carlos]);
  const old = await lea.say(own.id, "avant");
  const cleared = data(await carlos.post(`/api/conversations/${own.id}/clear-history`, {}));
  is(shaped("POST /api/conversations/:id/clear-history", cleared), "{message:text clearHistoryBefore:date}");
  const next = await lea.say(own.id, "après");
  assert.deepEqual(ids(await carlos.messages(own.id)), [next.id]);
  assert.deepEqual(ids(await lea.messages(own.id)), [next.id, old.id]);
});

test("the history up to a date is cleared", async () => {
  const own = await lea.group([carlos]);
  const { id, createdAt } = await lea.say(own.id, "avant");
  const beforeDate = new Date(Date.parse(createdAt) - 1000).toISOString();
  const cleared = data(await carlos.post(`/api/conversations/${own.id}/clear-history`, { beforeDate }));
  assert.equal(cleared.clearHistoryBefore, beforeDate);
  assert.deepEqual(ids(await carlos.messages(own.id)), [id]);
});
