// Links that arrive by e-mail: confirming the address, signing in, choosing another password or address.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, data, refused } from "./http.mjs";
import { link } from "./mail.mjs";
import { is } from "./objects.mjs";
import { signIn, signUp, unique } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("mailed");
const post = (path, body) => call("POST", path, { body });
let lea;
before(async () => (lea = await signUp("Lea", "fr")));

test("the address is confirmed once, and the same link again says so", async () => {
  const { token, email } = await link(lea.email, "/auth/verify-email");
  assert.equal(email, lea.email);
  const confirmed = data(await post("/auth/verify-email", { token, email }));
  is(shaped("POST /auth/verify-email", confirmed), "{message:text alreadyVerified:false verifiedAt:date}");
  assert.ok(data(await lea.get("/auth/me")).user.emailVerifiedAt);
  assert.equal(data(await post("/auth/verify-email", { token, email })).alreadyVerified, true);
});

test("a wrong link confirms nothing", async () => {
  refused(await post("/auth/verify-email", { token: "0".repeat(64), email: lea.email }), 400);
});

test("the confirmation is sent again, with the same answer for unknown addresses", async () => {
  const emma = await signUp("Emma", "en");
  const known = data(await post("/auth/resend-verification", { email: emma.email }));
  const unknown = data(await post("/auth/resend-verification", { email: `${unique("no")}@example.org` }));
  assert.deepEqual(known, unknown);
  is(known, "{message:text}");
});

test("a magic link signs in, once", async () => {
  const asked = await post("/auth/magic-link/request", {
    email: lea.email,
    rememberDevice: true,
    deviceFingerprint: "x",
  });
  assert.equal(asked.status, 200, asked.where);
  is(shaped("POST /auth/magic-link/request", asked.body), "{success:true message:text}");
  const { token } = await link(lea.email, "/auth/magic-link");
  const signedIn = is(
    shaped("POST /auth/magic-link/validate", data(await post("/auth/magic-link/validate", { token }))),
    "Login",
  );
  assert.equal(signedIn.user.id, lea.id);
  assert.ok(!signedIn.requires2FA);
  refused(await post("/auth/magic-link/validate", { token }), 400);
});

test("a magic link also leads to the server itself", async () => {
  const emma = await signUp("Emma", "en");
  await post("/auth/magic-link/request", { email: emma.email });
  const { token } = await link(emma.email, "/auth/magic-link");
  is(data(await call("GET", `/auth/magic-link/validate?token=${token}`)), "Login");
});

test("nobody learns from a magic link who has an account", async () => {
  const known = await post("/auth/magic-link/request", { email: lea.email });
  const unknown = await post("/auth/magic-link/request", { email: `${unique("no")}@example.org` });
  assert.deepEqual([unknown.status, unknown.body], [200, known.body]);
  refused(await post("/auth/magic-link/request", { email: "nobody" }), 400);
});

test("a forgotten password is replaced", async () => {
  const emma = await signUp("Emma", "en");
  const asked = await post("/auth/forgot-password", {
    email: emma.email,
    captchaToken: "x",
    deviceFingerprint: "y",
  });
  is(shaped("POST /auth/forgot-password", data(asked)), "{message:text}");
  const { token } = await link(emma.email, "/reset-password");
  const valid = await call("GET", `/auth/reset-password/verify-token?token=${token}`);
  is(
    shaped("GET /auth/reset-password/verify-token", valid.body),
    "{valid:true requires2FA:false expiresAt?:date}",
  );
  const choose = (password, repeated = password) =>
    post("/auth/reset-password", { token, newPassword: password, confirmPassword: repeated });
  refused(await choose("weak"), 400);
  refused(await choose("Violet-Tram-42-Rivers", "Something-Else-42"), 400);
  is(data(await choose("Violet-Tram-42-Rivers")), "{message:text}");
  await signIn(emma.username, { password: "Violet-Tram-42-Rivers" });
  refused(await choose("Violet-Tram-43-Rivers"), 400);
});

test("a new password signs out every device", async () => {
  const emma = await signIn((await signUp("Emma", "en")).username);
  const socket = await emma.socket();
  await post("/auth/forgot-password", { email: emma.email });
  const { token } = await link(emma.email, "/reset-password");
  data(
    await post("/auth/reset-password", {
      token,
      newPassword: "Violet-Tram-42-Rivers",
      confirmPassword: "Violet-Tram-42-Rivers",
    }),
  );
  await socket.closed();
  refused(await call("GET", "/auth/me", { sessionToken: emma.sessionToken }), 401);
});

test("a wrong link for a password is not valid", async () => {
  const answer = await call("GET", `/auth/reset-password/verify-token?token=${"0".repeat(64)}`);
  assert.equal(answer.status, 400);
  is(answer.body, "{valid:false error:text}");
});

test("who forgot a password is answered alike, known or not", async () => {
  const known = data(await post("/auth/forgot-password", { email: lea.email }));
  assert.deepEqual(
    data(await post("/auth/forgot-password", { email: `${unique("no")}@example.org` })),
    known,
  );
  refused(await post("/auth/forgot-password", { email: "nobody" }), 400);
});

test("another address is confirmed before it counts", async () => {
  const emma = await signUp("Emma", "en");
  const newEmail = `${unique("new").toLowerCase()}@example.org`;
  const asked = data(await emma.post("/users/me/change-email", { newEmail }));
  is(shaped("POST /users/me/change-email", asked), "{message:text pendingEmail:text}");
  assert.equal(asked.pendingEmail, newEmail);
  assert.equal(data(await emma.get("/auth/me")).user.email, emma.email);
  const { token } = await link(newEmail, "/settings/verify-email-change");
  assert.equal(
    is(data(await emma.post("/users/me/verify-email-change", { token })), "{message:text newEmail:text}")
      .newEmail,
    newEmail,
  );
  await signIn(newEmail);
});

test("an address that is none, or a wrong link, changes nothing", async () => {
  refused(await lea.post("/users/me/change-email", { newEmail: "nobody" }), 400);
  refused(await lea.post("/users/me/verify-email-change", { token: "0".repeat(64) }), 400);
});
