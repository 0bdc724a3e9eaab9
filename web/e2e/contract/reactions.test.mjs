// Reactions: the web client adds them over its socket, the iOS client over HTTP.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { data, hidden, impossible, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("reactions");
const NOWHERE = "65a0c0ffee0123456789abcd";
let lea, carlos, stranger, group, here, there, outside;
before(async () => {
  [lea, carlos, stranger] = await signUpAll({ Lea: "fr", Carlos: "fr", Olga: "fr" });
  group = await lea.group([carlos]);
  [here, there, outside] = [await lea.socket(), await carlos.socket(), await stranger.socket()];
});
after(() => [here, there, outside].forEach((socket) => socket.close()));

const say = async () => (await lea.say(group.id, "Qu’en pensez-vous ?")).id;
const about = (id, emoji) => (event) => event.messageId === id && (!emoji || event.emoji === emoji);

test("a reaction over a socket is acknowledged, and reaches everybody", async () => {
  const messageId = await say();
  const answer = await there.ask("reaction:add", { messageId, emoji: "👍" });
  is(shaped("acknowledgement of reaction:add", answer), "{success:true data:Reaction}");
  assert.deepEqual(
    [answer.data.messageId, answer.data.userId, answer.data.emoji],
    [messageId, carlos.id, "👍"],
  );
  for (const socket of [here, there]) {
    const event = is(await socket.next("reaction:added", about(messageId)), "ReactionEvent");
    assert.deepEqual([event.userId, event.emoji, event.action], [carlos.id, "👍", "add"]);
    assert.deepEqual([event.aggregation.count, event.aggregation.userIds], [1, [carlos.id]]);
    if (socket === here) shaped("reaction:added", event);
  }
});

test("the same emoji of two people is counted together", async () => {
  const messageId = await say();
  await there.done("reaction:add", { messageId, emoji: "❤️" });
  await here.done("reaction:add", { messageId, emoji: "❤️" });
  const event = await here.next(
    "reaction:added",
    ({ aggregation, ...of }) => about(messageId)(of) && aggregation.count === 2,
  );
  assert.deepEqual(new Set(event.aggregation.userIds), new Set([lea.id, carlos.id]));
});

test("each bubble asks for its reactions, with the bare id", async () => {
  const messageId = await say();
  await there.done("reaction:add", { messageId, emoji: "👍" });
  await here.done("reaction:add", { messageId, emoji: "🎉" });
  const answer = await here.ask("reaction:request_sync", messageId);
  const sync = is(
    shaped("acknowledgement of reaction:request_sync", answer),
    "{success:true data:ReactionSync}",
  ).data;
  assert.deepEqual([sync.messageId, sync.totalCount, sync.userReactions], [messageId, 2, ["🎉"]]);
  const own = Object.fromEntries(sync.reactions.map(({ emoji, hasCurrentUser }) => [emoji, hasCurrentUser]));
  assert.deepEqual(own, { "👍": false, "🎉": true });
});

test("a page of bubbles asks at once", async () => {
  const ids = await Promise.all(Array.from({ length: 40 }, () => say()));
  const answers = await Promise.all(ids.map((id) => here.done("reaction:request_sync", id)));
  assert.deepEqual(
    answers.map(({ messageId, totalCount }) => [messageId, totalCount]),
    ids.map((id) => [id, 0]),
  );
});

test("the reactions of a message that one cannot read are an error", async () => {
  const messageId = await say();
  await outside.fails("reaction:request_sync", messageId);
  await here.fails("reaction:request_sync", NOWHERE);
});

test("a reaction is removed over a socket", async () => {
  const messageId = await say();
  await there.done("reaction:add", { messageId, emoji: "👍" });
  const answer = await there.ask("reaction:remove", { messageId, emoji: "👍" });
  is(shaped("acknowledgement of reaction:remove", answer), "{success:true data:{message:text}}");
  const event = is(await here.next("reaction:removed", about(messageId)), "ReactionEvent");
  shaped("reaction:removed", event);
  assert.deepEqual([event.action, event.aggregation.count, event.aggregation.userIds], ["remove", 0, []]);
  const { error } = await there.fails("reaction:remove", { messageId, emoji: "👍" });
  assert.match(error, /reaction/i);
});

test("the same reaction twice is one", async () => {
  const messageId = await say();
  await there.done("reaction:add", { messageId, emoji: "👍" });
  await there.ask("reaction:add", { messageId, emoji: "👍" });
  assert.equal((await here.done("reaction:request_sync", messageId)).totalCount, 1);
});

