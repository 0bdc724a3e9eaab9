// The old database through the interface of the old clients, compared with its documents. Only few accounts are signed in to,
// as old passwords are slow: those that together see most messages.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, data, page } from "../contract/http.mjs";
import { is } from "../contract/objects.mjs";
import { signIn } from "../contract/people.mjs";
import { documents, grouped } from "./documents.mjs";
import { PASSWORD, chosen } from "./readers.mjs";

/** The roles in a conversation; the old system had others in some rows. */
const ROLES = new Set(["CREATOR", "ADMIN", "MODERATOR", "MEMBER"]);

const users = documents("User");
const conversations = new Map(documents("Conversation").map((one) => [one._id, one]));
const members = documents("ConversationMember").filter(({ isActive }) => isActive);
const messages = documents("Message");
const inConversation = grouped(messages, "conversationId");
const translations = grouped(documents("MessageTranslation"), "messageId");
const reactions = grouped(documents("Reaction"), "messageId");
const attachments = grouped(documents("MessageAttachment"), "messageId");

const readers = [];
/** The lists of each reader, and each conversation once with all its messages. */
const lists = new Map();
const read = new Map();
before(async () => {
  for (const { username } of chosen()) readers.push(await signIn(username, { password: PASSWORD }));
  for (const reader of readers) {
    const list = [];
    for (let offset = 0, hasMore = true; hasMore; offset += 50) {
      const answer = await reader.get(`/conversations?limit=50&offset=${offset}`);
      list.push(...page(answer));
      hasMore = answer.body.pagination.hasMore;
    }
    lists.set(reader, list);
    for (const { id } of list) if (!read.has(id)) read.set(id, { reader, shown: await history(reader, id) });
  }
});

async function history(reader, id) {
  const all = [];
  for (let offset = 0, hasMore = true; hasMore; offset += 50) {
    const answer = await reader.get(`/conversations/${id}/messages?limit=50&offset=${offset}`);
    all.push(...page(answer));
    hasMore = answer.body.pagination.hasMore;
  }
  return all;
}

const document = new Map(messages.map((one) => [one._id, one]));
const shown = () => [...read.values()].flatMap((one) => one.shown);

test("every account has a public profile with its names and languages", async () => {
  for (const user of users) {
    const answer = await call("GET", `/users/${user._id}`);
    if (user.deletedAt) continue;
    const profile = is(data(answer), "PublicUser");
    for (const field of ["username", "systemLanguage", "bio"])
      if (user[field])
        assert.equal(profile[field], user[field].trim?.() ?? user[field], `${field} of ${user._id}`);
    assert.equal(profile.createdAt, user.createdAt);
    assert.equal(profile.isActive, user.isActive);
  }
});

test("readers keep their names, languages and roles", async () => {
  for (const reader of readers) {
    const { user } = data(await reader.get("/auth/me"));
    const old = users.find(({ _id }) => _id === user.id);
    for (const field of [
      "username",
      "firstName",
      "lastName",
      "displayName",
      "systemLanguage",
      "role",
      "phoneNumber",
    ])
      if (old[field]) assert.equal(user[field], old[field], `${field} of ${old.username}`);
    assert.equal(user.email, old.email.toLowerCase());
  }
});

test("the list has exactly the active conversations of its reader", () => {
  for (const reader of readers) {
    const expected = members.filter(
      ({ userId, conversationId }) =>
        userId === reader.id && conversations.get(conversationId)?.isActive !== false,
    );
    assert.deepEqual(
      lists
        .get(reader)
        .map(({ id }) => id)
        .sort(),
      [...new Set(expected.map(({ conversationId }) => conversationId))].sort(),
      reader.username,
    );
  }
});

test("conversations keep their identifiers, kinds and times", () => {
  for (const list of lists.values())
    for (const one of list) {
      const old = conversations.get(is(one, "Conversation").id);
      assert.deepEqual([one.type, one.createdAt], [old.type, old.createdAt]);
      if (old.identifier) assert.equal(one.identifier, old.identifier);
      if (old.title) assert.equal(one.title, old.title);
      assert.equal(one.communityId, old.communityId ?? null);
    }
});

test("members keep their roles", async () => {
  for (const [id, { reader }] of [...read].slice(0, 40)) {
    const detail = is(data(await reader.get(`/conversations/${id}`)), "ConversationDetail");
    const old = new Map(
      members
        .filter(({ conversationId }) => conversationId === id)
        .map(({ userId, role }) => [userId, role.toUpperCase()]),
    );
    for (const { userId, role } of detail.members)
      assert.equal(role, ROLES.has(old.get(userId)) ? old.get(userId) : "MEMBER", `${userId} in ${id}`);
  }
});

