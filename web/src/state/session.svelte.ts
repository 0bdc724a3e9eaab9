// Who is signed in on this device.

import { ApiError, authorise, get, onRefusal, patch, post, type Credentials } from "../api/client";
import type { LanguageSettings, User } from "../api/wire";
import { useReadingLanguage } from "../i18n/index.svelte";
import { readingLanguage } from "../lib/reader";
import { load, save } from "../lib/storage";

type SignedIn = Credentials & { user: User };

/** The password was right, and a code is wanted too. */
export interface Challenge {
  requires2FA: true;
  twoFactorToken: string;
}

/** The bounds of what a timer waits: the one keeps a short token from racing, the other is the browser's. */
const [SHORTEST_TIMER_MS, LONGEST_TIMER_MS] = [30_000, 2 ** 31 - 1];

let user = $state.raw<User | null>(null);
let credentials: Credentials | null = null;
let renewal: ReturnType<typeof setTimeout> | undefined;
let renewing: Promise<boolean> | null = null;

export const session = {
  get user(): User | null {
    return user;
  },
  get credentials(): Credentials | null {
    return credentials;
  },
};

async function enter(signedIn: User): Promise<void> {
  await useReadingLanguage(readingLanguage(signedIn));
  user = signedIn;
}

function keep(next: Credentials | null): void {
  credentials = next;
  save("session", next);
  authorise(next);
  clearTimeout(renewal);
  if (!next) return;
  const halfOfItsLife = (expiresAt(next.token) - Date.now()) / 2;
  const wait = Math.min(Math.max(halfOfItsLife, SHORTEST_TIMER_MS), LONGEST_TIMER_MS);
  renewal = setTimeout(() => void renew(), wait);
}

function forget(): void {
  user = null;
  keep(null);
}

/** `rememberDevice` lets this device renew its session for longer (wire-contract 2.2). Gives the challenge if a code is wanted too. */
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

/** Signs in with the code that a password alone did not do without. */
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
}

export async function signUp(registration: Registration): Promise<void> {
  const regionalLanguage = registration.systemLanguage;
  await take(await post<SignedIn>("/auth/register", { ...registration, regionalLanguage }));
}

function take({ token, sessionToken, user: signedIn }: SignedIn): Promise<void> {
  keep({ token, sessionToken });
  return enter(signedIn);
}

export async function signOut(): Promise<void> {
  // Signed out here even where the server cannot be told.
  await post("/auth/logout").catch(() => {});
  forget();
}

/** Takes up the session of an earlier visit; throws `ApiError` when the server cannot say whether it still holds. */
export async function restore(): Promise<void> {
  onRefusal(renew);
  const kept = load<Credentials | null>("session", null);
  if (!kept) return;
  keep(kept);
  if (expiresAt(kept.token) < Date.now() && !(await renew())) return;
  try {
    await enter((await get<{ user: User }>("/auth/me")).user);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (await renew()) await enter((await get<{ user: User }>("/auth/me")).user);
  }
}

/** Exchanges the token for a fresh one; signs out when the server refuses. Several callers share one exchange. */
export function renew(): Promise<boolean> {
  renewing ??= exchange().finally(() => (renewing = null));
  return renewing;
}

async function exchange(): Promise<boolean> {
  if (!credentials) return false;
  try {
    const { token } = await post<{ token: string }>("/auth/refresh", { token: credentials.token });
    keep({ ...credentials, token });
    return true;
  } catch (error) {
    if (isRefusal(error)) forget();
    return false;
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 401 || error.status === 403);

/** When a token ends, in milliseconds since 1970; long ago where that cannot be read. */
function expiresAt(token: string): number {
  try {
    const payload = JSON.parse(atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/")));
    return typeof payload.exp === "number" ? payload.exp * 1000 : 0;
  } catch {
    return 0;
  }
}

export async function changeLanguages(settings: Partial<LanguageSettings>): Promise<void> {
  await enter((await patch<{ user: User }>("/users/me", settings)).user);
}
