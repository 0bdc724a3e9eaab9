// Sending, editing, deleting and answering, over HTTP and over sockets.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { data, hidden, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("messages");
const NOWHERE = "65a0c0ffee0123456789abcd";
let lea, carlos, stranger, group, here, there, outside;
before(async () => {
  [lea, carlos, stranger] = await signUpAll({ Lea: "fr", Carlos: "fr", Olga: "en" });
  group = await lea.group([carlos]);
  [here, there, outside] = [await lea.socket(), await carlos.socket(), await stranger.socket()];
});
after(() => [here, there, outside].forEach((socket) => socket.close()));

const about = (messageId) => (event) => (event.id ?? event.messageId) === messageId;
const send = (socket, more) =>
  socket.done("message:send", {
    conversationId: group.id,
    content: "Bonjour",
    originalLanguage: "fr",
    ...more,
  });

test("a message that is sent over a socket reaches everybody, once, and counts as unread", async () => {
  const { messageId } = await send(here);
  const heard = is(await there.next("message:new", about(messageId)), "SocketMessage");
  shaped("message:new", heard);
  assert.deepEqual(
    [
      heard.conversationId,
      heard.senderId,
      heard.content,
      heard.originalContent,
      heard.originalLanguage,
      heard.messageType,
    ],
    [group.id, lea.id, "Bonjour", "Bonjour", "fr", "text"],
  );
  assert.deepEqual([heard.translations, heard.attachments, heard.validatedMentions], [[], [], []]);
  await here.next("message:new", about(messageId));
  const unread = await there.next(
    "conversation:unread-updated",
    ({ conversationId }) => conversationId === group.id,
  );
  assert.deepEqual(unread, { conversationId: group.id, unreadCount: 1 });
  await send(here, { content: "Encore" });
  await there.next("message:new", ({ content }) => content === "Encore");
  assert.ok(
    !here.has("message:new", about(messageId)) && !there.has("message:new", about(messageId)),
    "only once",
  );
});

test("the acknowledgement is the id of the message", async () => {
  const answer = await here.ask("message:send", {
    conversationId: group.id,
    content: "Un reçu",
    originalLanguage: "fr",
  });
  is(shaped("acknowledgement of message:send", answer), "{success:true data:{messageId:id}}");
  const [newest] = await lea.messages(group.id, "limit=1");
  assert.equal(newest.id, answer.data.messageId);
});

test("a message that is sent over HTTP is broadcast as well", async () => {
  const body = { content: "Par HTTP", originalLanguage: "fr", conversationId: group.id };
  const said = data(await lea.post(`/conversations/${group.id}/messages`, body), 201);
  is(shaped("POST /conversations/:id/messages", said), "Message");
  is(said, "{meta:{conversationStats:Stats|null}}");
  assert.equal(is(await there.next("message:new", about(said.id)), "SocketMessage").content, "Par HTTP");
  await here.next("message:new", about(said.id));
});

test("messages arrive in the order in which they were sent", async () => {
  const texts = ["un", "deux", "trois", "quatre", "cinq"];
  await Promise.all(texts.map((content) => send(here, { content })));
  const heard = [];
  while (heard.length < texts.length) {
    const { content } = await there.next("message:new");
    if (texts.includes(content)) heard.push(content);
  }
  assert.deepEqual(heard, texts);
});

test("unusual texts arrive as they were written", async () => {
  for (const content of [
    "👩‍👩‍👧 ❤️‍🔥",
    "שלום עולם",
    "a\n\nb\tc",
    "<b>&amp;</b>",
    "‮rtl",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢",
    "'; DROP TABLE messages; --",
    "\\u0000",
  ]) {
    const { messageId } = await send(here, { content });
    assert.equal((await there.next("message:new", about(messageId))).content, content);
  }
});

test("4,000 characters are accepted, one more is not", async () => {
  const { messageId } = await send(here, { content: "é".repeat(4000) });
  assert.equal((await there.next("message:new", about(messageId))).content.length, 4000);
  await here.fails("message:send", { conversationId: group.id, content: "x".repeat(4001) });
  refused(
    await lea.post(`/conversations/${group.id}/messages`, { content: "x".repeat(4001) }),
    400,
    "VALIDATION_ERROR",
  );
});

test("an empty text is refused, also one of spaces", async () => {
  for (const content of ["", "   ", "\n"]) {
    await here.fails("message:send", { conversationId: group.id, content });
    refused(await lea.post(`/conversations/${group.id}/messages`, { content }), 400, "VALIDATION_ERROR");
  }
});

