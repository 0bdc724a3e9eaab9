// The official Socket.IO client exercises everything, over both transports.

import assert from "node:assert/strict";
import { test } from "node:test";
import { io } from "socket.io-client";
import { unique, url } from "./browser.mjs";

async function rest(method, path, body, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers,
    body: body && JSON.stringify(body),
  });
  return { status: response.status, ...(await response.json()) };
}

async function register(name, language) {
  const username = unique(name);
  const answer = await rest("POST", "/auth/register", {
    username,
    password: "correct horse",
    firstName: name,
    lastName: "Test",
    email: `${username}@example.org`,
    systemLanguage: language,
    regionalLanguage: language,
  });
  assert.equal(answer.success, true, JSON.stringify(answer));
  return { token: answer.data.token, id: answer.data.user.id };
}

/** A socket that records its events, and can wait for more. */
function listen(auth, transports) {
  const socket = io(url, { auth, transports, forceNew: true, reconnection: false });
  const heard = [];
  const waiting = [];
  socket.onAny((name, payload) => {
    heard.push({ name, payload });
    for (const waiter of [...waiting]) waiter();
  });
  /** The first event with this name that matches, including past ones. */
  const next = (name, fits = () => true) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = heard.find((event) => event.name === name && fits(event.payload));
        if (!found) return;
        clearTimeout(timer);
        waiting.splice(waiting.indexOf(look), 1);
        resolve(found.payload);
      };
      const timer = setTimeout(
        () => reject(new Error(`no ${name}; heard ${heard.map((event) => event.name).join(", ")}`)),
        10_000,
      );
      waiting.push(look);
      look();
    });
  return { socket, heard, next };
}

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
  test(`a conversation over ${transports.join(", then ")}`, async () => {
    const [lea, carlos] = [await register("lea", "fr"), await register("carlos", "es")];
    const a = listen({ authToken: lea.token, tokenType: "jwt" }, transports);
    const b = listen({ token: carlos.token }, transports);
    const second = listen({ token: carlos.token }, transports);
    try {
      const known = await a.next("authenticated");
      assert.deepEqual(known, { success: true, user: { id: lea.id, language: "fr", isAnonymous: false } });
      await Promise.all([b.next("authenticated"), second.next("authenticated")]);

      const created = await rest(
        "POST",
        "/conversations",
        { type: "direct", participantIds: [carlos.id] },
        lea.token,
      );
      assert.equal(created.status, 201);
      const conversationId = created.data.id;

      a.socket.emit("conversation:join", { conversationId });
      assert.deepEqual(await a.next("conversation:joined"), { conversationId, userId: lea.id });
      const stats = await a.next("conversation:stats");
      assert.equal(stats.stats.participantCount, 2);

      b.socket.emit("typing:start", { conversationId });
      const typing = await a.next("typing:start");
      assert.deepEqual(typing, {
        userId: carlos.id,
        username: "Carlos Test",
        conversationId,
        isTyping: true,
      });

      const message = {
        conversationId,
        content: "¿Dónde está la estación?",
        originalLanguage: "es",
        clientMessageId: "one",
      };
      const ack = await b.socket.timeout(5000).emitWithAck("message:send", message);
      assert.equal(ack.success, true, JSON.stringify(ack));
      const again = await b.socket.timeout(5000).emitWithAck("message:send", message);
      assert.equal(again.data.messageId, ack.data.messageId, "a retry is the same message");

      // Everybody receives it, including the sender's other device, once.
      for (const listener of [a, b, second]) {
        const heard = await listener.next("message:new");
        assert.equal(heard.id, ack.data.messageId);
        assert.equal(heard.sender.id, carlos.id);
        assert.deepEqual(heard.translations, []);
      }
      const unread = await a.next(
        "conversation:unread-updated",
        (event) => event.conversationId === conversationId,
      );
      assert.deepEqual(unread, { conversationId, unreadCount: 1 });

      const { translations } = await a.next("message:translation");
      assert.equal(translations[0].targetLanguage, "fr");
      assert.match(translations[0].translatedContent, /station|gare/i);
      assert.equal(a.heard.filter((event) => event.name === "message:new").length, 1);

      const read = await rest("POST", `/conversations/${conversationId}/mark-read`, {}, lea.token);
      assert.equal(read.data.markedCount, 1);
      await a.next("conversation:unread-updated", (event) => event.unreadCount === 0);
      await b.next("read-status:updated", (event) => event.userId === lea.id && event.type === "read");

      // Leaving means "not looking"; a member still receives events.
      a.socket.emit("conversation:leave", { conversationId });
      await a.next("conversation:left");
      await b.socket.timeout(5000).emitWithAck("message:send", { conversationId, content: "Hasta mañana" });
      await a.next("message:new", (event) => event.content === "Hasta mañana");

      // Sent in a row, received in that order.
      const sent = await Promise.all(
        [1, 2, 3, 4, 5].map((n) =>
          b.socket.timeout(5000).emitWithAck("message:send", { conversationId, content: `uno ${n}` }),
        ),
      );
      assert.ok(sent.every((answer) => answer.success));
      await a.next("message:new", (event) => event.content === "uno 5");
      const order = a.heard
        .filter((event) => event.name === "message:new")
        .map((event) => event.payload.sequence);
      assert.deepEqual(
        order,
        [...order].sort((one, other) => one - other),
      );

      // Signing out closes the sockets of that device.
      const closed = new Promise((resolve) => a.socket.once("disconnect", resolve));
      await rest("POST", "/auth/logout", undefined, lea.token);
      await closed;
    } finally {
      for (const { socket } of [a, b, second]) socket.disconnect();
    }
  });
}

test("invalid events are rejected, and the socket stays open", async () => {
  const [lea, stranger] = [await register("lea", "fr"), await register("emma", "en")];
  const created = await rest(
    "POST",
    "/conversations",
    { type: "group", title: "x", participantIds: [] },
    lea.token,
  );
  const conversationId = created.data.id;
  const a = listen({ token: lea.token }, ["websocket"]);
  const b = listen({ token: stranger.token }, ["websocket"]);
  try {
    await Promise.all([a.next("authenticated"), b.next("authenticated")]);
    const send = (listener, payload) => listener.socket.timeout(5000).emitWithAck("message:send", payload);
    for (const payload of [
      { conversationId, content: "" },
      { conversationId, content: "x".repeat(4001) },
      { conversationId, content: "a\0b" },
      { conversationId },
      { content: "x" },
      "text",
      42,
      null,
      [],
      Buffer.from([1, 2, 3]),
      { conversationId, content: Buffer.from([1, 2, 3]) },
      { conversationId: "65a0c0ffee0123456789abcd", content: "x" },
      { conversationId, content: "x", originalLanguage: "klingon" },
    ]) {
      const answer = await send(a, payload);
      assert.equal(answer.success, false, JSON.stringify(payload));
      assert.ok(answer.error.length > 5);
    }
    assert.equal((await send(b, { conversationId, content: "x" })).code, "CONVERSATION_ACCESS_DENIED");
    assert.equal((await send(a, { conversationId, content: "still here" })).success, true);
  } finally {
    a.socket.disconnect();
    b.socket.disconnect();
  }
});

test("a socket without credentials is told what is missing", async () => {
  for (const auth of [{}, { token: "a.b.c" }]) {
    const nobody = listen(auth, ["websocket"]);
    const answer = await nobody.next("authenticated");
    assert.equal(answer.success, false);
    assert.match((await nobody.next("error")).message, /Bearer token/);
    nobody.socket.disconnect();
  }
});
