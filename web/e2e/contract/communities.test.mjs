// Communities, which the old web client calls groups.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { data, hidden, impossible, page, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll, unique } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("communities");
const NOWHERE = "65a0c0ffee0123456789abcd";
let lea, carlos, stranger;
before(async () => ([lea, carlos, stranger] = await signUpAll({ Lea: "fr", Carlos: "es", Olga: "en" })));

const make = async (fields = {}) => data(await lea.post("/communities", { name: "Jardins", ...fields }), 201);
const open = () => make({ isPrivate: false });

test("a community is private, and its creator is an administrator", async () => {
  const made = is(shaped("POST /communities", await make({ description: "Des plantes" })), "Community");
  assert.deepEqual(
    [made.name, made.description, made.isPrivate, made.createdBy, made.memberCount],
    ["Jardins", "Des plantes", true, lea.id, 1],
  );
  assert.match(made.identifier, /^mshy_jardins/);
  assert.deepEqual(
    made.members.map(({ userId, role }) => [userId, role]),
    [[lea.id, "admin"]],
  );
  assert.equal(made._count.members, made.memberCount);
});

test("an identifier is wished for, checked, and taken once", async () => {
  const wished = unique("verger");
  const check = async () => data(await lea.get(`/communities/check-identifier/mshy_${wished}`));
  assert.equal((await check()).available, true);
  const made = await make({ identifier: wished });
  assert.equal(made.identifier, `mshy_${wished}`);
  assert.deepEqual(await check(), { available: false, identifier: `mshy_${wished}` });
  refused(await lea.post("/communities", { name: "Autre", identifier: wished }), 409);
  for (const path of [
    `/communities/${made.identifier}`,
    `/communities/identifier/${made.identifier}`,
    `/communities/${made.id}`,
    `/groups/${made.id}`,
  ])
    assert.equal(is(data(await lea.get(path)), "Community").id, made.id);
});

test("a name has 1 to 100 characters", async () => {
  for (const name of ["", "x".repeat(101), undefined, 7])
    refused(await lea.post("/communities", { name }), 400, "VALIDATION_ERROR");
});

test("the own communities are listed, created or joined, and searched", async () => {
  const { id, name } = await make({ name: unique("Liste"), isPrivate: false });
  data(await carlos.post(`/communities/${id}/join`));
  for (const person of [lea, carlos])
    for (const path of ["/communities?limit=100", `/communities?search=${name}`, "/groups?limit=100"]) {
      const list = page(await person.get(path));
      is(list, "Community[]");
      assert.ok(
        list.some((one) => one.id === id),
        path,
      );
    }
  assert.ok(!page(await stranger.get("/communities?limit=100")).some((one) => one.id === id));
});

test("public communities are found by everybody, private ones by nobody else", async () => {
  const [seen, unseen] = [
    await make({ name: unique("Visible"), isPrivate: false }),
    await make({ name: unique("Secret") }),
  ];
  const found = async ({ name }) => page(await stranger.get(`/communities/search?q=${name}`));
  const list = shaped("GET /communities/search", await found(seen));
  is(
    list,
    "{id:id name:text identifier:text description:string|null avatar:string|null isPrivate:false memberCount:count conversationCount:count createdAt:date creator:UserMin members:any}[]",
  );
  assert.deepEqual(
    list.map(({ id }) => id),
    [seen.id],
  );
  assert.deepEqual(await found(unseen), []);
});

test("a private community is forbidden to others, and an unknown one not found", async () => {
  const { id } = await make();
  refused(await stranger.get(`/communities/${id}`), 403);
  refused(await stranger.get(`/communities/${NOWHERE}`), 404);
  refused(await stranger.post(`/communities/${id}/join`), 403);
});

test("a public community is joined and left", async () => {
  const { id } = await open();
  const member = is(
    shaped("POST /communities/:id/join", data(await carlos.post(`/communities/${id}/join`))),
    "CommunityMember",
  );
  assert.deepEqual([member.userId, member.role, member.isActive], [carlos.id, "member", true]);
  assert.equal(data(await carlos.get(`/communities/${id}`)).memberCount, 2);
  data(await carlos.post(`/communities/${id}/leave`));
  assert.equal(data(await lea.get(`/communities/${id}`)).memberCount, 1);
  const again = await carlos.post(`/communities/${id}/leave`);
  assert.ok(again.status >= 400 && again.status < 500, again.where);
});

test("the creator does not leave", async () => {
  const { id } = await open();
  const answer = await lea.post(`/communities/${id}/leave`);
  assert.ok([400, 403, 409, 422].includes(answer.status), answer.where);
  refused(answer, answer.status);
});

for (const method of ["put", "patch"])
  test(`the creator changes a community with ${method}, a member does not`, async () => {
    const { id } = await open();
    data(await carlos.post(`/communities/${id}/join`));
    const fields = {
      name: "Autre nom",
      description: "Autre",
      avatar: "https://example.org/a.png",
      isPrivate: true,
    };
    const changed = is(data(await lea[method](`/communities/${id}`, fields)), "Community");
    for (const [name, value] of Object.entries(fields)) assert.equal(changed[name], value);
    refused(await carlos[method](`/communities/${id}`, { name: "Mía" }), 403);
    refused(await lea[method](`/communities/${id}`, { name: "x".repeat(101) }), 400);
  });

test("an identifier that is taken is a conflict, also in a change", async () => {
  const [one, two] = [await make({ identifier: unique("un") }), await make()];
  refused(await lea.put(`/communities/${two.id}`, { identifier: one.identifier }), 409);
});

