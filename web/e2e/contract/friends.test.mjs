// Contacts: requests over both interfaces, blocks and reports.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { data, hidden, impossible, page, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUp, signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("friends");
const NOWHERE = "65a0c0ffee0123456789abcd";
let lea, carlos;
before(async () => ([lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "es" })));

/** Somebody new, and the request of Léa to them. */
async function asked() {
  const other = await signUp("Emma", "en");
  const { friendRequest } = data(await lea.post("/users/friend-requests", { receiverId: other.id }));
  return { other, id: friendRequest.id };
}

test("the contacts page asks, lists and accepts", async () => {
  const emma = await signUp("Emma", "en");
  const sent = data(await lea.post("/users/friend-requests", { receiverId: emma.id }));
  is(shaped("POST /users/friend-requests", sent), "{friendRequest:FriendRequest message:text}");
  const { id, status } = sent.friendRequest;
  assert.equal(status, "pending");
  for (const person of [lea, emma]) {
    const list = page(await person.get("/users/friend-requests?offset=0&limit=100"));
    const mine = is(
      list.find((one) => one.id === id),
      "FriendRequest",
    );
    assert.deepEqual([mine.sender.id, mine.receiver.id], [lea.id, emma.id]);
  }
  const accepted = data(await emma.patch(`/users/friend-requests/${id}`, { action: "accept" }));
  is(shaped("PATCH /users/friend-requests/:id", accepted), "{request:FriendRequest message:text}");
  assert.equal(accepted.request.status, "accepted");
  assert.ok(accepted.request.respondedAt);
});

test("accepting opens a direct conversation", async () => {
  const { other, id } = await asked();
  data(await other.patch(`/users/friend-requests/${id}`, { action: "accept" }));
  const [direct] = page(await lea.get(`/conversations?type=direct&withUserId=${other.id}`));
  assert.match(direct.identifier, new RegExp(`^direct_(${lea.id}_${other.id}|${other.id}_${lea.id})_\\d+$`));
  await other.say(direct.id, "Hello");
});

test("a request is declined", async () => {
  const { other, id } = await asked();
  const { request } = data(await other.patch(`/users/friend-requests/${id}`, { action: "reject" }));
  assert.equal(request.status, "rejected");
  assert.deepEqual(page(await lea.get(`/conversations?type=direct&withUserId=${other.id}`)), []);
});

test("a request is withdrawn by its sender", async () => {
  const { other, id } = await asked();
  data(await lea.patch(`/users/friend-requests/${id}`, { action: "cancel" }));
  assert.ok(
    !page(await other.get("/users/friend-requests")).some((one) => one.id === id && one.status === "pending"),
  );
});

test("nobody answers for somebody else", async () => {
  const { id } = await asked();
  hidden(await carlos.patch(`/users/friend-requests/${id}`, { action: "accept" }));
  hidden(await lea.patch(`/users/friend-requests/${id}`, { action: "accept" }));
  refused(await lea.patch(`/users/friend-requests/${NOWHERE}`, { action: "cancel" }), 404);
});

test("oneself, nobody, and the same person twice cannot be asked", async () => {
  refused(await lea.post("/users/friend-requests", { receiverId: lea.id }), 400);
  refused(await lea.post("/users/friend-requests", { receiverId: NOWHERE }), 404, "USER_NOT_FOUND");
  const { other } = await asked();
  refused(await lea.post("/users/friend-requests", { receiverId: other.id }), 400);
});

test("an unknown answer is refused", async () => {
  const { other, id } = await asked();
  refused(await other.patch(`/users/friend-requests/${id}`, { action: "maybe" }), 400, "VALIDATION_ERROR");
});

test("the interface of the notifications asks with a message", async () => {
  const emma = await signUp("Emma", "en");
  const sent = data(await lea.post("/friend-requests", { receiverId: emma.id, message: "C’est moi" }), 201);
  assert.equal(is(shaped("POST /friend-requests", sent), "FriendRequest").message, "C’est moi");
  const [received] = page(await emma.get("/friend-requests/received"));
  assert.equal(is(received, "FriendRequest").id, sent.id);
  assert.ok(page(await lea.get("/friend-requests/sent?limit=100")).some(({ id }) => id === sent.id));
  const accepted = data(await emma.patch(`/friend-requests/${sent.id}`, { status: "accepted" }));
  assert.equal(is(accepted, '{status:"accepted" conversation:{id:id type:"direct"}}').id, sent.id);
  assert.deepEqual(page(await emma.get("/friend-requests/received")), []);
});

