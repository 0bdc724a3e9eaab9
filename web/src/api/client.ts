// REST, with the envelope taken off.

import { at } from "../lib/base";

/** What proves to the server who calls. */
export interface Credentials {
  token: string;
  /** Only of this device; lets it exchange a token that has ended. */
  sessionToken?: string;
}

/** A refusal by the server, or no answer at all (`status` 0, `code` "OFFLINE"). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The field of the request that is wrong, where it is one. */
    readonly field?: string,
  ) {
    super(message);
  }

  /** Whether asking again would be answered the same. */
  get isFinal(): boolean {
    return [400, 403, 404].includes(this.status);
  }
}

/** No answer within this time is no answer. */
const PATIENCE_MS = 20_000;

export interface Page<T> {
  data: T;
  hasMore: boolean;
}

let credentials: Credentials | null = null;
let renew: () => Promise<boolean> = () => Promise.resolve(false);

/** Calls prove themselves by this from now on. */
export function authorise(next: Credentials | null): void {
  credentials = next;
}

/** `renewal` is asked for fresh credentials when the server no longer takes ours; it answers whether there are any. */
export function onRefusal(renewal: () => Promise<boolean>): void {
  renew = renewal;
}

function headers(body: unknown): Record<string, string> {
  const written: Record<string, string> = {};
  if (credentials) written["authorization"] = `Bearer ${credentials.token}`;
  if (credentials?.sessionToken) written["x-session-token"] = credentials.sessionToken;
  if (body !== undefined) written["content-type"] = "application/json";
  return written;
}

async function call<T>(method: string, path: string, body?: unknown, isRepeated = false): Promise<Page<T>> {
  let response: Response;
  try {
    response = await fetch(at(`/api/v1${path}`), {
      method,
      headers: headers(body),
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new ApiError(0, "OFFLINE", "the server cannot be reached");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return { data: answer.data, hasMore: answer.pagination?.hasMore ?? false };
  const mayRepeat = response.status === 401 && credentials && !isRepeated && !path.startsWith("/auth/");
  if (mayRepeat && (await renew())) return call(method, path, body, true);
  const detail = Array.isArray(answer.details) ? answer.details[0] : undefined;
  const message = detail?.message ?? answer.message ?? `error ${response.status}`;
  throw new ApiError(response.status, answer.code ?? "UNKNOWN", message, detail?.field);
}

export const getPage = <T>(path: string) => call<T>("GET", path);
export const get = <T>(path: string) => call<T>("GET", path).then((page) => page.data);
export const post = <T>(path: string, body: unknown = {}) =>
  call<T>("POST", path, body).then((page) => page.data);
export const put = <T>(path: string, body: unknown) => call<T>("PUT", path, body).then((page) => page.data);
export const patch = <T>(path: string, body: unknown) =>
  call<T>("PATCH", path, body).then((page) => page.data);
