// The own profile and account, those of others, and finding people.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, data, page, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { PASSWORD, signIn, signUp, signUpAll, unique } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("profile");
let lea, carlos;
before(async () => ([lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "es" })));

const change = (fields) => lea.patch("/users/me", fields);

test("another profile is public, without address, number and rights", async () => {
  const profile = is(shaped("GET /users/:id", data(await lea.get(`/users/${carlos.id}`))), "PublicUser");
  assert.deepEqual(
    [profile.username, profile.displayName, profile.systemLanguage],
    [carlos.username, "Carlos Test", "es"],
  );
  for (const field of ["phoneNumber", "permissions"]) assert.ok(!(field in profile), field);
  assert.equal(data(await lea.get(`/users/${carlos.username}`)).id, carlos.id);
});

test("the statistics of a profile", async () => {
  const stats = data(await lea.get(`/users/${carlos.username}/stats`));
  is(
    shaped("GET /users/:userId/stats", stats),
    "{messagesSent:count messagesReceived:count conversationsCount:count groupsCount:count totalConversations:count averageResponseTime?:number|null lastActivity:date|null}",
  );
  assert.equal(stats.messagesSent, 0);
});

test("people are found by the beginning of their names", async () => {
  const found = page(await lea.get(`/users/search?q=${carlos.username.slice(0, 10)}&limit=10`));
  is(
    shaped("GET /users/search", found),
    "{id:id username:text firstName:text lastName:text displayName:text avatar:string|null email:string isOnline:bool lastActiveAt:date|null systemLanguage:language}[]",
  );
  assert.deepEqual(
    found.map(({ id }) => id),
    [carlos.id],
  );
});

test("a single letter finds nobody, without an error", async () => {
  assert.deepEqual(data(await lea.get("/users/search?q=c")), []);
});

test("the search is for users", async () => {
  refused(await call("GET", "/users/search?q=carlos"), 401, "AUTH_REQUIRED");
});

test("all users are a list", async () => {
  assert.equal(is(data(await lea.get("/users?limit=2")), "UserMin[]").length, 2);
});

test("the settings page sends everything at once", async () => {
  const fields = {
    firstName: "léa",
    lastName: "MARTIN",
    displayName: "Léa M.",
    email: lea.email,
    phoneNumber: "",
    bio: "Bonjour",
  };
  const { user, message } = is(
    shaped("PATCH /users/me", data(await change(fields))),
    "{user:User message:text}",
  );
  assert.ok(message);
  assert.deepEqual(
    [user.displayName, user.bio, user.email, user.phoneNumber],
    ["Léa M.", "Bonjour", lea.email, null],
  );
  assert.match(user.firstName, /^Léa$/);
  assert.equal(data(await carlos.get(`/users/${lea.id}`)).bio, "Bonjour");
});

test("languages are changed one by one", async () => {
  const of = async (fields) => data(await change(fields)).user;
  assert.equal((await of({ systemLanguage: "pt" })).systemLanguage, "pt");
  assert.equal((await of({ customDestinationLanguage: "de" })).customDestinationLanguage, "de");
  for (const empty of ["", null]) {
    await of({ customDestinationLanguage: "de" });
    assert.equal((await of({ customDestinationLanguage: empty })).customDestinationLanguage, null);
  }
  assert.equal((await of({ systemLanguage: "fr" })).systemLanguage, "fr");
});

test("of the three reading languages, one is chosen", async () => {
  const flags = async (fields) => {
    const user = data(await change(fields)).user;
    return [user.translateToSystemLanguage, user.translateToRegionalLanguage, user.useCustomDestination];
  };
  assert.deepEqual(await flags({ translateToRegionalLanguage: true }), [false, true, false]);
  assert.deepEqual(await flags({ customDestinationLanguage: "es", useCustomDestination: true }), [
    false,
    false,
    true,
  ]);
  assert.deepEqual(await flags({ translateToSystemLanguage: true }), [true, false, false]);
});

