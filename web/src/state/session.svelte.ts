// Who is signed in on this device.

import { useInterfaceLanguage } from "../i18n/index.svelte";
import { ApiError, get, patch, post, useToken } from "../api/client";
import { readingLanguage } from "../lib/reader";
import type { LanguageSettings, User } from "../api/wire";

interface SignedIn {
  user: User;
  token: string;
}

const TOKEN = "meeshy.token";
/** A token that ends within a day's quarter is exchanged when the page is opened. */
const REFRESH_BEFORE_MS = 6 * 3600 * 1000;

let user = $state<User | null>(null);
let token = $state<string | null>(null);
let restored = $state(false);

export const session = {
  get user(): User | null {
    return user;
  },
  get token(): string | null {
    return token;
  },
  /** Whether it is known by now if somebody is signed in. */
  get restored(): boolean {
    return restored;
  },
};

async function enter(signedIn: SignedIn): Promise<void> {
  keep(signedIn.token);
  await useInterfaceLanguage(readingLanguage(signedIn.user));
  user = signedIn.user;
}

function keep(next: string): void {
  token = next;
  localStorage.setItem(TOKEN, next);
  useToken(next, forget);
}

function forget(): void {
  user = null;
  token = null;
  localStorage.removeItem(TOKEN);
  useToken(null);
}

export async function signIn(username: string, password: string): Promise<void> {
  await enter(await post<SignedIn>("/auth/login", { username, password }));
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
  await enter(await post<SignedIn>("/auth/register", { ...registration, regionalLanguage }));
}

export async function signOut(): Promise<void> {
  await post("/auth/logout").catch(() => {});
  forget();
}

/** Takes up the session of an earlier visit. */
export async function restore(): Promise<void> {
  const kept = localStorage.getItem(TOKEN);
  if (kept) {
    useToken(kept, forget);
    token = kept;
    try {
      if (expiresAt(kept) - Date.now() < REFRESH_BEFORE_MS) {
        keep((await post<{ token: string }>("/auth/refresh", { token: kept })).token);
      }
      await enter({ ...(await get<{ user: User }>("/auth/me")).data, token: token ?? kept });
    } catch (error) {
      // Without a connection the session is kept for the next try.
      if (!(error instanceof ApiError) || error.status === 401 || error.status === 403) forget();
    }
  }
  restored = true;
}

function expiresAt(jwt: string): number {
  try {
    const payload = JSON.parse(atob((jwt.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/")));
    return payload.exp * 1000;
  } catch {
    return 0;
  }
}

export async function changeLanguages(settings: Partial<LanguageSettings>): Promise<void> {
  const changed = await patch<{ user: User }>("/users/me", settings);
  await useInterfaceLanguage(readingLanguage(changed.user));
  user = changed.user;
}
