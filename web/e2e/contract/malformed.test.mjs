// Bodies and payloads that no honest client sends, generated from the declarations. Each gets an error in the envelope.
// Wrong types, missing fields and NULs in HTTP bodies are tested elsewhere (docs/testing.md).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { data, refused, url } from "./http.mjs";
import { signUpAll } from "./people.mjs";
import { Listener } from "./socket.mjs";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const api = JSON.parse(read("../../../docs/openapi.json"));
const log = () => (process.env.MEESHY_SERVER_LOG ? readFileSync(process.env.MEESHY_SERVER_LOG, "utf8") : "");
const PATIENCE_MS = 20_000;

let lea, carlos, logged;
const places = {};
before(async () => {
  logged = log().length;
  [lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "fr" });
  const group = await lea.group([carlos]);
  const community = data(await lea.post("/communities", { name: "Jardins" }), 201);
  const category = data(await lea.post("/me/preferences/categories", { name: "Famille" }));
  Object.assign(places, {
    id: group.id,
    messageId: (await lea.say(group.id, "Bonjour")).id,
    userId: carlos.id,
    communityId: community.id,
    memberId: community.members[0].id,
    categoryId: category.id,
    language: "es",
  });
});
after(() => {
  const since = log().slice(logged);
  assert.doesNotMatch(since, /panicked|\bERROR\b/, "the server's log");
});

/** The schema that a reference or an optional value stands for. */
function resolved(schema) {
  if (schema.$ref) return resolved(api.components.schemas[schema.$ref.split("/").at(-1)]);
  const options = schema.anyOf?.filter(({ type }) => type !== "null");
  return options?.length === 1 ? resolved(options[0]) : schema;
}

const types = (schema) => [resolved(schema).type ?? []].flat();
const nested = (depth) => "[".repeat(depth) + "]".repeat(depth);

/** Values as JSON text that are wrong wherever they occur: half a character, numbers beyond all limits, a deep list. */
const WRONG = [String.raw`"\ud800"`, "1e400", `-${"9".repeat(40)}`, nested(5_000)];
const TOO_LONG = `"${"x".repeat(300_000)}"`;

/** An object as JSON text, with one field replaced. */
const replaced = (object, field, text) =>
  `{${Object.entries({ ...object, [field]: null })
    .map(([name, value]) => `${JSON.stringify(name)}:${name === field ? text : JSON.stringify(value)}`)
    .join(",")}}`;

async function send(method, path, body) {
  const response = await fetch(url + path, {
    method,
    headers: { "content-type": "application/json", authorization: `Bearer ${lea.token}` },
    body,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: JSON.parse(text),
    where: `${method} ${path} ${String(body).slice(0, 200)}: ${response.status} ${text.slice(0, 300)}`,
  };
}

function isRefused(answer) {
  assert.ok(answer.status >= 400 && answer.status < 500, answer.where);
  refused(answer, answer.status);
}

/** Runs tasks, some at a time. */
async function all(tasks) {
  const queue = [...tasks];
  const work = async () => {
    for (let task; (task = queue.shift());) await task();
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

const routes = Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    // An empty list of texts is one.
    .filter(
      ([, operation]) =>
        operation.requestBody?.content["application/json"] && path !== "/api/v1/translate/batch",
    )
    .map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      schema: resolved(operation.requestBody.content["application/json"].schema),
    })),
);
const filled = (path) => path.replace(/\{(\w+)\}/g, (_, name) => places[name] ?? "65a0c0ffee0123456789abcd");

test("there are routes with bodies", () => assert.ok(routes.length > 80, `${routes.length}`));

for (const [what, body] of Object.entries({
  "bytes that are not UTF-8": new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  "half an object": '{"content":"x"',
  "a list in a list, 100,000 times": nested(100_000),
  "an object in an object, 100,000 times": '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000),
  "a list": "[]",
  "a text": '"text"',
  "a number": "7",
}))
  test(`${what} instead of any body is refused`, () =>
    all(
      routes.map(
        ({ method, path }) =>
          async () =>
            isRefused(await send(method, filled(path), body)),
      ),
    ));

