// The first page after signing in, and the calls that the old client makes while it starts.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, data, page, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUp, signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("dashboard");
let lea, carlos, group, community;
before(async () => {
  [lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "fr" });
  group = await lea.group([carlos], { title: "Voyage" });
  community = data(await lea.post("/communities", { name: "Jardins", description: "Des plantes" }), 201);
  await carlos.say(group.id, "Salut");
});

const TYPE = `{
  stats:{totalConversations:count totalCommunities:count totalMessages:count activeConversations:count
    translationsToday:count totalLinks:count lastUpdated:date}
  recentConversations:{id:id title:text type:ConversationType isActive:bool
    lastMessage:{content:text createdAt:date sender:{username:text displayName:string|null}|null}|null members:UserMin[]}[]
  recentCommunities:{id:id name:text description:string|null isPrivate:bool members:UserMin[] memberCount:count}[]
}`;

test("somebody new has an empty dashboard, which is no error", async () => {
  const emma = await signUp("Emma", "en");
  const { stats, recentCommunities } = is(data(await emma.get("/users/me/dashboard-stats")), TYPE);
  assert.deepEqual(
    [stats.totalConversations, stats.totalCommunities, stats.totalLinks, recentCommunities],
    [1, 0, 0, []],
  );
});

test("the numbers and the latest conversations and communities", async () => {
  const dashboard = is(data(await lea.get("/users/me/dashboard-stats")), TYPE);
  const { stats, recentConversations, recentCommunities } = dashboard;
  assert.deepEqual([stats.totalConversations, stats.totalCommunities], [2, 1]);
  assert.ok(stats.totalMessages >= 1 && stats.activeConversations >= 1);
  const recent = recentConversations.find(({ id }) => id === group.id);
  assert.deepEqual(
    [recent.title, recent.lastMessage.content, recent.lastMessage.sender.username],
    ["Voyage", "Salut", carlos.username],
  );
  assert.deepEqual(
    recentCommunities.map(({ id, memberCount }) => [id, memberCount]),
    [[community.id, 1]],
  );
  shaped("GET /users/me/dashboard-stats", { ...dashboard, recentConversations: [recent] });
});

test("no more than five of each", async () => {
  for (let n = 0; n < 5; n++) {
    await lea.group([]);
    data(await lea.post("/communities", { name: `Communauté ${n}` }), 201);
  }
  const { stats, recentConversations, recentCommunities } = data(await lea.get("/users/me/dashboard-stats"));
  assert.deepEqual([stats.totalConversations, stats.totalCommunities], [7, 6]);
  assert.deepEqual([recentConversations.length, recentCommunities.length], [5, 5]);
});

test("the dashboard is for users", async () => {
  refused(await call("GET", "/users/me/dashboard-stats"), 401, "AUTH_REQUIRED");
});

test("all calls of a start, at once", async () => {
  const socket = await lea.socket();
  const paths = [
    "/auth/me",
    "/me/preferences/notification",
    "/me/preferences/privacy",
    "/me/preferences/application",
    "/me/preferences/message",
    "/users/me/dashboard-stats",
    "/conversations?limit=20&offset=0",
    "/user-preferences/conversations",
    "/me/preferences/categories",
    "/communities",
    `/conversations/${group.id}`,
    `/conversations/${group.id}/messages?offset=0&limit=20`,
    `/conversations/${group.id}/participants`,
    `/mentions/suggestions?conversationId=${group.id}`,
    "/users/friend-requests?offset=0&limit=100",
  ];
  for (const answer of await Promise.all(paths.map((path) => lea.get(path)))) assert.ok(data(answer));
  assert.equal(await socket.join(group.id), group.id);
  data(await lea.post(`/conversations/${group.id}/mark-read`, {}));
  for (const { id } of page(await lea.get(`/conversations/${group.id}/messages`)))
    await socket.done("reaction:request_sync", id);
  socket.close();
});
