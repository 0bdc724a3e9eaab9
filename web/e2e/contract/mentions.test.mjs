// Names after an `@`: suggestions while typing, and who is told.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { data, hidden, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("mentions");
let lea, carlos, stranger, group;
before(async () => {
  [lea, carlos, stranger] = await signUpAll({ Lea: "fr", Carlos: "fr", Olga: "fr" });
  group = await lea.group([carlos]);
});

const suggestions = async (query) => data(await lea.get(`/mentions/suggestions?${query}`));

test("an @ suggests the members of the conversation, but not the writer", async () => {
  const found = is(
    shaped("GET /mentions/suggestions", await suggestions(`conversationId=${group.id}`)),
    "MentionSuggestion[]",
  );
  assert.deepEqual(
    found.map(({ id }) => id),
    [carlos.id],
  );
  assert.deepEqual(
    [found[0].badge, found[0].inConversation, found[0].isFriend],
    ["conversation", true, false],
  );
});

test("the beginning of a name narrows them, in any case", async () => {
  const query = carlos.username.slice(0, 8).toUpperCase();
  assert.deepEqual(
    (await suggestions(`conversationId=${group.id}&query=${query}`)).map(({ id }) => id),
    [carlos.id],
  );
  assert.deepEqual(await suggestions(`conversationId=${group.id}&query=zzzzzz`), []);
});

test("a conversation has to be given by its id, and be one's own", async () => {
  refused(await lea.get("/mentions/suggestions"), 400);
  refused(await lea.get("/mentions/suggestions?conversationId=not-an-id"), 400);
  refused(await stranger.get(`/mentions/suggestions?conversationId=${group.id}`), 403);
});

test("friends are marked", async () => {
  const { friendRequest } = data(await lea.post("/users/friend-requests", { receiverId: carlos.id }));
  data(await carlos.patch(`/users/friend-requests/${friendRequest.id}`, { action: "accept" }));
  const [found] = await suggestions(`conversationId=${group.id}`);
  assert.equal(found.isFriend, true);
});

test("the mentioned person is told, on all sockets", async () => {
  const [one, two] = [await carlos.socket(), await carlos.socket()];
  const said = await lea.say(group.id, `Tu viens, @${carlos.username} ?`);
  assert.deepEqual(said.validatedMentions, [carlos.username]);
  for (const socket of [one, two]) {
    const event = await socket.next("mention:created");
    is(event, "{messageId:id conversationId:id mentionedUserId:id senderId:id createdAt:date}");
    assert.deepEqual([event.messageId, event.mentionedUserId, event.senderId], [said.id, carlos.id, lea.id]);
    if (socket === one) shaped("mention:created", event);
  }
  const heard = await one.next("message:new", ({ id }) => id === said.id);
  assert.deepEqual(heard.validatedMentions, [carlos.username]);
  [one, two].forEach((socket) => socket.close());
});

test("the name is found in any case, and only once", async () => {
  const name = carlos.username.toUpperCase();
  const said = await lea.say(group.id, `@${name} et @${carlos.username}`);
  assert.deepEqual(
    said.validatedMentions.map((one) => one.toLowerCase()),
    [carlos.username.toLowerCase()],
  );
});

test("those who are not members are not mentioned", async () => {
  const socket = await stranger.socket();
  const said = await lea.say(group.id, `Et @${stranger.username} ou @nobody ?`);
  assert.deepEqual(said.validatedMentions, []);
  // What comes later has arrived.
  const own = await stranger.group([]);
  const { id } = await stranger.say(own.id, "Moi seule");
  await socket.next("message:new", (message) => message.id === id);
  assert.ok(!socket.has("mention:created"));
  socket.close();
});

test("the client may send the ids of those it mentions", async () => {
  const socket = await lea.socket();
  const { messageId } = await socket.done("message:send", {
    conversationId: group.id,
    content: `Salut @${carlos.username}`,
    originalLanguage: "fr",
    mentionedUserIds: [carlos.id],
  });
  const heard = await socket.next("message:new", ({ id }) => id === messageId);
  assert.deepEqual(heard.validatedMentions, [carlos.username]);
  socket.close();
});

test("the mentioned people of a message are listed for its readers", async () => {
  const said = await lea.say(group.id, `@${carlos.username} !`);
  const listed = data(await carlos.get(`/mentions/messages/${said.id}`));
  is(
    shaped("GET /mentions/messages/:messageId", listed),
    "{id:text messageId:id mentionedUserId:id mentionedAt:date mentionedUser:{id:id username:text displayName:string|null avatar:string|null}}[]",
  );
  assert.deepEqual(
    listed.map(({ mentionedUserId }) => mentionedUserId),
    [carlos.id],
  );
  hidden(await stranger.get(`/mentions/messages/${said.id}`));
});

test("everybody finds the messages that mention them", async () => {
  const said = await lea.say(group.id, `Dernier message pour @${carlos.username}`);
  const mine = data(await carlos.get("/mentions/me?limit=1"));
  is(
    shaped("GET /mentions/me", mine),
    `{id:text messageId:id mentionedAt:date message:{id:id content:text conversationId:id senderId:id createdAt:date
      sender:UserMin conversation:{id:id title:string|null type:ConversationType}}}[]`,
  );
  assert.deepEqual(
    mine.map(({ messageId }) => messageId),
    [said.id],
  );
});

test("in a direct conversation only the other one is mentioned", async () => {
  const direct =
    data(await lea.get(`/conversations?type=direct&withUserId=${carlos.id}`))[0] ??
    (await lea.direct(carlos));
  const said = await lea.say(direct.id, `@${carlos.username} @${stranger.username}`);
  assert.deepEqual(said.validatedMentions, [carlos.username]);
});

test("an edit mentions others", async () => {
  const said = await lea.say(group.id, "Personne");
  const edited = data(await lea.put(`/messages/${said.id}`, { content: `Si, @${carlos.username}` }));
  assert.deepEqual(edited.validatedMentions, [carlos.username]);
});
