// Users of the old clients.

import { call, data } from "./http.mjs";
import { webSocket } from "./socket.mjs";

export const PASSWORD = "correct horse";

let names = 0;
const run = process.pid.toString(36) + (Date.now() % 46_656).toString(36);
/** A username that nobody else has; they have at most 16 characters. */
export const unique = (name) => `${name.slice(0, 6)}${run}${(names++).toString(36)}`.slice(0, 16);

/** The form of the sign-up wizard, with keys that the server does not need. */
export function form(name, language = "en") {
  const username = unique(name);
  return {
    username,
    password: PASSWORD,
    confirmPassword: PASSWORD,
    firstName: name,
    lastName: "Test",
    email: `${username.toLowerCase()}@example.org`,
    phoneNumber: "",
    systemLanguage: language,
    regionalLanguage: language,
    affiliateToken: undefined,
  };
}

/** Somebody who is signed in. */
export class Person {
  constructor(user, token, sessionToken) {
    Object.assign(this, { ...user, token, sessionToken });
  }

  call(method, path, body, headers) {
    return call(method, path, { body, token: this.token, headers });
  }

  get = (path, headers) => this.call("GET", path, undefined, headers);
  post = (path, body) => this.call("POST", path, body);
  put = (path, body) => this.call("PUT", path, body);
  patch = (path, body) => this.call("PATCH", path, body);
  delete = (path, body) => this.call("DELETE", path, body);

  /** A socket that the server has accepted. */
  async socket(connect = webSocket) {
    const socket = connect(this.token);
    await socket.next("authenticated", ({ success }) => success);
    return socket;
  }

  /** Creates a group with these people; returns it. */
  async group(people, more = {}) {
    const participantIds = people.map(({ id }) => id);
    return data(
      await this.post("/conversations", { type: "group", title: "Group", participantIds, ...more }),
      201,
    );
  }

  /** Creates a conversation with one other person; returns it. */
  async direct(other) {
    return data(await this.post("/conversations", { type: "direct", participantIds: [other.id] }), 201);
  }

  /** Sends a message by HTTP; returns it. */
  async say(conversationId, content, more = {}) {
    const body = { content, originalLanguage: this.systemLanguage, conversationId, ...more };
    return data(await this.post(`/conversations/${conversationId}/messages`, body), 201);
  }

  /** The newest messages of a conversation, in the order of the server. */
  async messages(conversationId, query = "limit=50") {
    return data(await this.get(`/conversations/${conversationId}/messages?${query}`));
  }

  /** The entry of a conversation in the list. */
  async entry(conversationId) {
    const list = data(await this.get("/conversations?limit=50"));
    return list.find(({ id }) => id === conversationId);
  }
}

export async function signUp(name, language) {
  const answer = await call("POST", "/auth/register", { body: form(name, language) });
  const { user, token } = data(answer);
  return new Person(user, token);
}

/** Signs up several people: their languages by their names. */
export async function signUpAll(languages) {
  const people = [];
  for (const [name, language] of Object.entries(languages)) people.push(await signUp(name, language));
  return people;
}

export async function signIn(username, { password = PASSWORD, ...more } = {}) {
  const { user, token, sessionToken } = data(
    await call("POST", "/auth/login", { body: { username, password, ...more } }),
  );
  return new Person(user, token, sessionToken);
}
