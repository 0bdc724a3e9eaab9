// Devices for push notifications, notifications, referral links, and keys.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, data, page, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("belongings");
const DEVICE =
  '{id:id type:"apns"|"fcm"|"voip" platform:"ios"|"android"|"web" deviceId:text|null deviceName:text|null ' +
  "appVersion:text|null isActive:bool lastUsedAt:date|null createdAt:date updatedAt:date}";
const NOWHERE = "65a0c0ffee0123456789abcd";

let lea,
  carlos,
  tokens = 0;
before(async () => {
  [lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "fr" });
});

const token = () => `${lea.id}-${(tokens += 1)}`;
const register = (person, body) => person.post("/users/register-device-token", body);
const devices = async (person) => data(await person.get("/users/me/devices"));

test("a phone is registered, listed without its token, and removed", async () => {
  const body = {
    token: token(),
    type: "apns",
    platform: "ios",
    deviceId: "phone-1",
    deviceName: "iPhone de Léa",
    appVersion: "1.2.3",
    bundleId: "me.meeshy.app",
  };
  const first = data(await register(lea, body));
  is(
    shaped("POST /users/register-device-token", first),
    '{id:id type:"apns" platform:"ios" deviceName:text isNew:true message:text}',
  );
  const again = data(await register(lea, body));
  assert.deepEqual([again.id, again.isNew], [first.id, false]);
  const answer = await lea.get("/users/me/devices");
  is(shaped("GET /users/me/devices", data(answer)), `${DEVICE}[]`);
  assert.ok(!answer.where.includes(body.token));
  is(data(await lea.delete(`/users/me/devices/${first.id}`)), "{message:text}");
  refused(await lea.delete(`/users/me/devices/${first.id}`), 404);
  assert.deepEqual(await devices(lea), []);
});

test("the token of an Apple device has a name of its own", async () => {
  const apnsToken = token();
  assert.equal(data(await register(lea, { apnsToken, platform: "ios" })).type, "apns");
  const removed = data(await lea.delete("/users/register-device-token", { token: apnsToken }));
  is(shaped("DELETE /users/register-device-token", removed), "{deletedCount:count message:text}");
  assert.equal(removed.deletedCount, 1);
});

test("a device belongs to who has registered it last", async () => {
  const body = { token: token(), platform: "android", deviceId: "shared" };
  data(await register(lea, body));
  assert.equal(data(await register(carlos, body)).isNew, true);
  assert.deepEqual(await devices(lea), []);
  const { deletedCount } = data(await lea.delete("/users/register-device-token", { deviceId: "shared" }));
  assert.equal(deletedCount, 0);
  assert.equal((await devices(carlos)).length, 1);
  data(await carlos.delete("/users/register-device-token", { deviceId: "shared" }));
});

test("what is no device is refused", async () => {
  for (const body of [
    {},
    { platform: "ios" },
    { token: "short", platform: "ios" },
    { token: token(), platform: "fridge" },
    { token: token(), platform: "ios", type: "pigeon" },
  ])
    refused(await register(lea, body), 400, "VALIDATION_ERROR");
  refused(await lea.delete("/users/register-device-token", {}), 400, "VALIDATION_ERROR");
  refused(await call("GET", "/users/me/devices"), 401);
});

test("the old web client registers its browser", async () => {
  const body = { token: token(), deviceInfo: { userAgent: "Firefox", platform: "Linux" } };
  is(
    shaped("POST /api/users/push-token", data(await lea.post("/api/users/push-token", body))),
    "{message:text}",
  );
  assert.deepEqual(
    (await devices(lea)).map(({ platform, type }) => [platform, type]),
    [["web", "fcm"]],
  );
  data(await lea.delete("/api/users/push-token", body));
  assert.deepEqual(await devices(lea), []);
});

test("notifications are one's own", async () => {
  assert.deepEqual(page(await lea.get(`/users/${lea.id}/notifications?limit=20&offset=0`)), []);
  for (const other of [carlos.id, NOWHERE]) refused(await lea.get(`/users/${other}/notifications`), 404);
});

test("a user without a referral link has no token, like nobody", async () => {
  for (const id of [lea.id, NOWHERE, lea.username])
    assert.equal(data(await call("GET", `/users/${id}/affiliate-token`)), null);
});

test("keys are refused, because nothing would be encrypted with them", async () => {
  refused(await lea.post("/users/me/encryption-keys", { publicKey: "key" }), 422, "ENCRYPTION_NOT_SUPPORTED");
});