test("a deleted community is gone", async () => {
  const { id } = await open();
  refused(await stranger.delete(`/communities/${id}`), 403);
  is(data(await lea.delete(`/communities/${id}`)), "{message:text}");
  refused(await lea.get(`/communities/${id}`), 404);
});

test("an administrator adds members, and gives them roles under both paths", async () => {
  const { id } = await make();
  const added = is(
    shaped(
      "POST /communities/:id/members",
      data(await lea.post(`/communities/${id}/members`, { userId: carlos.id, role: "moderator" })),
    ),
    "CommunityMember",
  );
  assert.deepEqual([added.userId, added.role], [carlos.id, "moderator"]);
  const change = async (path, role) =>
    is(data(await lea.patch(`/communities/${id}/members/${added.id}${path}`, { role })), "CommunityMember")
      .role;
  assert.equal(await change("/role", "member"), "member");
  assert.equal(await change("", "admin"), "admin");
  refused(
    await lea.patch(`/communities/${id}/members/${added.id}/role`, { role: "king" }),
    400,
    "VALIDATION_ERROR",
  );
});

test("members are listed in pages, and removed by the id of the user", async () => {
  const { id } = await make();
  data(await lea.post(`/communities/${id}/members`, { userId: carlos.id }));
  const members = page(await carlos.get(`/communities/${id}/members`));
  is(shaped("GET /communities/:id/members", members), "CommunityMember[]");
  assert.equal(members.length, 2);
  is(data(await lea.delete(`/communities/${id}/members/${carlos.id}`)), "{message:text}");
  refused(await carlos.get(`/communities/${id}`), 403);
});

test("members do not add, remove or promote", async () => {
  const { id } = await open();
  const { id: membership } = data(await carlos.post(`/communities/${id}/join`));
  refused(await carlos.post(`/communities/${id}/members`, { userId: stranger.id }), 403);
  refused(await carlos.delete(`/communities/${id}/members/${lea.id}`), 403);
  refused(await carlos.patch(`/communities/${id}/members/${membership}/role`, { role: "admin" }), 403);
});

test("nobody is a member twice, nor somebody unknown", async () => {
  const { id } = await make();
  data(await lea.post(`/communities/${id}/members`, { userId: carlos.id }));
  const again = await lea.post(`/communities/${id}/members`, { userId: carlos.id });
  if (again.status >= 300) impossible(again);
  assert.equal(data(await lea.get(`/communities/${id}`)).memberCount, 2);
  refused(await lea.post(`/communities/${id}/members`, { userId: NOWHERE }), 404);
});

test("an invitation lets into a private community", async () => {
  const { id } = await make();
  const { link, expiresAt } = is(
    shaped("POST /communities/:id/invite-link", data(await lea.post(`/communities/${id}/invite-link`, {}))),
    "{link:text expiresAt:date}",
  );
  assert.ok(Date.parse(expiresAt) > Date.now());
  const joined = data(await carlos.post("/communities/join-by-invite", { link }));
  is(shaped("POST /communities/join-by-invite", joined), "{group:{id:id} member:CommunityMember}");
  assert.deepEqual([joined.group.id, joined.member.userId], [id, carlos.id]);
  assert.equal(data(await carlos.get(`/communities/${id}`)).id, id);
});

test("members without a role do not invite, and a wrong invitation lets nobody in", async () => {
  const { id } = await open();
  data(await carlos.post(`/communities/${id}/join`));
  refused(await carlos.post(`/communities/${id}/invite-link`, {}), 403);
  const answer = await carlos.post("/communities/join-by-invite", { link: "https://example.org/no" });
  assert.ok([400, 403, 404, 410].includes(answer.status), answer.where);
  refused(answer, answer.status);
});

test("a removed member with a ban does not come back by an invitation", async () => {
  const { id } = await make();
  const { link } = data(await lea.post(`/communities/${id}/invite-link`, {}));
  data(await carlos.post("/communities/join-by-invite", { link }));
  data(await lea.delete(`/communities/${id}/members/${carlos.id}?ban=true`));
  hidden(await carlos.post("/communities/join-by-invite", { link }));
});

test("a conversation in a community makes its participants members", async () => {
  const { id } = await make();
  const talk = await lea.group([carlos], { communityId: id, title: "Roses" });
  assert.equal(talk.communityId, id);
  const list = data(await carlos.get(`/communities/${id}/conversations`));
  is(
    shaped("GET /communities/:id/conversations", list),
    "{id:id identifier:text title:text type:ConversationType communityId:id members:any _count:{messages:count members:count}}[]",
  );
  assert.deepEqual(
    list.map((one) => one.id),
    [talk.id],
  );
  assert.ok(page(await lea.get(`/communities/${id}/members`)).some(({ userId }) => userId === carlos.id));
  assert.equal(data(await lea.get(`/communities/${id}`)).conversationCount, 1);
});

test("only a member creates a conversation in a community", async () => {
  const { id } = await open();
  const body = { type: "group", title: "T", participantIds: [], communityId: id };
  refused(await stranger.post("/conversations", body), 403);
  refused(await lea.post("/conversations", { ...body, communityId: NOWHERE }), 404);
});

test("the other name creates a community as well", async () => {
  const made = await lea.post("/groups", { name: "Alias" });
  assert.ok([200, 201].includes(made.status), made.where);
  is(data(made, made.status), "Community");
});