test("many messages are read here", () => {
  assert.ok(shown().length > messages.length * 0.4, `${shown().length} of ${messages.length}`);
});

test("each conversation has exactly its messages, newest first", () => {
  for (const [id, { reader, shown }] of read) {
    const expected = (inConversation.get(id) ?? [])
      .filter(({ isDeleted, deletedAt }) => !isDeleted && !deletedAt)
      .map(({ _id }) => _id);
    assert.deepEqual(shown.map((one) => one.id).sort(), expected.sort(), `${id} read by ${reader.username}`);
    const times = shown.map(({ createdAt }) => createdAt);
    assert.deepEqual(times, [...times].sort().reverse(), id);
  }
});

test("messages keep their texts, authors, languages and times", () => {
  for (const message of shown()) {
    const old = document.get(is(message, "Message").id);
    for (const field of ["content", "originalLanguage", "messageType", "isEdited", "senderId"])
      if (old[field] !== undefined) assert.equal(message[field], old[field], `${field} of ${old._id}`);
    if (!Number.isNaN(Date.parse(old.createdAt)))
      assert.equal(message.createdAt, new Date(old.createdAt).toISOString());
    if (document.has(old.replyToId)) assert.equal(message.replyToId, old.replyToId);
  }
});

test("messages keep their translations", () => {
  let compared = 0;
  for (const message of shown())
    for (const old of translations.get(message.id) ?? []) {
      if (!/^[a-z]{2,3}$/.test(old.targetLanguage)) continue;
      const of =
        (language) =>
        ({ targetLanguage }) =>
          targetLanguage === language;
      const same = translations.get(message.id).filter(of(old.targetLanguage));
      const now = message.translations.find(of(old.targetLanguage));
      assert.ok(now, `${old.targetLanguage} of ${message.id}`);
      assert.ok(
        same.some(
          ({ translatedContent, translatedText }) =>
            (translatedContent ?? translatedText) === now.translatedContent,
        ),
        `${old.targetLanguage} of ${message.id}: ${now.translatedContent}`,
      );
      compared++;
    }
  assert.ok(compared > 500, `${compared}`);
});

test("messages keep their reactions", () => {
  let compared = 0;
  for (const message of shown()) {
    const counts = {};
    for (const { emoji, userId } of reactions.get(message.id) ?? [])
      if (emoji && users.some(({ _id }) => _id === userId)) counts[emoji] = (counts[emoji] ?? 0) + 1;
    assert.deepEqual(message.reactionSummary ?? {}, counts, message.id);
    compared += Object.keys(counts).length;
  }
  assert.ok(compared > 300, `${compared}`);
});

test("messages keep their files", () => {
  let compared = 0;
  for (const message of shown()) {
    const old = (attachments.get(message.id) ?? []).filter(
      ({ scanStatus, moderationStatus }) => scanStatus !== "infected" && moderationStatus !== "rejected",
    );
    assert.deepEqual(
      message.attachments.map(({ id }) => id).sort(),
      old.map(({ _id }) => _id).sort(),
      message.id,
    );
    for (const one of message.attachments) {
      const { originalName, mimeType } = old.find(({ _id }) => _id === one.id);
      assert.deepEqual([one.originalName, one.mimeType], [originalName, mimeType]);
      compared++;
    }
  }
  assert.ok(compared > 50, `${compared}`);
});

test("the files themselves are served, at the signed paths and at the old ones", async () => {
  const [one] = shown().flatMap((message) => message.attachments);
  const old = documents("MessageAttachment").find(({ _id }) => _id === one.id);
  const base = process.env.MEESHY_URL;
  for (const path of [one.fileUrl, new URL(old.fileUrl, base).pathname]) {
    const response = await fetch(new URL(path, base));
    assert.equal(response.status, 200, path);
    assert.equal(
      Number(response.headers.get("content-length") ?? (await response.arrayBuffer()).byteLength) > 0,
      true,
    );
  }
});

test("those who were mentioned find the messages", async () => {
  const mentions = grouped(documents("Mention"), "mentionedUserId");
  for (const reader of readers) {
    const expected = (mentions.get(reader.id) ?? []).filter(
      ({ messageId }) => document.has(messageId) && !document.get(messageId).isDeleted,
    );
    const visible = new Set(shown().map(({ id }) => id));
    const mine = new Set(data(await reader.get("/mentions/me?limit=50")).map(({ messageId }) => messageId));
    for (const { messageId } of expected)
      if (visible.has(messageId)) assert.ok(mine.has(messageId), `${messageId} for ${reader.username}`);
  }
});