test("a message of 201 characters is too long", async () => {
  const emma = await signUp("Emma", "en");
  refused(
    await lea.post("/friend-requests", { receiverId: emma.id, message: "x".repeat(201) }),
    400,
    "VALIDATION_ERROR",
  );
});

test("either side removes a request", async () => {
  for (const side of [0, 1]) {
    const { other, id } = await asked();
    is(data(await [lea, other][side].delete(`/friend-requests/${id}`)), "{message:text}");
    refused(await lea.delete(`/friend-requests/${id}`), 404);
  }
});

test("both sides are told of each change", async () => {
  const emma = await signUp("Emma", "en");
  const [mine, theirs] = [await lea.socket(), await emma.socket()];
  const { friendRequest } = data(await lea.post("/users/friend-requests", { receiverId: emma.id }));
  const about = (status) => (event) => event.requestId === friendRequest.id && event.status === status;
  await theirs.next("friend-request:updated", about("pending"));
  data(await emma.patch(`/users/friend-requests/${friendRequest.id}`, { action: "accept" }));
  await Promise.all([mine, theirs].map((socket) => socket.next("friend-request:updated", about("accepted"))));
  [mine, theirs].forEach((socket) => socket.close());
});

test("the list comes in pages", async () => {
  const emma = await signUp("Emma", "en");
  for (const person of [lea, carlos])
    data(await person.post("/users/friend-requests", { receiverId: emma.id }));
  const [first, second] = [
    await emma.get("/users/friend-requests?limit=1"),
    await emma.get("/users/friend-requests?limit=1&offset=1"),
  ];
  assert.deepEqual([first.body.pagination.hasMore, second.body.pagination.hasMore], [true, false]);
  assert.notEqual(page(first)[0].id, page(second)[0].id);
});

// Blocks.

test("who is blocked is listed, and cannot be asked, written to or found", async () => {
  const emma = await signUp("Emma", "en");
  const direct = await lea.direct(emma);
  data(await lea.post(`/users/${emma.id}/block`, {}));
  const blocked = data(await lea.get("/users/me/blocked"));
  assert.ok(JSON.stringify(shaped("GET /users/me/blocked", blocked)).includes(emma.id));
  for (const [one, other] of [
    [lea, emma],
    [emma, lea],
  ]) {
    impossibleOrHidden(await one.post("/users/friend-requests", { receiverId: other.id }));
    impossibleOrHidden(
      await one.post(`/conversations/${direct.id}/messages`, { content: "x", originalLanguage: "en" }),
    );
    assert.deepEqual(data(await one.get(`/users/search?q=${other.username}`)), []);
  }
  data(await lea.delete(`/users/${emma.id}/block`));
  data(await lea.post("/users/friend-requests", { receiverId: emma.id }));
});

const impossibleOrHidden = (answer) =>
  [403, 404].includes(answer.status) ? hidden(answer) : impossible(answer);

test("nobody blocks themselves or somebody unknown", async () => {
  impossible(await lea.post(`/users/${lea.id}/block`, {}));
  refused(await lea.post(`/users/${NOWHERE}/block`, {}), 404, "USER_NOT_FOUND");
});

// Reports.

test("a person and a message are reported, once", async () => {
  const emma = await signUp("Emma", "en");
  const group = await lea.group([emma]);
  const { id } = await emma.say(group.id, "Something bad");
  const report = (fields) => lea.post("/admin/reports", fields);
  const body = {
    reportedType: "message",
    reportedEntityId: id,
    reportType: "spam",
    reason: "Das ist Werbung für etwas.",
  };
  is(
    shaped("POST /admin/reports", data(await report(body), 201)),
    '{id:id status:"pending" reportType:"spam"}',
  );
  const again = await report(body);
  assert.ok(again.status < 500, again.where);
  const user = await lea.post(`/users/${emma.id}/report`, {
    reportType: "harassment",
    reason: "Sie ist unfreundlich.",
  });
  assert.ok([200, 201].includes(user.status), user.where);
});

test("what one cannot see is not reported, nor with an unknown type", async () => {
  const group = await carlos.group([]);
  const { id } = await carlos.say(group.id, "Privado");
  const body = {
    reportedType: "message",
    reportedEntityId: id,
    reportType: "spam",
    reason: "Kann ich nicht sehen.",
  };
  hidden(await lea.post("/admin/reports", body));
  refused(await lea.post("/admin/reports", { ...body, reportType: "boring" }), 400, "VALIDATION_ERROR");
  refused(await lea.post("/admin/reports", { ...body, reportedType: "planet" }), 400, "VALIDATION_ERROR");
});
