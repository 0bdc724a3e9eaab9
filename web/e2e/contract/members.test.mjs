// Who is in a conversation: invitations, roles, leaving and removing.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { data, impossible, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("members");
const NOWHERE = "65a0c0ffee0123456789abcd";
let lea, carlos, hana, stranger;
before(async () => {
  [lea, carlos, hana, stranger] = await signUpAll({ Lea: "fr", Carlos: "fr", Hana: "fr", Olga: "fr" });
});

const roles = async (person, id) =>
  Object.fromEntries(
    data(await person.get(`/conversations/${id}/participants`)).map(({ userId, role }) => [userId, role]),
  );

test("a member adds somebody, who then receives messages", async () => {
  const { id } = await lea.group([carlos]);
  const socket = await hana.socket();
  const added = data(await carlos.post(`/conversations/${id}/participants`, { userId: hana.id }));
  is(shaped("POST /conversations/:id/participants", added), "{message:text}");
  const said = await lea.say(id, "Bienvenue");
  await socket.next("message:new", (message) => message.id === said.id);
  assert.equal((await roles(hana, id))[hana.id], "MEMBER");
  socket.close();
});

test("nobody is added twice, nor somebody unknown, nor by a stranger", async () => {
  const { id } = await lea.group([carlos]);
  const add = (person, userId) => person.post(`/conversations/${id}/participants`, { userId });
  impossible(await add(lea, carlos.id));
  refused(await add(lea, NOWHERE), 404, "USER_NOT_FOUND");
  refused(await add(stranger, hana.id), 403);
});

test("the dialog of the old client invites", async () => {
  const { id } = await lea.group([carlos]);
  const invited = data(await lea.post(`/conversations/${id}/invite`, { userId: hana.id }));
  is(
    shaped("POST /conversations/:id/invite", invited),
    "{message:text member:{id:id userId:id role:MemberRole}}",
  );
  assert.equal(invited.member.userId, hana.id);
  impossible(await lea.post(`/conversations/${id}/invite`, { userId: hana.id }));
  refused(await stranger.post(`/conversations/${id}/invite`, { userId: stranger.id }), 403);
});

test("the creator gives roles, and everybody is told", async () => {
  const { id } = await lea.group([carlos, hana]);
  const socket = await hana.socket();
  const path = `/conversations/${id}/participants/${carlos.id}/role`;
  const changed = data(await lea.patch(path, { role: "ADMIN" }));
  is(
    shaped("PATCH /conversations/:id/participants/:userId/role", changed),
    '{message:text userId:id role:"ADMIN" participant:any}',
  );
  const event = await socket.next("participant:role-updated", ({ conversationId }) => conversationId === id);
  is(shaped("participant:role-updated", event), '{conversationId:id userId:id newRole:"ADMIN" updatedBy:id}');
  assert.deepEqual([event.userId, event.updatedBy], [carlos.id, lea.id]);
  assert.equal((await roles(hana, id))[carlos.id], "ADMIN");
  for (const role of ["MODERATOR", "MEMBER"]) assert.equal(data(await lea.patch(path, { role })).role, role);
  socket.close();
});

test("only the creator gives roles, and keeps the own one", async () => {
  const { id } = await lea.group([carlos, hana]);
  const change = (person, of, role) =>
    person.patch(`/conversations/${id}/participants/${of.id}/role`, { role });
  refused(await change(carlos, hana, "ADMIN"), 403);
  refused(await change(stranger, hana, "ADMIN"), 403);
  refused(await change(lea, lea, "MEMBER"), 403);
  refused(await change(lea, stranger, "ADMIN"), 404);
  refused(await change(lea, carlos, "KING"), 400, "VALIDATION_ERROR");
});

test("an administrator of the conversation invites", async () => {
  const { id } = await lea.group([carlos]);
  data(await lea.patch(`/conversations/${id}/participants/${carlos.id}/role`, { role: "ADMIN" }));
  data(await carlos.post(`/conversations/${id}/invite`, { userId: hana.id }));
});

