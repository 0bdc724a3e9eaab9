// The list of conversations, one conversation, new ones, and their settings.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { data, page, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll, unique } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("conversations");
const NOWHERE = "65a0c0ffee0123456789abcd";
let lea, carlos, hana, stranger, group, direct;
before(async () => {
  [lea, carlos, hana, stranger] = await signUpAll({ Lea: "fr", Carlos: "es", Hana: "en", Olga: "en" });
  group = await lea.group([carlos, hana], { title: "Voyage", description: "À Lisbonne" });
  direct = await lea.direct(carlos);
  const socket = await lea.socket();
  await carlos.say(group.id, "Hola a todas");
  await socket.next("message:translation", ({ translations }) => translations.length === 2);
  socket.close();
});

const create = (body) => lea.post("/conversations", body);

test("a group is created with its creator and the others", async () => {
  const body = { type: "group", title: "Voyage", participantIds: [carlos.id, hana.id] };
  const made = shaped("POST /conversations, a group", data(await create(body), 201));
  is(
    made,
    "{id:id identifier:text title:text type:ConversationType isActive:bool createdAt:date members:Member[]}",
  );
  assert.match(made.identifier, /^mshy_voyage-\d{14}(-[0-9a-f]{8})?$/);
  const roles = Object.fromEntries(made.members.map(({ userId, role }) => [userId, role]));
  assert.deepEqual(roles, { [lea.id]: "CREATOR", [carlos.id]: "MEMBER", [hana.id]: "MEMBER" });
});

test("the others learn of a new conversation, and receive its messages at once", async () => {
  const socket = await carlos.socket();
  const made = await lea.group([carlos]);
  await lea.say(made.id, "Bienvenue");
  const heard = await socket.next("message:new", ({ conversationId }) => conversationId === made.id);
  assert.equal(heard.content, "Bienvenue");
  socket.close();
});

test("a direct conversation is called by the other person", async () => {
  const [mine, theirs] = [await lea.entry(direct.id), await carlos.entry(direct.id)];
  assert.deepEqual([mine.title, theirs.title], ["Carlos Test", "Lea Test"]);
  assert.equal(mine.type, "direct");
});

test("groups without a title are called by their members", async () => {
  const title = async (people) =>
    (
      await lea.entry(
        data(await create({ type: "group", participantIds: people.map(({ id }) => id) }), 201).id,
      )
    ).title;
  assert.equal(await title([]), "Conversation");
  assert.equal(await title([carlos]), "Carlos Test");
  assert.match(await title([carlos, hana]), /^(Carlos Test, Hana Test|Hana Test, Carlos Test)$/);
  assert.match(await title([carlos, hana, stranger]), /^\w+ Test, \w+ Test and 1 other\(s\)$/);
});

test("a group without a title has an identifier of its own", async () => {
  const made = data(await create({ type: "group", participantIds: [] }), 201);
  assert.match(made.identifier, /^mshy_[0-9a-z]{8}-\d{14}(-[0-9a-f]{8})?$/);
});

test("a wished identifier gets the prefix, and can be looked up", async () => {
  const wished = unique("trip");
  const check = (name) => lea.get(`/conversations/check-identifier/${name}`);
  assert.deepEqual(data(await check(`mshy_${wished}`)), { available: true, identifier: `mshy_${wished}` });
  const made = data(await create({ type: "group", title: "T", identifier: wished, participantIds: [] }), 201);
  assert.equal(made.identifier, `mshy_${wished}`);
  assert.equal(data(await lea.get(`/conversations/${made.identifier}`)).id, made.id);
  for (const name of [made.identifier, made.identifier.toUpperCase()])
    assert.equal(data(await check(name)).available, false, name);
});

test("a person who is named twice is one member, and nobody has to be named", async () => {
  const twice = { type: "group", title: "T", participantIds: [carlos.id, carlos.id] };
  assert.equal(data(await create(twice), 201).memberCount, 2);
  assert.equal(data(await create({ type: "group", title: "T" }), 201).memberCount, 1);
});

test("two people have one direct conversation, whoever creates it again", async () => {
  const again = { type: "direct", participantIds: [lea.id] };
  assert.equal(data(await carlos.post("/conversations", again), 201).id, direct.id);
});

test("the room for everybody is not created again", async () => {
  refused(await create({ type: "global", title: "T", participantIds: [] }), 403);
});

test("a conversation with oneself is not possible", async () => {
  refused(await create({ type: "direct", participantIds: [lea.id] }), 422, "INVALID_OPERATION");
  refused(
    await create({ type: "group", title: "T", participantIds: [carlos.id, lea.id] }),
    422,
    "INVALID_OPERATION",
  );
});

