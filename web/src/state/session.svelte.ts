// The session of this device.

import { tick } from "svelte";
import { ApiError, authorise, get, onRefusal, patch, post, remove, type Credentials } from "../api/client";
import type {
  GuestConversation,
  JoinAsGuest,
  JoinedAsGuest,
  OwnGuest,
  RefreshedGuest,
  User,
} from "../api/schema";
import type { LanguageSettings } from "../lib/reader";
import { useReadingLanguage } from "../i18n/index.svelte";
import { readingLanguage } from "../lib/reader";
import { forgetPeople, isAbout, load, save } from "../lib/storage";
import { userOf } from "./guest-user";

type SignedIn = Credentials & { user: User };

/** The password was correct, and a code is required too. */
export interface Challenge {
  requires2FA: true;
  twoFactorToken: string;
}

/** A guest, who takes part in one conversation and has no account. */
export interface Guest {
  conversationId: string;
  canSendMessages: boolean;
  canSendFiles: boolean;
}

/** The limits of a timer: the minimum keeps a short token from looping, the maximum is the browser's. */
const [SHORTEST_TIMER_MS, LONGEST_TIMER_MS] = [30_000, 2 ** 31 - 1];

let user = $state.raw<User | null>(null);
/** What a guest may do, and where; `null` for users. */
let guest = $state.raw<Guest | null>(null);
let credentials: Credentials | null = null;
let renewal: ReturnType<typeof setTimeout> | undefined;
let renewing: Promise<boolean> | null = null;
/** Whether the server ended the session of this device: shown until somebody signs in, also after a reload. */
let hasEnded = $state(false);
/** While signing out, nothing is renewed. */
let isLeaving = false;

export const session = {
  get user(): User | null {
    return user;
  },
  get guest(): Guest | null {
    return guest;
  },
  get credentials(): Credentials | null {
    return credentials;
  },
  get hasEnded(): boolean {
    return hasEnded;
  },
};

async function enter(signedIn: User): Promise<void> {
  await useReadingLanguage(readingLanguage(signedIn));
  // Another user's data on this device is not for this user.
  forgetPeople(signedIn.id);
  hasEnded = false;
  save("ended", null);
  guest = null;
  user = signedIn;
}

/** A guest reads like a user with one language, and may do less. */
async function enterAsGuest(own: OwnGuest, conversation: GuestConversation): Promise<void> {
  await enter(userOf(own));
  guest = {
    conversationId: conversation.id,
    canSendMessages: own.canSendMessages,
    canSendFiles: own.canSendFiles || own.canSendImages,
  };
}

function keep(next: Credentials | null): void {
  credentials = next;
  save("session", next);
  authorise(next);
  clearTimeout(renewal);
  if (!next?.token) return;
  const halfOfItsLife = (expiresAt(next.token) - Date.now()) / 2;
  const wait = Math.min(Math.max(halfOfItsLife, SHORTEST_TIMER_MS), LONGEST_TIMER_MS);
  renewal = setTimeout(() => void renew(), wait);
}

/** The session is over. Drafts stay for when the same user signs in again. */
function end(): void {
  // Signing out removes the session first: if it is still stored, the server ended it. Other tabs check as
  // soon as it is removed.
  if (load("session", null)) save("ended", true);
  hasEnded = load("ended", false);
  user = null;
  guest = null;
  keep(null);
}

/** Another tab has signed out or in, or has renewed the session. */
function follow(event: StorageEvent): void {
  if (!isAbout(event, "session") || !credentials) return;
  const kept = load<Credentials | null>("session", null);
  if (!kept) end();
  else if (subjectOf(kept.token) === subjectOf(credentials.token)) keep(kept);
  else location.reload();
}

/**
 * `rememberDevice` lets this device renew its session for longer. Returns the challenge if a code is required
 * too.
 */
export async function signIn(
  username: string,
  password: string,
  rememberDevice: boolean,
): Promise<Challenge | null> {
  const answer = await post<SignedIn | Challenge>("/auth/login", { username, password, rememberDevice });
  if ("requires2FA" in answer) return answer;
  await take(answer);
  return null;
}

/** Signs in with the token of a link from an email. Returns the challenge if a code is required too. */
export async function signInByLink(token: string): Promise<Challenge | null> {
  const answer = await post<SignedIn | Challenge>("/auth/magic-link/validate", { token });
  if ("requires2FA" in answer) return answer;
  await take(answer);
  return null;
}

/** Reads the user again, after a change elsewhere. */
export async function refresh(): Promise<void> {
  await enter((await get<{ user: User }>("/auth/me")).user);
}

/** Signs in with the code that was required after the password. */
export async function showCode({ twoFactorToken }: Challenge, code: string): Promise<void> {
  await take(await post<SignedIn>("/auth/login/2fa", { twoFactorToken, code }));
}

export interface Registration {
  username: string;
  password: string;
  firstName: string;
  lastName: string;
  email: string;
  systemLanguage: string;
  /** Creates the administrator, if there is none. */
  setupCode: string | undefined;
}

export async function signUp(registration: Registration): Promise<void> {
  const regionalLanguage = registration.systemLanguage;
  await take(await post<SignedIn>("/auth/register", { ...registration, regionalLanguage }));
}

function take({ token, sessionToken, user: signedIn }: SignedIn): Promise<void> {
  keep({ token, sessionToken });
  return enter(signedIn);
}

