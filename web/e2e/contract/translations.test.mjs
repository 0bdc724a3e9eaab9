// Messages in the languages of their readers: three of them, with real Apertium.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call, data, hidden } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUp, signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("translations");
const TEXT = "El gato come pescado.";
let carlos, lea, emma, stranger, group, there, here;
before(async () => {
  [carlos, lea, emma, stranger] = await signUpAll({ Carlos: "es", Lea: "fr", Emma: "en", Olga: "es" });
  group = await carlos.group([lea, emma]);
  [here, there] = [await carlos.socket(), await lea.socket()];
});
after(() => [here, there].forEach((socket) => socket.close()));

/** The last event of a message that has both languages, and all events before it. */
async function both(socket, id, targets = ["en", "fr"]) {
  const events = [];
  for (;;) {
    const event = is(
      await socket.next("message:translation", ({ messageId }) => messageId === id),
      "{messageId:id translations:TranslationData[]}",
    );
    events.push(event);
    const languages = event.translations.map(({ targetLanguage }) => targetLanguage).sort();
    if (String(languages) === String(targets)) return { event, events };
  }
}

/** Sends a text and waits until it is translated. */
async function translated(content = TEXT) {
  const { messageId } = await here.done("message:send", {
    conversationId: group.id,
    content,
    originalLanguage: "es",
  });
  return { messageId, ...(await both(there, messageId)) };
}

test("every reader's language arrives, and the last event has all of them", async () => {
  const { messageId, event, events } = await translated();
  shaped("message:translation", event);
  assert.ok(events.length <= 2, `${events.length} events`);
  const texts = Object.fromEntries(
    event.translations.map((one) => [one.targetLanguage, one.translatedContent]),
  );
  assert.match(texts.fr, /chat/);
  assert.match(texts.en, /The cat eats/);
  for (const one of event.translations) {
    assert.deepEqual([one.sourceLanguage, one.messageId], ["es", messageId]);
    assert.equal(one.cacheKey, `${messageId}_es_${one.targetLanguage}`);
    assert.ok(one.id.startsWith(`${messageId}-${one.targetLanguage}`));
  }
});

test("the new translation comes first", async () => {
  const { events } = await translated("La ciudad es bonita.");
  const seen = new Set();
  for (const { translations } of events) {
    assert.ok(!seen.has(translations[0].id), "new in each event");
    for (const { id } of translations) seen.add(id);
  }
});

test("the list of messages has them as a list", async () => {
  const { messageId } = await translated("La casa es blanca.");
  const [message] = await lea.messages(group.id, "limit=1");
  assert.equal(message.id, messageId);
  const languages = is(message, "Message")
    .translations.map(({ targetLanguage }) => targetLanguage)
    .sort();
  assert.deepEqual(languages, ["en", "fr"]);
  shaped("translations of a message", message.translations);
});

test("each reader is told their language", async () => {
  const language = async (person) =>
    (await person.get(`/conversations/${group.id}/messages?limit=1`)).body.meta.userLanguage;
  assert.deepEqual([await language(carlos), await language(lea), await language(emma)], ["es", "fr", "en"]);
});

test("of three languages, a reader reads the one that they have chosen", async () => {
  const reader = await signUp("Noor", "fr");
  const own = await reader.group([carlos]);
  data(await reader.patch("/users/me", { regionalLanguage: "en", customDestinationLanguage: "pt" }));
  const reads = async (fields) => {
    data(await reader.patch("/users/me", fields));
    return (await reader.get(`/conversations/${own.id}/messages`)).body.meta.userLanguage;
  };
  assert.equal(await reads({ translateToRegionalLanguage: true }), "en");
  assert.equal(await reads({ useCustomDestination: true }), "pt");
  assert.equal(await reads({ translateToSystemLanguage: true }), "fr");
  const socket = await reader.socket();
  const { id } = await carlos.say(own.id, "La casa es blanca.");
  const { translations } = await socket.next("message:translation", ({ messageId }) => messageId === id);
  assert.equal(translations[0].targetLanguage, "fr");
  socket.close();
});

test("who joins later reads the earlier messages in their language", async () => {
  const own = await carlos.group([]);
  const { id } = await carlos.say(own.id, "La casa es blanca.");
  const reader = await signUp("Noor", "fr");
  const socket = await reader.socket();
  data(await carlos.post(`/conversations/${own.id}/participants`, { userId: reader.id }));
  const written = (await reader.messages(own.id)).filter(({ messageType }) => messageType === "text");
  assert.equal(written[0].id, id);
  const { translations } = await socket.next("message:translation", ({ messageId }) => messageId === id);
  assert.match(translations[0].translatedContent, /maison/);
  socket.close();
});