test("a removed member receives nothing more, and loses the conversation", async () => {
  const { id } = await lea.group([carlos, hana]);
  const [his, hers] = [await carlos.socket(), await hana.socket()];
  is(data(await lea.delete(`/conversations/${id}/participants/${carlos.id}`)), "{message:text}");
  const said = await lea.say(id, "Sans lui");
  await hers.next("message:new", (message) => message.id === said.id);
  assert.ok(!his.has("message:new", (message) => message.id === said.id));
  assert.equal(await carlos.entry(id), undefined);
  refused(await carlos.get(`/conversations/${id}/messages`), 403);
  await his.fails("message:send", { conversationId: id, content: "Encore là ?" });
  [his, hers].forEach((socket) => socket.close());
});

test("only the creator removes, and not the creator", async () => {
  const { id } = await lea.group([carlos, hana]);
  refused(await carlos.delete(`/conversations/${id}/participants/${hana.id}`), 403);
  impossible(await lea.delete(`/conversations/${id}/participants/${lea.id}`));
  refused(await lea.delete(`/conversations/${id}/participants/${stranger.id}`), 404);
});

test("a removed member can be added again", async () => {
  const { id } = await lea.group([carlos]);
  data(await lea.delete(`/conversations/${id}/participants/${carlos.id}`));
  data(await lea.post(`/conversations/${id}/participants`, { userId: carlos.id }));
  assert.equal((await roles(carlos, id))[carlos.id], "MEMBER");
});

test("a member leaves", async () => {
  const { id } = await lea.group([carlos, hana]);
  data(await carlos.post(`/conversations/${id}/leave`));
  assert.equal(await carlos.entry(id), undefined);
  assert.deepEqual(Object.keys(await roles(lea, id)).sort(), [lea.id, hana.id].sort());
  refused(await carlos.post(`/conversations/${id}/leave`), 403);
});

test("the number of members follows", async () => {
  const { id } = await lea.group([carlos, hana]);
  const count = async () => (await lea.entry(id)).memberCount;
  assert.equal(await count(), 3);
  data(await hana.post(`/conversations/${id}/leave`));
  assert.equal(await count(), 2);
});

test("nobody is added to a direct conversation", async () => {
  const { id } = await lea.direct(carlos);
  const answer = await lea.post(`/conversations/${id}/participants`, { userId: hana.id });
  assert.ok(answer.status >= 400 && answer.status < 500, answer.where);
  refused(answer, answer.status);
});

test("a socket leaves a conversation that is closed on the screen, and still receives it", async () => {
  const { id } = await lea.group([carlos]);
  const socket = await carlos.socket();
  await socket.join(id);
  socket.emit("conversation:leave", { conversationId: id });
  assert.deepEqual(await socket.next("conversation:left"), { conversationId: id, userId: carlos.id });
  const said = await lea.say(id, "Tu es parti ?");
  await socket.next("message:new", (message) => message.id === said.id);
  socket.close();
});

test("a stranger does not join, and is told why", async () => {
  const { id } = await lea.group([carlos]);
  const socket = await stranger.socket();
  socket.emit("conversation:join", { conversationId: id });
  const { message } = await socket.next("error");
  assert.doesNotMatch(message, /Authentification requise|Bearer token|x-session-token/);
  assert.ok(!socket.has("conversation:joined"));
  socket.close();
});

test("joining brings the statistics", async () => {
  const { id } = await lea.group([carlos]);
  await lea.say(id, "Bonjour");
  const socket = await carlos.socket();
  await socket.join(id);
  const { conversationId, stats } = await socket.next("conversation:stats");
  assert.equal(conversationId, id);
  is(shaped("conversation:stats", stats), "Stats");
  assert.deepEqual([stats.participantCount, stats.messagesPerLanguage], [2, { fr: 1 }]);
  assert.ok(stats.onlineUsers.some((user) => user.id === carlos.id));
  socket.close();
});
