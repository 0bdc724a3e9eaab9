// Calls as the old clients make them, and what they expect of every response.

import assert from "node:assert/strict";

export const url = process.env.MEESHY_URL ?? "http://localhost:3000";

const AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36";

/**
 * A call to the server. Paths without `/api` get the prefix, as in the old client. A call without a body has no
 * `Content-Type`. The old client parses every response as JSON, so it has to be.
 */
export async function call(method, path, { body, token, sessionToken, headers = {} } = {}) {
  const response = await fetch(url + (path.startsWith("/api/") ? path : `/api/v1${path}`), {
    method,
    headers: {
      "user-agent": AGENT,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(token && { authorization: `Bearer ${token}` }),
      ...(sessionToken && { "x-session-token": sessionToken }),
      ...headers,
    },
    body:
      body === undefined || typeof body === "string" || body instanceof Uint8Array
        ? body
        : JSON.stringify(body),
  });
  const text = await response.text();
  const where = `${method} ${path}: ${response.status} ${text.slice(0, 500)}`;
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/, where);
  return { status: response.status, headers: response.headers, body: JSON.parse(text), where };
}

/** The `data` of a successful response. */
export function data(answer, status = 200) {
  assert.equal(answer.status, status, answer.where);
  assert.equal(answer.body.success, true, answer.where);
  return answer.body.data;
}

/** The `data` of a page, whose `pagination` is next to it. */
export function page(answer) {
  const items = data(answer);
  assert.ok(Array.isArray(items), answer.where);
  const { total, offset, limit, hasMore } = answer.body.pagination ?? {};
  for (const number of [total, offset, limit]) assert.equal(typeof number, "number", answer.where);
  assert.equal(hasMore, offset + items.length < total, answer.where);
  return items;
}

/** An error in the envelope that the old client reads, with a sentence to show. */
export function refused(answer, status, code) {
  assert.equal(answer.status, status, answer.where);
  const { success, error, message } = answer.body;
  assert.equal(success, false, answer.where);
  assert.equal(typeof error, "string", answer.where);
  assert.ok((message ?? error).length > 3, answer.where);
  if (code) assert.equal(answer.body.code, code, answer.where);
  return answer.body;
}

/**
 * An error about something that the caller may not see: the old server said 403 or 404, the clients treat both alike, and
 * a 404 does not tell that it exists.
 */
export function hidden(answer) {
  assert.ok([403, 404].includes(answer.status), answer.where);
  return refused(answer, answer.status);
}

/** An error about the state of things, for which the old server used three statuses, which the clients treat alike. */
export function impossible(answer) {
  assert.ok([400, 409, 422].includes(answer.status), answer.where);
  return refused(answer, answer.status);
}