test("automatic translation is switched off and on", async () => {
  assert.equal(data(await change({ autoTranslateEnabled: false })).user.autoTranslateEnabled, false);
  assert.equal(data(await change({ autoTranslateEnabled: true })).user.autoTranslateEnabled, true);
});

for (const [what, fields] of Object.entries({
  "an empty first name": { firstName: "" },
  "a first name of 51 characters": { firstName: "x".repeat(51) },
  "a first name with an emoji": { firstName: "Léa 🎉" },
  "a biography of 501 characters": { bio: "x".repeat(501) },
  "a language of six letters": { systemLanguage: "french" },
  "an address that is none": { email: "nobody" },
}))
  test(`${what} is refused`, async () => {
    const { details } = refused(await change(fields), 400, "VALIDATION_ERROR");
    assert.equal(details[0].field, Object.keys(fields)[0]);
  });

test("a key that the profile does not have is refused", async () => {
  refused(await change({ surname: "x" }), 400, "VALIDATION_ERROR");
});

test("the address of somebody else is refused", async () => {
  refused(await change({ email: carlos.email }), 400);
});

test("a picture is set as an address or as data, and removed", async () => {
  const address = data(await lea.patch("/users/me/avatar", { avatar: "https://example.org/lea.png" }));
  assert.equal(
    is(shaped("PATCH /users/me/avatar", address), "{avatar:text message:text}").avatar,
    "https://example.org/lea.png",
  );
  const pixel =
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const { avatar } = data(await lea.patch("/users/me/avatar", { avatar: pixel }));
  assert.equal(data(await carlos.get(`/users/${lea.id}`)).avatar, avatar);
  for (const wrong of ["javascript:alert(1)", "data:text/html,x", 42])
    refused(await lea.patch("/users/me/avatar", { avatar: wrong }), 400);
});

test("the old settings page changes the profile under another path", async () => {
  assert.equal(data(await lea.patch("/auth/me", { bio: "Autre chemin" })).user.bio, "Autre chemin");
});

test("the account is also found under a strange path", async () => {
  is(
    shaped("GET /me/me", data(await lea.get("/me/me"))),
    "{id:id username:text email:text displayName:text avatar:string|null role:Role}",
  );
});

test("the token is checked", async () => {
  is(
    shaped("GET /users/me/test", data(await lea.get("/users/me/test"))),
    "{userId:id message:text timestamp:date}",
  );
});

test("the password is changed with the current one", async () => {
  const emma = await signIn((await signUp("Emma", "en")).username);
  const passwords = {
    currentPassword: PASSWORD,
    newPassword: "another horse 7",
    confirmPassword: "another horse 7",
  };
  const attempt = (fields) => emma.patch("/users/me/password", { ...passwords, ...fields });
  refused(await attempt({ currentPassword: "wrong horse" }), 400);
  refused(await attempt({ confirmPassword: "different" }), 400);
  refused(await attempt({ newPassword: "short", confirmPassword: "short" }), 400);
  is(data(await attempt({})), "{message:text}");
  refused(await call("POST", "/auth/login", { body: { username: emma.username, password: PASSWORD } }), 401);
  await signIn(emma.username, { password: "another horse 7" });
});

test("the older page changes the password without repeating it", async () => {
  const emma = await signUp("Emma", "en");
  data(
    await emma.post("/auth/change-password", { currentPassword: PASSWORD, newPassword: "another horse 8" }),
  );
  await signIn(emma.username, { password: "another horse 8" });
});

test("a username is changed once in thirty days", async () => {
  const emma = await signUp("Emma", "en");
  const rename = (newUsername, currentPassword = PASSWORD) =>
    emma.patch("/users/me/username", { newUsername, currentPassword });
  refused(await rename(unique("emmi"), "wrong horse"), 400);
  refused(await rename(carlos.username), 400);
  refused(await rename("a"), 400);
  const next = unique("emmi");
  assert.equal(is(data(await rename(next)), "{username:text message:text}").username, next);
  const { nextChangeAllowedAt } = refused(await rename(unique("emmi")), 429);
  assert.ok(Date.parse(nextChangeAllowedAt) > Date.now() + 29 * 86_400_000);
  await signIn(next);
});