for (const [what, body] of Object.entries({
  "no type": { title: "T" },
  "an unknown type": { type: "party" },
  "a title of 101 characters": { type: "group", title: "x".repeat(101) },
  "a description of 501 characters": { type: "group", title: "T", description: "x".repeat(501) },
  "an identifier with a space": { type: "group", title: "T", identifier: "a b" },
  "an identifier of 51 characters": { type: "group", title: "T", identifier: "x".repeat(51) },
}))
  test(`a new conversation with ${what} is refused`, async () => {
    refused(await create({ participantIds: [], ...body }), 400, "VALIDATION_ERROR");
  });

test("somebody who does not exist cannot be a participant", async () => {
  const answer = await create({ type: "group", title: "T", participantIds: [NOWHERE] });
  refused(answer, 404, "USER_NOT_FOUND");
});

test("the list has everything that it shows", async () => {
  const answer = await lea.get("/conversations?limit=15&offset=0&includeCount=true");
  for (const conversation of page(answer)) is(conversation, "Conversation");
  const entry = page(answer).find(({ id }) => id === group.id);
  assert.ok(entry.members.length <= 5);
  assert.deepEqual([entry.memberCount, entry.unreadCount], [3, 1]);
  assert.deepEqual([entry.lastMessage.content, entry.lastMessage.senderId], ["Hola a todas", carlos.id]);
  shaped("GET /conversations, a group", entry);
  shaped("GET /conversations, a direct one without messages", await lea.entry(direct.id));
});

test("the list begins with the latest message", async () => {
  const [first, second] = [await lea.group([]), await lea.group([])];
  await lea.say(first.id, "un");
  await lea.say(second.id, "deux");
  await lea.say(first.id, "trois");
  const list = page(await lea.get("/conversations?limit=50"));
  assert.deepEqual(
    list.slice(0, 2).map(({ id }) => id),
    [first.id, second.id],
  );
  const times = list.map(({ lastMessageAt }) => lastMessageAt);
  assert.deepEqual(times, [...times].sort().reverse());
});

test("the list comes in pages without gaps", async () => {
  const all = page(await lea.get("/conversations?limit=50")).map(({ id }) => id);
  const paged = [];
  for (let offset = 0; offset < all.length; offset += 2) {
    const answer = await lea.get(`/conversations?limit=2&offset=${offset}`);
    paged.push(...page(answer).map(({ id }) => id));
    assert.equal(answer.body.pagination.total, all.length);
  }
  assert.deepEqual(paged, all);
});

test("limits are clamped, and nonsense is the default", async () => {
  const limit = async (query) => (await lea.get(`/conversations?${query}`)).body.pagination.limit;
  assert.deepEqual(
    [
      await limit(""),
      await limit("limit=900"),
      await limit("limit=0"),
      await limit("limit=many"),
      await limit("limit=-3"),
    ],
    [15, 50, 1, 15, 1],
  );
});

test("the client looks for a direct conversation before it creates one", async () => {
  const found = page(await lea.get(`/conversations?type=direct&withUserId=${carlos.id}`));
  assert.deepEqual(
    found.map(({ id }) => id),
    [direct.id],
  );
  assert.deepEqual(page(await lea.get(`/conversations?type=direct&withUserId=${hana.id}`)), []);
  const groups = page(await lea.get("/conversations?type=group&limit=50"));
  assert.ok(groups.length > 0 && groups.every(({ type }) => type === "group"));
});

test("a conversation is the data itself, with all members and statistics", async () => {
  const answer = await carlos.get(`/conversations/${group.id}`);
  const detail = is(shaped("GET /conversations/:id", data(answer)), "ConversationDetail");
  assert.deepEqual([detail.title, detail.description, detail.memberCount], ["Voyage", "À Lisbonne", 3]);
  assert.equal(detail.members.length, 3);
  assert.deepEqual(detail.meta.conversationStats.messagesPerLanguage, { es: 1 });
  assert.deepEqual(detail.meta.conversationStats.participantsPerLanguage, { fr: 1, es: 1, en: 1 });
  assert.equal(data(await carlos.get(`/conversations/${detail.identifier}`)).id, group.id);
});

test("a conversation of others is forbidden, an unknown one is not found", async () => {
  const { suggestion } = refused(
    await stranger.get(`/conversations/${group.id}`),
    403,
    "CONVERSATION_ACCESS_DENIED",
  );
  assert.ok(suggestion);
  refused(await lea.get(`/conversations/${NOWHERE}`), 404, "CONVERSATION_NOT_FOUND");
  refused(await lea.get("/conversations/no-such-identifier"), 404, "CONVERSATION_NOT_FOUND");
});

