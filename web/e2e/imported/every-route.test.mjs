// Every route that reads something, over the imported data: none answers with nothing, with the same for everybody, or with a
// failure, where the old database has rows.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, url } from "../contract/http.mjs";
import { signIn } from "../contract/people.mjs";
import { documents, grouped } from "./documents.mjs";
import { PASSWORD, active, chosen } from "./readers.mjs";

/** Calls of a route, at most, until two have different answers. */
const MAX_CALLS = 2_000;

/** Routes whose answer is not JSON, or about the server and not about what it stores. */
const OF_THE_SERVER = [
  /^\/(health|healthz|info|ready|metrics)$/,
  /^\/libretranslate\//,
  /^\/api\/v1\/(languages|models|setup|me\/export|user-features\/configuration)$/,
  /^\/api\/v1\/auth\/(check-|magic-link|reset-password)/,
  /\/check-identifier\/|\/notifications\/push\/key$/,
  /\/attachments\/|\/avatars\/|^\/(u|i|uploads)\//,
];
/** Routes about what the old database has no rows of, and why. */
const WITHOUT_ROWS = [
  [/\/glossary|\/translate\/jobs\/|\/translations\/reports$/, "the old system had no such thing"],
  [/\/conversations\/\{id\}\/events$/, "events are logged from the import on"],
  [/\/active-call$/, "the old calls are over"],
  [/\/me\/devices$/, "no phone or browser was registered"],
  [/\/2fa\/status$/, "whoever has a second factor needs its code here"],
  [/\/translations\/stats$/, "the same for everybody on purpose"],
  [
    /\/pinned-messages$|\/deleted-conversations$|\/me\/blocked$/,
    "nobody has pinned, deleted or blocked anything",
  ],
  [/\/preferences(\/(application|audio|document|message|notification|privacy|video))?$/, "only defaults"],
  [/\/user-preferences(\/(\{key\}|messages|communities))?$/, "only defaults"],
];

/** Routes with one answer: there is one public community, and 25 unread notifications are kept of each reader. */
const ONE_ANSWER = ["/api/v1/communities/search", "/api/v1/notifications/unread/count"];

const routes = Object.entries((await (await fetch(`${url}/docs/openapi.json`)).json()).paths)
  .filter(([, item]) => item.get)
  .map(([path]) => path)
  .filter((path) => !OF_THE_SERVER.some((pattern) => pattern.test(path)))
  .filter((path) => !WITHOUT_ROWS.some(([pattern]) => pattern.test(path)));

const ids = (collection, field = "_id") => [...new Set(documents(collection).map((one) => one[field]))];
/** What takes the place of a parameter. Messages come with those first about which there is more to tell. */
const VALUES = {
  id: ids("ConversationMember", "conversationId"),
  conversationId: ids("ConversationMember", "conversationId"),
  messageId: [
    ...documents("Message")
      .filter(({ editedAt, pinnedAt }) => editedAt || pinnedAt)
      .map(({ _id }) => _id),
    ...["Mention", "Reaction", "MessageStatus", "MessageTranslation"].flatMap((collection) =>
      ids(collection, "messageId").slice(0, collection === "Mention" ? 110 : 15),
    ),
  ],
  userId: ids("User"),
  communityId: ids("Community"),
  callId: ids("call_sessions"),
  categoryId: ids("user_conversation_categories"),
  linkId: ids("ConversationShareLink", "linkId"),
  language: ["en", "fr", "es", "de"],
};
const IDENTIFIERS = {
  "/api/v1/communities/identifier/{identifier}": ids("Community", "identifier"),
  "/api/v1/conversation/{identifier}": documents("Conversation")
    .filter(({ type }) => ["public", "global"].includes(type))
    .map(({ identifier }) => identifier),
};
const QUERIES = {
  "/api/v1/communities/search": documents("Community")
    .filter(({ isPrivate }) => !isPrivate)
    .map(({ name }) => `q=${encodeURIComponent(name.trim())}`),
  "/api/v1/conversations/search": ["q=al", "q=bo", "q=me"],
  "/api/v1/conversations/{id}/read-statuses": VALUES.messageId.slice(0, 40).map((id) => `messageIds=${id}`),
  "/api/v1/mentions/suggestions": VALUES.id.slice(0, 40).map((id) => `conversationId=${id}`),
  "/api/v1/messages/search": ["q=the", "q=que", "q=est"],
  "/api/v1/users/search": ["q=ali", "q=bob"],
};

/** The addresses of a route, each parameter with each of its values. */
function addresses(path) {
  let all = [path];
  for (const [place, name] of path.matchAll(/\{(\w+)\}/g)) {
    const values = name === "identifier" ? IDENTIFIERS[path] : VALUES[name];
    assert.ok(values?.length, `no value for ${place} of ${path}`);
    all = all.flatMap((address) => values.map((value) => address.replace(place, encodeURIComponent(value))));
  }
  return QUERIES[path] ? all.flatMap((one) => QUERIES[path].map((query) => `${one}?${query}`)) : all;
}

/** Whether there is nothing in a value, at any depth. */
function isNothing(value) {
  if (Array.isArray(value)) return value.every(isNothing);
  if (value && typeof value === "object") return Object.values(value).every(isNothing);
  return !value;
}

/** Those who see most, and for each of these collections two who have rows there. */
function mostConcerned() {
  const concerned = new Set(chosen());
  const byId = new Map(active.map((user) => [user._id, user]));
  const add = (rows, field) => {
    const found = [...new Set(rows.map((row) => byId.get(row[field])).filter(Boolean))];
    for (const user of found.slice(0, 2)) concerned.add(user);
  };
  const pending = documents("FriendRequest").filter(({ status }) => status === "pending");
  const ofCommunities = documents("Conversation").filter(({ communityId }) => communityId);
  const inCommunity = new Set(documents("CommunityMember").map((one) => `${one.communityId} ${one.userId}`));
  const members = grouped(documents("ConversationMember"), "conversationId");
  add(pending, "senderId");
  add(pending, "receiverId");
  add(documents("user_conversation_preferences"), "userId");
  add(documents("ConversationShareLink"), "createdBy");
  for (const { _id, communityId } of ofCommunities)
    add(
      (members.get(_id) ?? [])
        .filter(({ userId }) => inCommunity.has(`${communityId} ${userId}`))
        .slice(0, 1),
      "userId",
    );
  return [...concerned];
}

const readers = [];
before(async () => {
  for (const { username } of mostConcerned()) readers.push(await signIn(username, { password: PASSWORD }));
});

for (const path of routes) {
  test(`GET ${path}`, async () => {
    const answers = new Set();
    let calls = 0;
    for (const address of addresses(path)) {
      for (const { token } of readers) {
        if (answers.size > 1 || calls === MAX_CALLS) break;
        calls += 1;
        const answer = await call("GET", address, { token });
        assert.ok(answer.status < 500, answer.where);
        const given = answer.body.data ?? answer.body;
        if (answer.status === 200 && !isNothing(given)) answers.add(JSON.stringify(given));
      }
    }
    assert.notEqual(answers.size, 0, `${path} says nothing in ${calls} calls`);
    if (ONE_ANSWER.includes(path)) return;
    assert.notEqual(answers.size, 1, `${path} says the same in ${calls} calls: ${[...answers][0]}`);
  });
}
