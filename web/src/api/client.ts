// REST, with the envelope taken off (wire-contract 1.3).

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

export interface Page<T> {
  data: T;
  hasMore: boolean;
  total: number;
}

let token: string | null = null;
let onSignedOut: () => void = () => {};

/** Calls are made with this token from now on; `signedOut` is told when the server no longer takes it. */
export function useToken(next: string | null, signedOut: () => void = () => {}): void {
  token = next;
  onSignedOut = signedOut;
}

async function call<T>(method: string, path: string, body?: unknown): Promise<Page<T>> {
  const headers: Record<string, string> = {};
  if (token) headers["authorization"] = `Bearer ${token}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    throw new ApiError(0, "OFFLINE", "The server cannot be reached");
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) {
    return {
      data: answer.data,
      hasMore: answer.pagination?.hasMore ?? false,
      total: answer.pagination?.total ?? 0,
    };
  }
  if (response.status === 401 && token && !path.startsWith("/auth/")) onSignedOut();
  const detail = Array.isArray(answer.details) ? answer.details[0] : undefined;
  throw new ApiError(
    response.status,
    answer.code ?? "UNKNOWN",
    detail?.message ?? answer.message ?? `Error ${response.status}`,
    detail?.field,
  );
}

export const get = <T>(path: string) => call<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}) =>
  call<T>("POST", path, body).then((page) => page.data);
export const patch = <T>(path: string, body: unknown) =>
  call<T>("PATCH", path, body).then((page) => page.data);