test("translations can be left out of the list", async () => {
  await translated("El libro es bueno.");
  const [message] = await lea.messages(group.id, "limit=1&include_translations=false");
  assert.ok(!message.translations?.length);
});

test("the translations of one message are listed", async () => {
  const { messageId } = await translated("El perro duerme.");
  const answer = data(await lea.get(`/messages/${messageId}/translations`));
  is(
    shaped("GET /messages/:id/translations", answer),
    "{messageId:id originalContent:text originalLanguage:language translations:Translation[]}",
  );
  assert.deepEqual(
    [answer.originalContent, answer.originalLanguage, answer.translations.length],
    ["El perro duerme.", "es", 2],
  );
  hidden(await stranger.get(`/messages/${messageId}/translations`));
});

test("an edited message is translated again, under ids that the old client has not seen", async () => {
  const { messageId, event } = await translated("La mesa es grande.");
  data(
    await carlos.put(`/conversations/${group.id}/messages/${messageId}`, {
      content: "La silla es pequeña.",
      originalLanguage: "es",
    }),
  );
  const edited = await there.next("message:edited", ({ id }) => id === messageId);
  assert.deepEqual(edited.translations, []);
  const { event: again } = await both(there, messageId);
  const before = event.translations.map(({ id }) => id);
  for (const { id, translatedContent } of again.translations) {
    assert.ok(!before.includes(id), id);
    assert.match(translatedContent, /chair|chaise|silla/i);
  }
});

test("a message in one of the readers' languages is not translated into it", async () => {
  const { messageId } = await here.done("message:send", {
    conversationId: group.id,
    content: "Bonjour à tous",
    originalLanguage: "fr",
  });
  const { translations } = await here.next("message:translation", (event) => event.messageId === messageId);
  const [message] = await lea.messages(group.id, "limit=1");
  for (const { targetLanguage } of [...translations, ...message.translations])
    assert.notEqual(targetLanguage, "fr");
});

test("another language is requested over the socket", async () => {
  const { messageId } = await translated("La playa es bonita.");
  there.emit("request_translation", { messageId, targetLanguage: "pt" });
  const got = await there.next("translation_received", (event) => event.messageId === messageId);
  is(
    shaped("translation_received", got),
    "{messageId:id translatedText:text targetLanguage:language confidenceScore?:number}",
  );
  assert.equal(got.targetLanguage, "pt");
});

test("what cannot be translated is an error over the socket", async () => {
  const { messageId } = await translated("El tren sale.");
  there.emit("request_translation", { messageId, targetLanguage: "zu" });
  const failed = await there.next("translation_error", (event) => event.messageId === messageId);
  is(shaped("translation_error", failed), "{messageId:id targetLanguage:language error:text}");
});

test("another language is requested over HTTP", async () => {
  const { messageId } = await translated("El sol brilla.");
  const asked = data(await lea.post("/translate", { message_id: messageId, target_language: "pt" }));
  assert.ok(["processing", "completed"].includes(asked.status), JSON.stringify(asked));
  const { event } = await both(there, messageId, ["en", "fr", "pt"]);
  assert.equal(event.translations[0].targetLanguage, "pt");
  const status = await lea.get(`/messages/${messageId}/translate/pt/status`);
  assert.equal(status.status, 200, status.where);
  is(status.body, '{status:"completed" translatedContent:text}');
});

test("a text without a message is translated at once", async () => {
  const asked = data(
    await lea.post("/translate-blocking", {
      text: "La casa es blanca.",
      source_language: "es",
      target_language: "fr",
    }),
  );
  shaped("POST /translate-blocking", asked);
  assert.match(JSON.stringify(asked), /maison/);
});

test("the language of a text is detected", async () => {
  const found = data(await lea.post("/detect-language", { text: "Où est la bibliothèque municipale ?" }));
  assert.match(JSON.stringify(shaped("POST /detect-language", found)), /"fr"/);
});

test("the languages are public", async () => {
  assert.ok(JSON.stringify(data(await call("GET", "/languages"))).includes('"es"'));
});

test("translations are for the readers of the message", async () => {
  const { messageId } = await translated("El mar es azul.");
  hidden(await stranger.post("/translate", { message_id: messageId, target_language: "pt" }));
});

test("a reader who changes their language is served in it", async () => {
  const { messageId } = await translated("La puerta está abierta.");
  const socket = await emma.socket();
  data(await emma.patch("/users/me", { systemLanguage: "pt" }));
  const answer = await emma.get(`/conversations/${group.id}/messages?limit=1`);
  assert.equal(answer.body.meta.userLanguage, "pt");
  await both(socket, messageId, ["en", "fr", "pt"]);
  socket.close();
});