test("others do not write, nor receive anything", async () => {
  assert.equal(
    (await outside.fails("message:send", { conversationId: group.id, content: "x" })).code,
    "CONVERSATION_ACCESS_DENIED",
  );
  refused(
    await stranger.post(`/conversations/${group.id}/messages`, { content: "x" }),
    403,
    "CONVERSATION_ACCESS_DENIED",
  );
  await lea.say(group.id, "Entre membres");
  const own = await stranger.group([]);
  const { id } = await stranger.say(own.id, "Moi seule");
  await outside.next("message:new", (message) => message.id === id);
  assert.ok(!outside.has("message:new", ({ conversationId }) => conversationId === group.id));
});

test("an unknown conversation is an error", async () => {
  await here.fails("message:send", { conversationId: NOWHERE, content: "x" });
  await here.fails("message:send", { conversationId: "no-such", content: "x" });
  refused(
    await lea.post(`/conversations/${NOWHERE}/messages`, { content: "x" }),
    404,
    "CONVERSATION_NOT_FOUND",
  );
});

test("an error of an event is no failure to authenticate", async () => {
  const { error } = await here.fails("message:send", { conversationId: NOWHERE, content: "x" });
  assert.doesNotMatch(error, /Authentification requise|Bearer token|x-session-token/);
});

// Answers.

test("an answer carries the message that it answers", async () => {
  const first = await lea.say(group.id, "Qui vient ?");
  const { messageId } = await there.done("message:send", {
    conversationId: group.id,
    content: "Moi",
    originalLanguage: "fr",
    replyToId: first.id,
  });
  const heard = is(await here.next("message:new", about(messageId)), "SocketMessage");
  shaped("message:new that answers", heard);
  is(
    heard,
    "{replyToId:id replyTo:{id:id conversationId:id senderId:id content:text originalLanguage:language messageType:text createdAt:date sender:{id:id username:text firstName:text lastName:text displayName:text}}}",
  );
  assert.deepEqual(
    [heard.replyToId, heard.replyTo.id, heard.replyTo.content],
    [first.id, first.id, "Qui vient ?"],
  );
  const listed = (await carlos.messages(group.id, "limit=1"))[0];
  assert.equal(is(listed, "Message").replyTo.sender.id, lea.id);
});

test("the list leaves the answered message out on request", async () => {
  const first = await lea.say(group.id, "Une question");
  await carlos.say(group.id, "Une réponse", { replyToId: first.id });
  const [answer] = await carlos.messages(group.id, "limit=1&include_replies=false");
  assert.ok(answer.replyTo === null || answer.replyTo === undefined);
  assert.equal(answer.replyToId, first.id);
});

test("an answer to a message of another conversation is refused", async () => {
  const other = await lea.group([]);
  const elsewhere = await lea.say(other.id, "Ailleurs");
  await here.fails("message:send", { conversationId: group.id, content: "x", replyToId: elsewhere.id });
  await here.fails("message:send", { conversationId: group.id, content: "x", replyToId: NOWHERE });
});

// Editing.

test("an edit over HTTP reaches everybody as the whole message", async () => {
  const first = await lea.say(group.id, "Premier texte");
  const edited = data(
    await lea.put(`/conversations/${group.id}/messages/${first.id}`, {
      content: "Second texte",
      originalLanguage: "fr",
    }),
  );
  is(shaped("PUT /conversations/:id/messages/:messageId", edited), "Message");
  assert.deepEqual([edited.id, edited.content, edited.isEdited], [first.id, "Second texte", true]);
  assert.ok(edited.editedAt);
  const heard = is(await there.next("message:edited", about(first.id)), "Message");
  shaped("message:edited", heard);
  assert.equal(heard.content, "Second texte");
});

test("an edit over a socket is acknowledged", async () => {
  const first = await lea.say(group.id, "Avant");
  const answer = await here.ask("message:edit", { messageId: first.id, content: "Après" });
  is(
    shaped("acknowledgement of message:edit", answer),
    "{success:true data?:{id:id content:text isEdited:true}}",
  );
  assert.equal((await there.next("message:edited", about(first.id))).content, "Après");
});

for (const method of ["put", "patch"])
  test(`the other route of the clients edits as well: ${method}`, async () => {
    const first = await lea.say(group.id, "Avant");
    const edited = data(await lea[method](`/messages/${first.id}`, { content: `Après ${method}` }));
    is(edited, "{id:id content:text isEdited:true sender:Sender}");
    assert.equal((await there.next("message:edited", about(first.id))).content, `Après ${method}`);
  });

