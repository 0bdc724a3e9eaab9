// Codes of an authenticator (RFC 6238), as the settings page and the sign-in page of the old client use them.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { call, data, impossible, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { PASSWORD, signUp } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("second-factor");
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The code of a secret in base32, `steps` of 30 seconds from now: six digits, SHA-1. */
function code(secret, steps = 0) {
  const bits = [...secret].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const hash = createHmac("sha1", key).update(counter).digest();
  const number = hash.readUInt32BE(hash[19] & 15) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** Somebody with a second factor. A code counts once, so the first one is that of the step before. */
async function protectedPerson() {
  const emma = await signUp("Emma", "en");
  const { secret } = data(await emma.post("/auth/2fa/setup"));
  const { backupCodes } = data(await emma.post("/auth/2fa/enable", { code: code(secret, -1) }));
  return { emma, secret, backupCodes };
}

const login = async ({ username }) =>
  data(await call("POST", "/auth/login", { body: { username, password: PASSWORD, rememberDevice: true } }));

test("a second factor is set up, switched on, and shown", async () => {
  const emma = await signUp("Emma", "en");
  const status = async () =>
    is(
      data(await emma.get("/auth/2fa/status")),
      "{enabled:bool enabledAt:date|null hasBackupCodes:bool backupCodesCount:count}",
    );
  assert.deepEqual(await status(), {
    enabled: false,
    enabledAt: null,
    hasBackupCodes: false,
    backupCodesCount: 0,
  });
  const setup = is(
    shaped("POST /auth/2fa/setup", data(await emma.post("/auth/2fa/setup"))),
    "{secret:text qrCodeDataUrl:text otpauthUrl:text}",
  );
  assert.match(setup.secret, /^[A-Z2-7]+$/);
  assert.match(setup.qrCodeDataUrl, /^data:image\//);
  assert.match(setup.otpauthUrl, /^otpauth:\/\/totp\//);
  refused(await emma.post("/auth/2fa/enable", { code: "000000" }), 400);
  const enabled = data(await emma.post("/auth/2fa/enable", { code: code(setup.secret) }));
  is(shaped("POST /auth/2fa/enable", enabled), "{message:text backupCodes:text[]}");
  const { enabledAt, ...rest } = await status();
  assert.ok(enabledAt);
  assert.deepEqual(rest, {
    enabled: true,
    hasBackupCodes: true,
    backupCodesCount: enabled.backupCodes.length,
  });
  impossible(await emma.post("/auth/2fa/setup"));
});

test("a setup is cancelled", async () => {
  const emma = await signUp("Emma", "en");
  data(await emma.post("/auth/2fa/setup"));
  is(data(await emma.post("/auth/2fa/cancel")), "{message:text}");
});

test("the sign-in then takes two steps", async () => {
  const { emma, secret } = await protectedPerson();
  const first = await login(emma);
  is(
    shaped("POST /auth/login, the first of two steps", first),
    "{requires2FA:true twoFactorToken:text message:text user:{id:id username:text email:text firstName:string lastName:string displayName:text avatar:string|null}}",
  );
  assert.match(first.twoFactorToken, /^[0-9a-f]{64}$/);
  assert.ok(!first.token && !first.sessionToken);
  refused(
    await call("POST", "/auth/login/2fa", { body: { twoFactorToken: first.twoFactorToken, code: "000000" } }),
    401,
  );
  const second = data(
    await call("POST", "/auth/login/2fa", {
      body: { twoFactorToken: first.twoFactorToken, code: code(secret) },
    }),
  );
  assert.equal(is(shaped("POST /auth/login/2fa", second), "Login").user.id, emma.id);
});

test("the page of the old client sends the token of the first step as a bearer token", async () => {
  const { emma, secret } = await protectedPerson();
  const { twoFactorToken } = await login(emma);
  const answer = await call("POST", "/auth/2fa/verify", {
    token: twoFactorToken,
    body: { code: code(secret) },
  });
  assert.equal(is(data(answer), "Login").user.id, emma.id);
});

test("a code is used once", async () => {
  const { emma, secret } = await protectedPerson();
  const [one, two] = [await login(emma), await login(emma)];
  const now = code(secret);
  data(await call("POST", "/auth/login/2fa", { body: { twoFactorToken: one.twoFactorToken, code: now } }));
  refused(
    await call("POST", "/auth/login/2fa", { body: { twoFactorToken: two.twoFactorToken, code: now } }),
    401,
  );
});

test("a backup code replaces a code, with or without the hyphen, and once", async () => {
  const { emma, backupCodes } = await protectedPerson();
  const attempt = async (used) =>
    call("POST", "/auth/login/2fa", {
      body: { twoFactorToken: (await login(emma)).twoFactorToken, code: used },
    });
  is(data(await attempt(backupCodes[0].replace("-", ""))), "Login");
  refused(await attempt(backupCodes[0]), 401);
  is(data(await attempt(backupCodes[1])), "Login");
});

test("a signed-in person checks a code", async () => {
  const { emma, secret, backupCodes } = await protectedPerson();
  const check = async (used) => data(await emma.post("/auth/2fa/verify", { code: used }));
  assert.deepEqual(is(await check(code(secret)), "{valid:true usedBackupCode:bool}").usedBackupCode, false);
  assert.equal((await check(backupCodes[2])).usedBackupCode, true);
  refused(await emma.post("/auth/2fa/verify", { code: "000000" }), 400);
});

test("new backup codes replace the old ones", async () => {
  const { emma, secret, backupCodes } = await protectedPerson();
  const fresh = data(await emma.post("/auth/2fa/backup-codes", { code: code(secret) })).backupCodes;
  assert.equal(fresh.length, backupCodes.length);
  refused(await emma.post("/auth/2fa/verify", { code: backupCodes[3] }), 400);
});

test("the second factor is switched off with the password", async () => {
  const { emma, secret } = await protectedPerson();
  refused(await emma.post("/auth/2fa/disable", { password: "wrong horse" }), 400);
  is(
    data(await emma.post("/auth/2fa/disable", { password: PASSWORD, code: code(secret) })),
    "{message:text}",
  );
  assert.ok((await login(emma)).token);
});