test("fields with impossible values are refused by every route", () =>
  all(
    routes.flatMap(({ method, path, schema }) =>
      Object.entries(schema.properties ?? {})
        .filter(([, field]) => types(field).length > 0)
        .flatMap(([name, field]) =>
          [...WRONG, ...(resolved(field).maxLength ? [TOO_LONG] : [])].map(
            (text) => async () =>
              isRefused(await send(method, filled(path), replaced(schema.examples?.[0] ?? {}, name, text))),
          ),
        ),
    ),
  ));

// Events.

const declared = read("../../src/api/events.ts").split("export interface ServerEvents")[0];
const events = [...declared.matchAll(/"([\w:-]+)": \(payload: (\w+)(, answer)?/g)].map(
  ([, name, payload, answer]) => ({
    name,
    schema: resolved({ $ref: `#/${payload}` }),
    isAcknowledged: Boolean(answer),
  }),
);

test("there are events", () => assert.ok(events.length >= 12, `${events.length}`));

const VALUES = {
  string: ["text"],
  number: [7, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER],
  boolean: [true],
  array: [[], [1]],
  object: [{}, { a: 1 }],
};
/** Texts that are wrong as ids, names, languages, emoji and tokens. */
const TEXTS = ["", "\ud800", "a\0b", "x".repeat(5_000)];

/** Payloads with one wrong field, or without one. */
function* payloads({ name, schema }) {
  for (const whole of [null, 7, true, [], [[]], {}]) yield whole;
  if (schema.type === "string") yield* TEXTS;
  else yield "text";
  const whole = {
    conversationId: places.id,
    messageId: places.messageId,
    content: "x",
    emoji: "👍",
    targetLanguage: "es",
  };
  const properties = Object.entries(schema.properties ?? {});
  const valid = Object.fromEntries(
    properties.filter(([field]) => field in whole).map(([field]) => [field, whole[field]]),
  );
  for (const [field, of] of properties) {
    const declared = types(of).length > 0 ? types(of) : ["string"];
    const allowed = declared.map((type) => (type === "integer" ? "number" : type));
    for (const [type, values] of Object.entries(VALUES))
      if (!allowed.includes(type)) for (const value of values) yield { ...valid, [field]: value };
    if (schema.required?.includes(field)) {
      yield Object.fromEntries(Object.entries(valid).filter(([other]) => other !== field));
      yield { ...valid, [field]: null };
    }
    if (allowed.includes("string"))
      for (const text of TEXTS)
        if (text || schema.required?.includes(field)) yield { ...valid, [field]: text };
    yield { ...valid, [field]: JSON.parse(nested(500)) };
  }
}

/** How the server refuses an event: in the acknowledgement, or with an event of its own. */
async function refusal(socket, { name, isAcknowledged }, payload) {
  if (isAcknowledged) {
    const answer = await socket.ask(name, payload);
    if (name !== "request_translation" || !answer.success) return answer;
    return { success: false, code: "TRANSLATION_ERROR", ...(await socket.next("translation_error")) };
  }
  socket.emit(name, payload);
  if (name === "authenticate") return { code: "AUTH_FAILED", ...(await socket.next("authenticated")) };
  const { message, code } = await socket.next(name.startsWith("call:") ? "call:error" : "error");
  return { success: false, error: message, code };
}

/** A socket that is not authenticated. */
async function nobody() {
  const socket = new Listener({});
  await socket.next("authenticated");
  await socket.next("error");
  return socket;
}

for (const event of events)
  test(`${event.name} refuses payloads that are wrong, and the socket stays open`, async () => {
    const isFirst = event.name === "authenticate";
    let socket = isFirst ? await nobody() : await lea.socket();
    for (const payload of payloads(event)) {
      const shown = `${event.name} ${JSON.stringify(payload)?.slice(0, 200)}`;
      const answer = await refusal(socket, event, payload).catch((error) =>
        assert.fail(`${shown}: ${error.message}`),
      );
      assert.equal(answer.success, false, `${shown}: ${JSON.stringify(answer)}`);
      assert.ok(answer.error.length > 3 && answer.code, shown);
      assert.doesNotMatch(answer.code, /INTERNAL|DATABASE|UNAVAILABLE/, shown);
      assert.ok(socket.socket.connected, shown);
      // Whoever is not authenticated has only some attempts.
      if (isFirst) {
        socket.close();
        socket = await nobody();
      }
    }
    socket.close();
  });