test("friend requests keep their state", async () => {
  const old = documents("FriendRequest");
  for (const reader of readers) {
    const shown = page(await reader.get("/users/friend-requests?limit=100"));
    for (const { id, status, senderId, receiverId } of is(shown, "FriendRequest[]")) {
      const before = old.find(({ _id }) => _id === id);
      assert.deepEqual([status, senderId, receiverId], [before.status, before.senderId, before.receiverId]);
    }
    const isActive = (id) => users.find(({ _id }) => _id === id)?.isActive;
    const expected = old.filter(
      ({ senderId, receiverId }) =>
        [senderId, receiverId].includes(reader.id) && isActive(senderId) && isActive(receiverId),
    );
    assert.deepEqual(
      shown.map(({ id }) => id).sort(),
      expected.map(({ _id }) => _id).sort(),
      reader.username,
    );
  }
});

test("communities keep their names, creators and members", async () => {
  const communities = documents("Community");
  const inside = grouped(documents("CommunityMember"), "communityId");
  let compared = 0;
  for (const reader of readers)
    for (const one of is(page(await reader.get("/communities?limit=100")), "Community[]")) {
      const old = communities.find(({ _id }) => _id === one.id);
      assert.deepEqual(
        [one.name, one.createdBy, one.isPrivate, one.createdAt],
        [old.name, old.createdBy, old.isPrivate, old.createdAt],
      );
      const ids = page(await reader.get(`/communities/${one.id}/members?limit=100`)).map(
        ({ userId }) => userId,
      );
      for (const { userId } of inside.get(one.id) ?? [])
        assert.ok(ids.includes(userId), `${userId} in ${one.id}`);
      compared++;
    }
  assert.ok(compared > 0);
});

test("preferences for conversations, and their categories, are kept", async () => {
  const preferences = grouped(documents("user_conversation_preferences"), "userId");
  const categories = grouped(documents("user_conversation_categories"), "userId");
  for (const reader of readers) {
    const mine = new Map(
      page(await reader.get("/user-preferences/conversations?limit=100")).map((one) => [
        one.conversationId,
        one,
      ]),
    );
    for (const old of preferences.get(reader.id) ?? []) {
      const now = is(mine.get(old.conversationId), "ConversationPreferences");
      assert.deepEqual(
        [now.isPinned, now.isMuted, now.isArchived, now.tags],
        [old.isPinned, old.isMuted, old.isArchived, old.tags ?? []],
      );
    }
    const names = data(await reader.get("/me/preferences/categories?limit=100")).map(({ name }) => name);
    assert.deepEqual(names.sort(), (categories.get(reader.id) ?? []).map(({ name }) => name).sort());
  }
});

test("each role of the old system has its permissions", async () => {
  const roles = {
    admin: [
      "AccessAdmin",
      "ManageUsers",
      "ManageGroups",
      "ManageConversations",
      "ViewAnalytics",
      "ModerateContent",
      "ManageNotifications",
    ],
    modo: ["AccessAdmin", "ModerateContent", "ManageConversations"],
    audit: ["AccessAdmin", "ViewAuditLogs", "ViewAnalytics"],
    analyst: ["AccessAdmin", "ViewAnalytics"],
    chen: [],
  };
  for (const [username, expected] of Object.entries(roles)) {
    const person = await signIn(username, { password: PASSWORD });
    const allowed = Object.entries(person.permissions).filter(([, is]) => is);
    assert.deepEqual(
      allowed.map(([name]) => name).sort(),
      expected.map((name) => `can${name}`).sort(),
      username,
    );
  }
});

test("sound can be played from any place, and files can be shown on another page", async () => {
  const base = process.env.MEESHY_URL;
  const sound = shown()
    .flatMap((message) => message.attachments)
    .find(({ mimeType }) => mimeType.startsWith("audio/"));
  const response = await fetch(new URL(sound.fileUrl, base), { headers: { range: "bytes=1-4" } });
  assert.equal(response.status, 206);
  assert.match(response.headers.get("content-range"), /^bytes 1-4\/\d+$/);
  assert.equal((await response.arrayBuffer()).byteLength, 4);
  assert.equal(response.headers.get("cross-origin-resource-policy"), "cross-origin");
  assert.equal(response.headers.get("access-control-allow-origin"), "*");
});

test("a picture has a small one", async () => {
  const base = process.env.MEESHY_URL;
  const picture = shown()
    .flatMap((message) => message.attachments)
    .find(({ mimeType, thumbnailUrl }) => mimeType.startsWith("image/") && thumbnailUrl);
  for (const path of [picture.thumbnailUrl, picture.fileUrl]) {
    const response = await fetch(new URL(path, base));
    assert.equal(response.status, 200, path);
    assert.match(response.headers.get("content-type"), /^image\//);
    await response.arrayBuffer();
  }
});
