// Signing in, remembered devices, fresh tokens, and signing out.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { before, test } from "node:test";
import { call, data, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { PASSWORD, signIn, signUp } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";
import { notificationSocket } from "./socket.mjs";

const shaped = shapesOf("sign-in");
const login = (body, headers) => call("POST", "/auth/login", { body, headers });
let lea;
before(async () => (lea = await signUp("Lea", "fr")));

test("signing in returns the whole user, both tokens and the session", async () => {
  const answer = shaped(
    "POST /auth/login",
    data(await login({ username: lea.username, password: PASSWORD, rememberDevice: false })),
  );
  is(answer, "Login");
  assert.equal(answer.expiresIn, 86_400);
  assert.match(answer.sessionToken, /^[0-9a-f]{64}$/);
  assert.equal(answer.user.permissions.canAccessAdmin, false);
  assert.equal(answer.session.isMobile, false);
  assert.equal(answer.session.osName, "Linux");
  assert.match(answer.session.browserName, /Chrom/);
});

test("the e-mail address is accepted as the name, in any case", async () => {
  for (const username of [lea.email, lea.email.toUpperCase(), lea.username.toUpperCase()])
    assert.equal(data(await login({ username, password: PASSWORD })).user.id, lea.id);
});

test("a remembered device is trusted for a year, but its token for a day", async () => {
  const answer = is(
    data(await login({ username: lea.username, password: PASSWORD, rememberDevice: true })),
    "Login",
  );
  assert.equal(answer.session.isTrusted, true);
  assert.ok([31_536_000, 86_400].includes(answer.expiresIn));
  const { exp, iat } = JSON.parse(Buffer.from(answer.token.split(".")[1], "base64url"));
  assert.equal(answer.expiresIn, exp - iat, "the token and `expiresIn` agree");
});

test("a wrong password and an unknown name get the same 401", async () => {
  const wrong = refused(await login({ username: lea.username, password: "wrong horse" }), 401);
  const unknown = refused(await login({ username: `${lea.username}x`, password: "wrong horse" }), 401);
  assert.equal(wrong.error, unknown.error);
});

test("an incomplete form is a 400", async () => {
  refused(await login({ username: lea.username }), 400);
  refused(await login({ password: PASSWORD }), 400);
});

test("each start of the client asks who it is", async () => {
  const answer = await lea.get("/auth/me");
  const { user } = is(shaped("GET /auth/me", data(answer)), "{user:User}");
  assert.deepEqual([user.id, user.systemLanguage, user.email], [lea.id, "fr", lea.email]);
  assert.match(user.lastLoginIp ?? "", /^127\.0\.0\.1$|^$|^::1$/);
});

test("without a token it is told to sign in; with a wrong one, that it failed", async () => {
  refused(await call("GET", "/auth/me"), 401, "AUTH_REQUIRED");
  refused(await call("GET", "/auth/me", { token: "a.b.c" }), 401, "AUTH_FAILED");
  refused(await call("GET", "/auth/me", { sessionToken: "0".repeat(64) }), 401, "AUTH_FAILED");
});

test("a token with another signature is not accepted", async () => {
  const [head, payload] = lea.token.split(".");
  refused(
    await call("GET", "/auth/me", { token: `${head}.${payload}.${"A".repeat(43)}` }),
    401,
    "AUTH_FAILED",
  );
});

test("a token that names no algorithm is not accepted", async () => {
  const [, payload] = lea.token.split(".");
  const head = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  refused(await call("GET", "/auth/me", { token: `${head}.${payload}.` }), 401, "AUTH_FAILED");
});

test("the token of the session alone is a credential", async () => {
  const { sessionToken } = await signIn(lea.username);
  assert.equal(data(await call("GET", "/auth/me", { sessionToken })).user.id, lea.id);
});

test("the token is exchanged for a fresh one, as both parts of the client read it", async () => {
  const answer = await call("POST", "/auth/refresh", { body: { token: lea.token, refreshToken: null } });
  const fresh = is(data(answer), "{token:jwt expiresIn:count}");
  shaped("POST /auth/refresh", answer.body);
  assert.equal(answer.body.accessToken, fresh.token);
  assert.equal(data(await call("GET", "/auth/me", { token: fresh.token })).user.id, lea.id);
});

test("the exchange is also found without a version in the path", async () => {
  is(
    data(await call("POST", "/api/auth/refresh", { body: { token: lea.token } })),
    "{token:jwt expiresIn:count}",
  );
});

/** The same token, as if it had been issued two days ago. */
function expired(token) {
  const [head, payload] = token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  const old = { ...claims, iat: claims.iat - 172_800, exp: claims.exp - 172_800 };
  const signed = `${head}.${Buffer.from(JSON.stringify(old)).toString("base64url")}`;
  return `${signed}.${createHmac("sha256", process.env.MEESHY_JWT_SECRET).update(signed).digest("base64url")}`;
}

test("an expired token is refused, so that the client exchanges it", async () => {
  refused(await call("GET", "/auth/me", { token: expired(lea.token) }), 401, "AUTH_FAILED");
});

test("a remembered device exchanges an expired token, with or without the token of its session", async () => {
  for (const withSession of [true, false]) {
    const { token, sessionToken } = await signIn(lea.username, { rememberDevice: true });
    const answer = await call("POST", "/auth/refresh", {
      body: { token: expired(token), refreshToken: null },
      sessionToken: withSession ? sessionToken : undefined,
    });
    const fresh = is(data(answer), "{token:jwt expiresIn:count}");
    assert.equal(data(await call("GET", "/auth/me", { token: fresh.token })).user.id, lea.id);
  }
});

test("another device does not exchange an expired token", async () => {
  const { token } = await signIn(lea.username, { rememberDevice: false });
  refused(await call("POST", "/auth/refresh", { body: { token: expired(token) } }), 401);
});

test("a remembered device that is signed out does not either", async () => {
  const { token, sessionToken } = await signIn(lea.username, { rememberDevice: true });
  data(await call("POST", "/auth/logout", { token, sessionToken }));
  refused(await call("POST", "/auth/refresh", { body: { token: expired(token) }, sessionToken }), 401);
});

test("an expired token of a remembered device is accepted together with that of its session", async () => {
  const { token, sessionToken } = await signIn(lea.username, { rememberDevice: true });
  assert.equal(data(await call("GET", "/auth/me", { token: expired(token), sessionToken })).user.id, lea.id);
});

test("a token that is none cannot be exchanged", async () => {
  refused(await call("POST", "/auth/refresh", { body: { token: "a.b.c" } }), 401);
  refused(await call("POST", "/auth/refresh", { body: {} }), 400);
});

test("the devices are listed, and the own one is marked", async () => {
  const emma = await signUp("Emma", "en");
  const [here, there] = [await signIn(emma.username), await signIn(emma.username)];
  const answer = await call("GET", "/auth/sessions", { token: here.token, sessionToken: here.sessionToken });
  const { sessions, totalCount } = is(
    shaped("GET /auth/sessions", data(answer)),
    "{sessions:Session[] totalCount:count}",
  );
  assert.equal(totalCount, sessions.length);
  assert.equal(sessions.filter(({ isCurrentSession }) => isCurrentSession).length, 1);
  const other = sessions.find(({ isCurrentSession }) => !isCurrentSession);
  data(await here.delete(`/auth/sessions/${other.id}`));
  refused(await here.delete(`/auth/sessions/${other.id}`), 404);
  refused(await call("GET", "/auth/me", { sessionToken: there.sessionToken }), 401);
});

test("a session is validated by its token", async () => {
  const { sessionToken } = await signIn(lea.username);
  const valid = data(await call("POST", "/auth/validate-session", { body: { sessionToken } }));
  assert.equal(is(valid, "{valid:bool session:SessionMin|null}").valid, true);
  const wrong = data(
    await call("POST", "/auth/validate-session", { body: { sessionToken: "0".repeat(64) } }),
  );
  assert.deepEqual([wrong.valid, wrong.session], [false, null]);
});

test("signing out everywhere leaves the own device, and closes the sockets of the others", async () => {
  const emma = await signUp("Emma", "en");
  const [here, there] = [await signIn(emma.username), await signIn(emma.username)];
  const [mine, other] = [await here.socket(), await there.socket()];
  const answer = await call("DELETE", "/auth/sessions", {
    token: here.token,
    sessionToken: here.sessionToken,
  });
  assert.ok(is(data(answer), "{message:text revokedCount:count}").revokedCount >= 1);
  await other.closed();
  refused(await there.get("/auth/me"), 401);
  assert.equal(data(await here.get("/auth/me")).user.id, emma.id);
  assert.ok(mine.socket.connected);
  mine.close();
});

test("signing out with a content type, but without a body", async () => {
  const emma = await signIn((await signUp("Emma", "en")).username);
  const [main, second] = [await emma.socket(), await emma.socket(notificationSocket)];
  const headers = { "content-type": "application/json" };
  const answer = await call("POST", "/auth/logout", {
    token: emma.token,
    sessionToken: emma.sessionToken,
    headers,
  });
  assert.equal(typeof is(data(answer), "{message:text}").message, "string");
  await Promise.all([main.closed(), second.closed()]);
  refused(await call("GET", "/auth/me", { sessionToken: emma.sessionToken }), 401);
  refused(await emma.get("/auth/me"), 401);
});

test("nobody signs out who is not signed in", async () => {
  refused(await call("POST", "/auth/logout"), 401);
});

test("an app on a telephone gets a session of its own kind", async () => {
  const answer = await login(
    { username: lea.username, password: PASSWORD },
    { "user-agent": "Meeshy-iOS/2.1 (iPhone; iOS 18.2)" },
  );
  const { session } = is(data(answer), "Login");
  assert.equal(session.isMobile, true);
});

test("at most ten devices stay signed in", async () => {
  const emma = await signUp("Emma", "en");
  const first = await signIn(emma.username);
  let last;
  for (let n = 0; n < 10; n++) last = await signIn(emma.username);
  const { totalCount } = data(await last.get("/auth/sessions"));
  assert.ok(totalCount <= 10, `${totalCount} sessions`);
  refused(await call("GET", "/auth/me", { sessionToken: first.sessionToken }), 401);
});