test("at most three different emoji, in words that the client recognises", async () => {
  const messageId = await say();
  for (const emoji of ["👍", "❤️", "🎉"]) await there.done("reaction:add", { messageId, emoji });
  const { error } = await there.fails("reaction:add", { messageId, emoji: "😀" });
  assert.match(error, /Maximum/);
  assert.match(error, /different reactions/);
  const { error: overHttp } = impossible(await carlos.post("/reactions", { messageId, emoji: "😀" }));
  assert.match(overHttp, /Maximum.*different reactions/);
});

test("only an emoji is a reaction", async () => {
  const messageId = await say();
  for (const emoji of ["", "x", "👍👍👍👍👍👍", "<b>", " "])
    await there.fails("reaction:add", { messageId, emoji });
  refused(await carlos.post("/reactions", { messageId, emoji: "abc" }), 400);
});

test("emoji of several characters are one", async () => {
  const messageId = await say();
  for (const emoji of ["👩‍👩‍👧", "🇫🇷", "👍🏽"])
    assert.equal((await there.done("reaction:add", { messageId, emoji })).emoji, emoji);
});

test("others do not react", async () => {
  const messageId = await say();
  await outside.fails("reaction:add", { messageId, emoji: "👍" });
  hidden(await stranger.post("/reactions", { messageId, emoji: "👍" }));
  hidden(await stranger.get(`/reactions/${messageId}`));
});

test("a reaction over HTTP is created, and broadcast", async () => {
  const messageId = await say();
  const reaction = data(await carlos.post("/reactions", { messageId, emoji: "🎉" }), 201);
  is(shaped("POST /reactions", reaction), "Reaction");
  assert.equal((await here.next("reaction:added", about(messageId))).userId, carlos.id);
});

test("the reactions of a message are one object", async () => {
  const messageId = await say();
  data(await carlos.post("/reactions", { messageId, emoji: "🎉" }), 201);
  const sync = is(
    shaped("GET /reactions/:messageId", data(await lea.get(`/reactions/${messageId}`))),
    "ReactionSync",
  );
  assert.deepEqual([sync.totalCount, sync.userReactions, sync.reactions[0].hasCurrentUser], [1, [], false]);
});

test("a reaction is removed over HTTP by its encoded emoji", async () => {
  const messageId = await say();
  data(await carlos.post("/reactions", { messageId, emoji: "👩‍👩‍👧" }), 201);
  const path = `/reactions/${messageId}/${encodeURIComponent("👩‍👩‍👧")}`;
  is(data(await carlos.delete(path)), "{message:text}");
  await here.next("reaction:removed", about(messageId));
  refused(await carlos.delete(path), 404);
});

test("everybody lists their own reactions, and nobody else's", async () => {
  const messageId = await say();
  data(await carlos.post("/reactions", { messageId, emoji: "🎉" }), 201);
  const mine = data(await carlos.get(`/reactions/user/${carlos.id}`));
  is(mine, "Reaction[]");
  assert.ok(mine.some((reaction) => reaction.messageId === messageId));
  hidden(await lea.get(`/reactions/user/${carlos.id}`));
});

test("a message in the list knows its reactions, and those of the reader", async () => {
  const messageId = await say();
  await there.done("reaction:add", { messageId, emoji: "👍" });
  const find = async (person) => (await person.messages(group.id)).find(({ id }) => id === messageId);
  const [hers, his] = [await find(lea), await find(carlos)];
  assert.deepEqual(
    [hers.reactionSummary, hers.reactionCount, hers.currentUserReactions, hers._count.reactions],
    [{ "👍": 1 }, 1, [], 1],
  );
  assert.deepEqual(his.currentUserReactions, ["👍"]);
});

test("a deleted message has no reactions", async () => {
  const messageId = await say();
  await there.done("reaction:add", { messageId, emoji: "👍" });
  data(await lea.delete(`/messages/${messageId}`));
  refused(await carlos.get(`/reactions/${messageId}`), 404);
  await there.fails("reaction:add", { messageId, emoji: "👍" });
});

test("a reaction to nothing is not found", async () => {
  refused(await lea.post("/reactions", { messageId: NOWHERE, emoji: "👍" }), 404, "MESSAGE_NOT_FOUND");
  refused(await lea.get(`/reactions/${NOWHERE}`), 404, "MESSAGE_NOT_FOUND");
});