/** Deletes the account of this user for ever. */
export async function deleteAccount(password: string): Promise<void> {
  await remove("/me/account", { password });
  await signOut();
}

/** Also removes all data of this user: drafts, unsent messages, habits. */
export async function signOut(): Promise<void> {
  isLeaving = true;
  save("session", null);
  // Otherwise the next user of this browser would see the notifications of this one.
  await import("../lib/push").then(({ turnOffPush }) => turnOffPush()).catch(() => {});
  // Signed out here even if the server cannot be reached.
  await post("/auth/logout").catch(() => {});
  end();
  // Once the messenger is unmounted, it does not write any more.
  await tick();
  forgetPeople();
  isLeaving = false;
}

/**
 * Restores the session of an earlier visit; throws `ApiError` if the server cannot say whether it is still
 * valid.
 */
export async function restore(): Promise<void> {
  onRefusal(renew);
  window.onstorage = follow;
  hasEnded = load("ended", false);
  const kept = load<Credentials | null>("session", null);
  if (!kept) return;
  keep(kept);
  if (!kept.token) return restoreGuest(kept.sessionToken ?? "");
  if (expiresAt(kept.token) < Date.now() && !(await renew())) return;
  try {
    await enter((await get<{ user: User }>("/auth/me")).user);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (await renew()) await enter((await get<{ user: User }>("/auth/me")).user);
  }
}

/**
 * Exchanges the token for a new one; signs out if the server rejects it. Concurrent callers share one
 * exchange.
 */
export function renew(): Promise<boolean> {
  renewing ??= inTurn(exchange).finally(() => (renewing = null));
  return renewing;
}

async function exchange(): Promise<boolean> {
  if (!credentials || isLeaving) return false;
  if (!credentials.token) {
    end();
    return false;
  }
  if (adopt()) return true;
  try {
    const { token } = await post<{ token: string }>("/auth/refresh", { token: credentials.token });
    keep({ ...credentials, token });
    return true;
  } catch (error) {
    if (!isRefusal(error)) return false;
    if (adopt()) return true;
    end();
    return false;
  }
}

/** A token can be exchanged once: uses the one that another tab has received for it, if there is one. */
function adopt(): boolean {
  const kept = load<Credentials | null>("session", null);
  if (!kept || !credentials || kept.token === credentials.token) return false;
  if (subjectOf(kept.token) !== subjectOf(credentials.token)) return false;
  keep(kept);
  return true;
}

/** Tabs take turns if the browser supports it, which requires HTTPS or localhost. */
const inTurn = async (work: () => Promise<boolean>): Promise<boolean> =>
  navigator.locks ? await navigator.locks.request("meeshy.session", work) : await work();

const isRefusal = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 401 || error.status === 403);

/** When a token expires, in milliseconds since the Unix epoch; 0 if it cannot be parsed. */
function expiresAt(token: string): number {
  const { exp } = claims(token);
  return typeof exp === "number" ? exp * 1000 : 0;
}

/** The user of a token. */
const subjectOf = (token: string): unknown => claims(token)["userId"];

/** The claims of a token (RFC 7519); empty if it cannot be parsed. */
function claims(token: string): Record<string, unknown> {
  try {
    return JSON.parse(atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/")));
  } catch {
    return {};
  }
}

/** Joins the conversation of a link as a guest. */
export async function joinAsGuest(linkId: string, form: JoinAsGuest): Promise<void> {
  const path = `/anonymous/join/${encodeURIComponent(linkId)}`;
  const { sessionToken, participant, conversation } = await post<JoinedAsGuest>(path, form);
  keep({ token: "", sessionToken });
  await enterAsGuest(participant, conversation);
}

/** Restores a guest of an earlier visit. */
async function restoreGuest(sessionToken: string): Promise<void> {
  try {
    const back = await post<RefreshedGuest>("/anonymous/refresh", { sessionToken });
    await enterAsGuest(back.participant, back.conversation);
  } catch (error) {
    if (!(error instanceof ApiError && (error.isFinal || error.status === 401))) throw error;
    keep(null);
  }
}

/** Leaves the conversation for ever; also removes what this device knows of the guest. */
export async function leaveAsGuest(): Promise<void> {
  const sessionToken = credentials?.sessionToken ?? "";
  save("session", null);
  end();
  // Once the messenger is unmounted, it asks and writes nothing any more.
  await tick();
  forgetPeople();
  await post("/anonymous/leave", { sessionToken }).catch(() => {});
}

export async function changeLanguages(settings: Partial<LanguageSettings>): Promise<void> {
  await enter((await patch<{ user: User }>("/users/me", settings)).user);
}

/** Changes what others see of the user. */
export async function changeProfile(changes: { bio?: string; displayName?: string }): Promise<void> {
  await enter((await patch<{ user: User }>("/users/me", changes)).user);
}

/** Replaces the user's picture by that of a `data:` URL; `null` removes it. */
export async function changeAvatar(picture: string | null): Promise<void> {
  const { avatar } = await patch<{ avatar: string | null }>("/users/me/avatar", { avatar: picture });
  if (user) user = { ...user, avatar };
}

export async function changeUsername(newUsername: string, currentPassword: string): Promise<void> {
  const body = { newUsername, currentPassword };
  const { username } = await patch<{ username: string }>("/users/me/username", body);
  if (user) user = { ...user, username };
}
