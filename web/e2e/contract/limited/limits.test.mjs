// A server with its rate limits on, seen from one address: what each limit says, and how the old clients read it. The
// scenarios use up the limits, so they come in this order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { call, data, url } from "../http.mjs";
import { is } from "../objects.mjs";
import { form, signUp, unique } from "../people.mjs";
import { shapesOf } from "../shapes.mjs";

const shaped = shapesOf("limits");
const post = (path, body, token) => call("POST", path, { body, token });
let lea;

/** A 429 with the seconds until the next attempt, in the body and in the headers. */
function isTooMany(answer, limit) {
  assert.equal(answer.status, 429, answer.where);
  is(answer.body, '{success:false error:"RATE_LIMIT_EXCEEDED" message:text retryAfter:count limit:count}');
  assert.equal(answer.body.limit, limit, answer.where);
  assert.ok(answer.body.retryAfter > 0);
  assert.equal(answer.headers.get("retry-after"), String(answer.body.retryAfter));
  assert.equal(answer.headers.get("x-ratelimit-limit"), String(limit));
  assert.equal(answer.headers.get("x-ratelimit-remaining"), "0");
  assert.ok(Number(answer.headers.get("x-ratelimit-reset")) > 0);
}

test("three accounts an hour", async () => {
  lea = await signUp("Lea", "fr");
  for (const name of ["Carlos", "Hana"]) await signUp(name, "fr");
  const answer = await post("/auth/register", form("Olga"));
  isTooMany(answer, 3);
  shaped("429 of POST /auth/register", answer.body);
});

test("five attempts to sign in, and those with another name are not affected", async () => {
  const wrong = { username: lea.username, password: "wrong horse" };
  for (let n = 0; n < 5; n++) assert.equal((await post("/auth/login", wrong)).status, 401);
  isTooMany(await post("/auth/login", wrong), 5);
  const other = await post("/auth/login", { username: unique("zoe"), password: "wrong horse" });
  assert.equal(other.status, 401, other.where);
});

test("a fourth magic link in an hour is refused with a 200, as the old client reads it", async () => {
  const ask = () => post("/auth/magic-link/request", { email: "somebody@example.org" });
  for (let n = 0; n < 3; n++) is((await ask()).body, "{success:true message:text}");
  const { status, body } = await ask();
  assert.equal(status, 200);
  is(
    shaped("POST /auth/magic-link/request, the fourth", body),
    '{success:false message:text error:"RATE_LIMITED"}',
  );
});

test("a fourth forgotten password in half an hour", async () => {
  const ask = () => post("/auth/forgot-password", { email: "somebody@example.org" });
  for (let n = 0; n < 3; n++) data(await ask());
  assert.equal((await ask()).status, 429);
});

test("a signed-in person is counted by the account: 300 calls a minute, with the rest in the headers", async () => {
  const first = await lea.get("/auth/me");
  assert.equal(first.headers.get("x-ratelimit-limit"), "300");
  const left = Number(first.headers.get("x-ratelimit-remaining"));
  assert.ok(left > 250 && left < 300, `${left}`);
  let last = first;
  // Some calls become possible again meanwhile.
  for (let n = 0; n < 2 * left && last.status === 200; n++) last = await lea.get("/auth/me");
  isTooMany(last, 300);
  shaped("429 of any route", last.body);
});

test("others at the same address, and the health of the server, are not affected", async () => {
  assert.equal((await call("GET", "/languages")).status, 200);
  for (let n = 0; n < 3; n++) assert.equal((await fetch(`${url}/health`)).status, 200);
});