test("only the author edits", async () => {
  const first = await lea.say(group.id, "À moi");
  refused(await carlos.put(`/conversations/${group.id}/messages/${first.id}`, { content: "x" }), 403);
  hidden(await stranger.put(`/messages/${first.id}`, { content: "x" }));
  await there.fails("message:edit", { messageId: first.id, content: "x" });
  assert.equal(data(await lea.get(`/messages/${first.id}`)).content, "À moi");
});

test("a message is not edited to nothing, nor to too much", async () => {
  const first = await lea.say(group.id, "Un texte");
  for (const content of ["", " ", "x".repeat(4001)])
    refused(
      await lea.put(`/conversations/${group.id}/messages/${first.id}`, { content }),
      400,
      "VALIDATION_ERROR",
    );
  refused(
    await lea.put(`/conversations/${group.id}/messages/${NOWHERE}`, { content: "x" }),
    404,
    "MESSAGE_NOT_FOUND",
  );
});

test("a message is not edited through another conversation", async () => {
  const other = await lea.group([]);
  const first = await lea.say(group.id, "Ici");
  refused(
    await lea.put(`/conversations/${other.id}/messages/${first.id}`, { content: "Là" }),
    404,
    "MESSAGE_NOT_FOUND",
  );
});

test("the earlier texts are for the author", async () => {
  const first = await lea.say(group.id, "Version un");
  data(await lea.put(`/messages/${first.id}`, { content: "Version deux" }));
  const history = data(await lea.get(`/messages/${first.id}/history`));
  is(
    shaped("GET /messages/:id/history", history),
    "{messageId:id originalContent:text isEdited:bool editedAt:date|null createdAt:date deletedAt:date|null isDeleted:bool}",
  );
  assert.equal(history.isEdited, true);
  refused(await carlos.get(`/messages/${first.id}/history`), 403);
});

// Deleting.

test("a deletion over HTTP reaches everybody", async () => {
  const first = await lea.say(group.id, "À oublier");
  const deleted = data(await lea.delete(`/conversations/${group.id}/messages/${first.id}`));
  is(shaped("DELETE /conversations/:id/messages/:messageId", deleted), "{messageId:id deleted:true}");
  const heard = await there.next("message:deleted", about(first.id));
  is(shaped("message:deleted", heard), "{messageId:id conversationId:id}");
  assert.equal(heard.conversationId, group.id);
  refused(await lea.get(`/messages/${first.id}`), 404, "MESSAGE_NOT_FOUND");
});

test("a deletion over a socket is acknowledged", async () => {
  const first = await lea.say(group.id, "À oublier aussi");
  is(
    shaped("acknowledgement of message:delete", await here.ask("message:delete", { messageId: first.id })),
    "{success:true}",
  );
  await there.next("message:deleted", about(first.id));
  await here.fails("message:delete", { messageId: first.id });
});

test("the other route deletes as well", async () => {
  const first = await lea.say(group.id, "Encore un");
  is(data(await lea.delete(`/messages/${first.id}`)), "{message:text}");
  await there.next("message:deleted", about(first.id));
});

test("others do not delete; a moderator of the conversation does", async () => {
  const first = await carlos.say(group.id, "De Carlos");
  hidden(await stranger.delete(`/messages/${first.id}`));
  data(await lea.delete(`/messages/${first.id}`));
  const second = await lea.say(group.id, "De Léa");
  refused(await carlos.delete(`/messages/${second.id}`), 403);
  await there.fails("message:delete", { messageId: second.id });
});

test("a deleted message is not unread", async () => {
  const own = await lea.group([carlos]);
  const first = await lea.say(own.id, "Vite");
  assert.equal((await carlos.entry(own.id)).unreadCount, 1);
  data(await lea.delete(`/messages/${first.id}`));
  assert.equal((await carlos.entry(own.id)).unreadCount, 0);
});

test("the list shows the message before a deleted one", async () => {
  const own = await lea.group([carlos]);
  const [one, two] = [await lea.say(own.id, "un"), await lea.say(own.id, "deux")];
  data(await lea.delete(`/messages/${two.id}`));
  const entry = await carlos.entry(own.id);
  assert.equal(entry.lastMessage.id, one.id);
});

test("an answer to a deleted message stays, without its text", async () => {
  const first = await lea.say(group.id, "Secret");
  const reply = await carlos.say(group.id, "Vraiment ?", { replyToId: first.id });
  data(await lea.delete(`/messages/${first.id}`));
  const listed = data(await carlos.get(`/messages/${reply.id}`));
  assert.ok(!JSON.stringify(listed).includes("Secret"));
});
