// The wizard of the old web client: it checks names while they are typed, then registers.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, data, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { PASSWORD, Person, form, signIn, signUp, unique } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("sign-up");
const available = async (query) => data(await call("GET", `/auth/check-availability?${query}`));
const register = (fields) => call("POST", "/auth/register", { body: fields });
let lea;
before(async () => (lea = await signUp("Lea", "fr")));

test("a free username and address are available", async () => {
  const answer = await available(`username=${unique("free")}&email=${unique("free")}@example.org`);
  assert.deepEqual([answer.usernameAvailable, answer.emailAvailable], [true, true]);
});

test("a taken username is not, in any case, and others are suggested", async () => {
  for (const name of [lea.username, lea.username.toUpperCase()]) {
    const answer = await available(`username=${name}`);
    assert.equal(answer.usernameAvailable, false);
    assert.ok(answer.suggestions.length <= 3);
    for (const suggestion of answer.suggestions)
      assert.equal((await available(`username=${suggestion}`)).usernameAvailable, true);
    shaped(
      `GET /auth/check-availability of ${name === lea.username ? "a taken name" : "one in capitals"}`,
      answer,
    );
  }
});

test("an address that is none is not available; whether another one has an account is private", async () => {
  assert.equal((await available("email=nobody")).emailAvailable, false);
  assert.equal((await available(`email=${lea.email}`)).emailAvailable, true);
});

test("an impossible telephone number is not available, a possible one is", async () => {
  assert.equal((await available("phoneNumber=12")).phoneNumberAvailable, false);
  assert.equal((await available("phoneNumber=%2B33612345678")).phoneNumberAvailable, true);
});

test("asking about nothing is an error", async () => {
  refused(await call("GET", "/auth/check-availability"), 400);
});

test("the older check answers at the top level", async () => {
  const taken = await call("GET", `/auth/check-username?username=${lea.username}`);
  assert.deepEqual([taken.status, taken.body.available], [200, false]);
  assert.equal((await call("GET", `/auth/check-username?username=${unique("free")}`)).body.available, true);
});

test("the form of the wizard creates an account that is signed in", async () => {
  const fields = form("Noor", "ar");
  const registered = shaped("POST /auth/register", data(await register(fields)));
  is(registered, "{user:User token:jwt expiresIn:count}");
  const { user } = registered;
  assert.equal(registered.expiresIn, 86_400);
  assert.deepEqual(
    [user.username, user.email, user.displayName, user.systemLanguage, user.regionalLanguage, user.role],
    [fields.username, fields.email, "Noor Test", "ar", "ar", "USER"],
  );
  assert.equal(user.isOnline, true);
  assert.equal(user.phoneNumber, null, "an empty number is none");
  assert.deepEqual(Object.values(user.permissions), Array(9).fill(false));
  const me = is(data(await call("GET", "/auth/me", { token: registered.token })), "{user:User}").user;
  assert.equal(me.id, user.id);
});

test("the token of an account has the claims that the old client decodes", async () => {
  const [, payload] = lea.token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  is(claims, "{userId:id username:text role:Role iat:count exp:count}");
  assert.deepEqual([claims.userId, claims.username, claims.role], [lea.id, lea.username, "USER"]);
  assert.equal(claims.exp - claims.iat, 86_400);
});

test("the new account is a member of the room for everybody", async () => {
  const emma = await signUp("Emma", "en");
  const list = data(await emma.get("/conversations"));
  assert.deepEqual(
    list.map(({ identifier }) => identifier),
    ["meeshy"],
  );
});

test("the language is French if none is given", async () => {
  const { systemLanguage, ...fields } = form("Paul");
  assert.equal(data(await register(fields)).user.systemLanguage, "fr");
});

test("names are written with capitals, addresses without", async () => {
  const fields = { ...form("anna"), firstName: "anna maria" };
  const { user } = data(
    await register({ ...fields, email: fields.email.toUpperCase(), lastName: "de la cruz" }),
  );
  assert.deepEqual([user.firstName, user.lastName, user.email], ["Anna Maria", "De La Cruz", fields.email]);
});

test("a username is stored as it was typed", async () => {
  const username = `Zoé${unique("")}`.replace("é", "e").slice(0, 16);
  const { user } = data(await register({ ...form("Zoe"), username: ` ${username} ` }));
  assert.equal(user.username, username);
});

test("a name or an address is taken only once", async () => {
  const again = await register({ ...form("Lea"), username: lea.username.toUpperCase() });
  refused(again, 400);
  const address = await register({ ...form("Lea"), email: lea.email });
  assert.match(refused(address, 400).error, /mail/i);
});

for (const [what, wrong] of Object.entries({
  "a username of one letter": { username: "a" },
  "a username of 17 letters": { username: "a".repeat(17) },
  "a username with a space": { username: "a b" },
  "a password of 7 characters": { password: "1234567" },
  "an address without a host": { email: "nobody" },
  "an empty first name": { firstName: "" },
  "a last name of 51 letters": { lastName: "a".repeat(51) },
  "a language of 6 letters": { systemLanguage: "french" },
}))
  test(`${what} is refused with a sentence`, async () => {
    const [field] = Object.keys(wrong);
    const { error, message, details } = refused(
      await register({ ...form("Paul"), ...wrong }),
      400,
      "VALIDATION_ERROR",
    );
    assert.notEqual(message ?? error, "Internal Server Error");
    assert.ok(
      details.some((detail) => detail.field === field),
      JSON.stringify(details),
    );
  });

test("all required fields are required", async () => {
  for (const field of ["username", "password", "firstName", "lastName", "email"])
    refused(await register({ ...form("Paul"), [field]: undefined }), 400, "VALIDATION_ERROR");
});

test("two registrations of one name at once make one account", async () => {
  const fields = form("Twin");
  const answers = await Promise.all([1, 2].map((n) => register({ ...fields, email: `${n}${fields.email}` })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
  assert.ok((await signIn(fields.username)) instanceof Person);
});

test("the password is accepted at the next sign-in, and no other", async () => {
  assert.equal((await signIn(lea.username)).id, lea.id);
  refused(
    await call("POST", "/auth/login", { body: { username: lea.username, password: `${PASSWORD}!` } }),
    401,
  );
});