test("the settings dialog changes the title, the description and the pictures", async () => {
  const made = await lea.group([carlos]);
  const change = {
    title: "Fête",
    description: "Demain",
    avatar: "https://example.org/a.png",
    banner: "https://example.org/b.png",
  };
  const changed = data(await lea.patch(`/conversations/${made.id}`, change));
  shaped("PATCH /conversations/:id", changed);
  is(changed, "{id:id title:text description:text members:Member[]}");
  const { title, description, avatar, banner } = data(await carlos.get(`/conversations/${made.id}`));
  assert.deepEqual({ title, description, avatar, banner }, change);
});

test("the other way to change a conversation is for its moderators", async () => {
  const made = await lea.group([carlos]);
  assert.equal(
    is(data(await lea.put(`/conversations/${made.id}`, { title: "Autre" })), "{title:text members:Member[]}")
      .title,
    "Autre",
  );
  refused(await carlos.put(`/conversations/${made.id}`, { title: "Mía" }), 403);
  refused(await stranger.put(`/conversations/${made.id}`, { title: "Mine" }), 403);
});

test("the type is changed only by the creator", async () => {
  const made = await lea.group([carlos]);
  refused(await carlos.patch(`/conversations/${made.id}`, { type: "public" }), 403);
  assert.equal(data(await lea.patch(`/conversations/${made.id}`, { type: "public" })).type, "public");
});

test("impossible settings are refused", async () => {
  refused(await lea.patch(`/conversations/${group.id}`, { title: "x".repeat(101) }), 400, "VALIDATION_ERROR");
  refused(await lea.patch(`/conversations/${group.id}`, { type: "party" }), 400, "VALIDATION_ERROR");
  refused(await lea.patch(`/conversations/${NOWHERE}`, { title: "x" }), 404);
});

test("a closed conversation leaves the lists; a member cannot close it", async () => {
  const made = await lea.group([carlos]);
  refused(await carlos.delete(`/conversations/${made.id}`), 403);
  is(data(await lea.delete(`/conversations/${made.id}`)), "{message:text}");
  for (const person of [lea, carlos]) assert.equal(await person.entry(made.id), undefined);
  assert.ok([403, 404].includes((await carlos.get(`/conversations/${made.id}`)).status));
});

test("conversations are found by their title and by the names of their members", async () => {
  const title = unique("Sommet");
  const made = await lea.group([hana], { title });
  const found = data(await lea.get(`/conversations/search?q=${title.toLowerCase()}`));
  assert.deepEqual(
    found.map(({ id }) => id),
    [made.id],
  );
  is(found[0], "Conversation");
  shaped("GET /conversations/search", found);
  const byName = data(await lea.get(`/conversations/search?q=${hana.username}`));
  assert.ok(byName.some(({ id }) => id === made.id));
  assert.deepEqual(data(await stranger.get(`/conversations/search?q=${title}`)), []);
});

test("public conversations are found by everybody", async () => {
  const title = unique("Forum");
  const made = data(await create({ type: "public", title, participantIds: [] }), 201);
  const found = data(await stranger.get(`/conversations/search?q=${title}`));
  assert.deepEqual(
    found.map(({ id }) => id),
    [made.id],
  );
});

test("participants are flattened users with the role in the conversation", async () => {
  const answer = await carlos.get(`/conversations/${group.id}/participants?limit=10`);
  const list = shaped("GET /conversations/:id/participants", data(answer));
  for (const participant of list) is(participant, "Participant");
  assert.deepEqual(
    new Set(list.map(({ userId, role }) => `${userId} ${role}`)),
    new Set([`${lea.id} CREATOR`, `${carlos.id} MEMBER`, `${hana.id} MEMBER`]),
  );
});

test("participants are filtered by role, name and presence", async () => {
  const ids = async (query) =>
    data(await lea.get(`/conversations/${group.id}/participants?${query}`)).map(({ userId }) => userId);
  assert.deepEqual(await ids("role=CREATOR"), [lea.id]);
  assert.deepEqual(await ids(`search=${carlos.username}`), [carlos.id]);
  const socket = await hana.socket();
  assert.ok((await ids("onlineOnly=true")).includes(hana.id));
  socket.close();
});

test("participants are for members", async () => {
  refused(await stranger.get(`/conversations/${group.id}/participants`), 403, "CONVERSATION_ACCESS_DENIED");
});
