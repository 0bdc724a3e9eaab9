// REST calls, with the envelope removed.

import { at } from "../lib/base";

/** The credentials of a request. */
export interface Credentials {
  /** Empty for a guest, who only has the secret of this device. */
  token: string;
  /** Only known to this device; allows it to exchange an expired token. */
  sessionToken?: string;
}

/** An error response, or no response at all (`status` 0, `code` "OFFLINE"). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The invalid field of the request, if it is one. */
    readonly field?: string,
    /** When the username can be changed again, if it was changed a short time ago. */
    readonly nextChangeAllowedAt?: string,
  ) {
    super(message);
  }

  /** Whether a retry would get the same response. */
  get isFinal(): boolean {
    return [400, 403, 404, 410].includes(this.status);
  }
}

/** The error of a response that says nothing of fields. */
export const refusal = (status: number, answer: { code?: string; message?: string }): ApiError =>
  new ApiError(status, answer.code ?? "UNKNOWN", answer.message ?? `error ${status}`);

/** The time-out of a request. */
const TIMEOUT_MS = 20_000;

export interface Page<T> {
  data: T;
  hasMore: boolean;
  /** The `after` of the next page, of a list that continues after an item. */
  next: string | null;
  /** Whether there are newer messages than those of the page. */
  hasNewer: boolean;
}

let credentials: Credentials | null = null;
let renew: () => Promise<boolean> = () => Promise.resolve(false);

/** Sets the credentials of all further calls. */
export function authorise(next: Credentials | null): void {
  credentials = next;
}

/**
 * `renewal` is called for new credentials when the server rejects the current ones; it returns whether there
 * are any.
 */
export function onRefusal(renewal: () => Promise<boolean>): void {
  renew = renewal;
}

function headers(body: unknown): Record<string, string> {
  const written: Record<string, string> = {};
  if (credentials?.token) written["authorization"] = `Bearer ${credentials.token}`;
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
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0, "OFFLINE", "the server cannot be reached");
  }
  const answer = await response.json().catch(() => ({}));
  // One old route says with 200 that there were too many calls.
  const isLimited = answer.success === false && answer.error === "RATE_LIMITED";
  if (response.ok && !isLimited) {
    const { hasMore = false, next = null } = answer.pagination ?? {};
    return { data: answer.data, hasMore, next, hasNewer: answer.meta?.hasNewer ?? false };
  }
  const mayRepeat = response.status === 401 && credentials && !isRepeated && !path.startsWith("/auth/");
  if (mayRepeat && (await renew())) return call(method, path, body, true);
  const detail = Array.isArray(answer.details) ? answer.details[0] : undefined;
  const message = detail?.message ?? answer.message ?? `error ${response.status}`;
  const { code = isLimited ? "RATE_LIMIT_EXCEEDED" : "UNKNOWN", nextChangeAllowedAt } = answer;
  throw new ApiError(response.status, code, message, detail?.field, nextChangeAllowedAt);
}

export const getPage = <T>(path: string) => call<T>("GET", path);
export const get = <T>(path: string) => call<T>("GET", path).then((page) => page.data);
export const post = <T>(path: string, body: unknown = {}) =>
  call<T>("POST", path, body).then((page) => page.data);
export const put = <T>(path: string, body: unknown) => call<T>("PUT", path, body).then((page) => page.data);
export const remove = <T>(path: string, body?: unknown) =>
  call<T>("DELETE", path, body).then((page) => page.data);
export const patch = <T>(path: string, body: unknown) =>
  call<T>("PATCH", path, body).then((page) => page.data);

/** A file of any length, which takes as long as it takes. */
export async function download(path: string, isRepeated = false): Promise<Blob> {
  const response = await fetch(at(`/api/v1${path}`), { headers: headers(undefined) }).catch(() => null);
  if (!response) throw new ApiError(0, "OFFLINE", "the server cannot be reached");
  if (response.status === 401 && credentials && !isRepeated && (await renew())) return download(path, true);
  if (response.ok) {
    // The connection ends early if the server fails.
    const file = await response.blob().catch(() => null);
    if (file) return file;
    throw new ApiError(0, "OFFLINE", "the file is not complete");
  }
  throw refusal(response.status, await response.json().catch(() => ({})));
}

/** The headers that say who calls. */
export const authorisation = (): Record<string, string> => headers(undefined);

/** Gets new credentials; returns whether there are any. */
export const renewed = (): Promise<boolean> => renew();
