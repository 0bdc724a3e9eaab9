// Links by which registered users join a conversation, and the files of a conversation.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { data, impossible, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("links");
const SHARE_LINK =
  "{id:id linkId:text identifier:text conversationId:id createdBy:id name:text|null description:text|null " +
  "maxUses:count|null currentUses:count maxConcurrentUsers:count|null currentConcurrentUsers:count " +
  "maxUniqueSessions:count|null currentUniqueSessions:count expiresAt:date|null isActive:bool " +
  "allowAnonymousMessages:bool allowAnonymousFiles:bool allowAnonymousImages:bool allowViewHistory:bool " +
  "requireAccount:bool requireNickname:bool requireEmail:bool requireBirthday:bool allowedCountries:text[] " +
  "allowedLanguages:text[] allowedIpRanges:text[] createdAt:date updatedAt:date}";

let lea, carlos, hana, olga;
before(async () => {
  [lea, carlos, hana, olga] = await signUpAll({ Lea: "fr", Carlos: "fr", Hana: "fr", Olga: "fr" });
});

const create = (person, id, options = {}) => person.post(`/conversations/${id}/new-link`, options);
const join = (person, code) => person.post(`/conversations/join/${code}`);

test("a member creates a link, and somebody joins by it", async () => {
  const { id } = await lea.group([carlos]);
  const made = data(await create(carlos, id));
  is(shaped("POST /conversations/:id/new-link", made), `{link:text code:text shareLink:${SHARE_LINK}}`);
  assert.match(made.code, /^mshy_/);
  assert.ok(made.link.endsWith(`/join/${made.code}`), made.link);
  assert.equal(made.shareLink.linkId, made.code);
  const [his, hers] = [await carlos.socket(), await hana.socket()];
  const joined = data(await join(hana, made.code));
  is(shaped("POST /conversations/join/:linkId", joined), "{message:text conversationId:id}");
  assert.equal(joined.conversationId, id);
  await his.next("message:new", ({ messageSource }) => messageSource === "system");
  const said = await lea.say(id, "Bienvenue");
  await hers.next("message:new", (message) => message.id === said.id);
  assert.equal((await hana.entry(id)).memberCount, 3);
  // The old client asks again when the page is loaded again.
  assert.equal(data(await join(hana, made.code)).conversationId, id);
  assert.equal((await hana.entry(id)).memberCount, 3);
  [his, hers].forEach((socket) => socket.close());
});

test("a link has options, which are listed", async () => {
  const { id } = await lea.group([carlos]);
  const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
  const options = {
    name: "Portes ouvertes",
    description: "Pour les voisins",
    maxUses: 5,
    maxConcurrentUsers: 2,
    maxUniqueSessions: 3,
    expiresAt,
    allowAnonymousMessages: false,
    allowAnonymousFiles: true,
    allowAnonymousImages: false,
    allowViewHistory: false,
    requireAccount: true,
    requireNickname: false,
    requireEmail: true,
    requireBirthday: true,
    allowedCountries: ["FR"],
    allowedLanguages: ["fr"],
    allowedIpRanges: ["192.0.2.0/24"],
  };
  const { shareLink } = data(await create(lea, id, options));
  for (const [name, value] of Object.entries(options)) assert.deepEqual(shareLink[name], value, name);
  const his = data(await create(carlos, id));
  const answer = await lea.get(`/conversations/${id}/links`);
  const links = data(answer);
  shaped("GET /conversations/:id/links", answer.body);
  assert.equal(answer.body.isModerator, true);
  assert.deepEqual(links.map(({ linkId }) => linkId).sort(), [shareLink.linkId, his.code].sort());
  for (const link of links) {
    is(link, SHARE_LINK);
    is(
      link,
      "{creator:{id:id username:text firstName:text lastName:text displayName:text avatar:string|null} " +
        "conversation:{id:id title:text type:text description:string|null} _count:{anonymousParticipants:count}}",
    );
  }
  const own = await carlos.get(`/conversations/${id}/links`);
  assert.deepEqual([data(own).map(({ linkId }) => linkId), own.body.isModerator], [[his.code], false]);
});

test("what no link can have is refused", async () => {
  const { id } = await lea.group([]);
  for (const options of [
    { maxUses: 0 },
    { maxUses: "many" },
    { expiresAt: "2020-01-01T00:00:00.000Z" },
    { expiresAt: "tomorrow" },
    { name: "x".repeat(101) },
    { allowedCountries: ["France"] },
    { allowedIpRanges: ["everywhere"] },
  ])
    refused(await create(lea, id, options), 400, "VALIDATION_ERROR");
  refused(await create(olga, id), 403);
  refused(await olga.get(`/conversations/${id}/links`), 403);
  const pair = await lea.direct(carlos);
  refused(await create(lea, pair.id), 403);
  refused(await create(lea, "meeshy"), 403);
});

test("a link that is used up, unknown, or of somebody who was banned does not work", async () => {
  const { id } = await lea.group([]);
  const once = data(await create(lea, id, { maxUses: 1 })).code;
  data(await join(carlos, once));
  refused(await join(hana, once), 410, "LINK_CLOSED");
  data(await carlos.post(`/conversations/${id}/leave`));
  data(await join(carlos, once));
  refused(await join(hana, "mshy_unknown"), 404);
  data(await lea.delete(`/conversations/${id}/participants/${carlos.id}?ban=true`));
  const open = data(await create(lea, id)).code;
  refused(await join(carlos, open), 403);
  for (let links = 1; links < 20; links += 1) data(await create(lea, id));
  impossible(await create(lea, id));
});

test("the files of a conversation are for its members", async () => {
  const { id } = await lea.group([carlos]);
  const found = data(await carlos.get(`/conversations/${id}/attachments?type=image&limit=20&offset=0`));
  is(shaped("GET /conversations/:id/attachments", found), "{attachments:Attachment[] hasMore:false}");
  refused(await carlos.get(`/conversations/${id}/attachments?type=dance`), 400);
  refused(await olga.get(`/conversations/${id}/attachments`), 403);
});
