// Uploads in parts (tus 1.0), which continue where they broke off.

import { at } from "../lib/base";
import { ApiError, authorisation, get, refusal, renewed } from "./client";
import type { OneFile } from "./schema";

/** The size of a part. A part may take ten minutes. */
const PART_BYTES = 8 * 1024 * 1024;
/** How long to wait before each further attempt, in milliseconds; the count starts again when something arrives. */
const RETRY_DELAYS = [0, 1_000, 3_000, 5_000, 10_000, 20_000, 30_000, 60_000];
/** Trying again gets the same response. */
const FINAL = [400, 403, 404, 410, 413, 415, 422];

/** Uploads a file, and returns what the server knows of it; `report` gets the part that was sent, from 0 to 1. */
export async function upload(
  file: File,
  signal: AbortSignal,
  report: (part: number) => void,
): Promise<OneFile["attachment"]> {
  if (!authorisation()["authorization"]) return uploadAsGuest(file, signal, report);
  const { Upload, DetailedError } = await import("tus-js-client");
  let isRefused = false;
  const id = await new Promise<string>((resolve, reject) => {
    const sending = new Upload(file, {
      endpoint: at("/api/v1/attachments/resumable"),
      metadata: { filename: file.name, filetype: file.type },
      chunkSize: PART_BYTES,
      // It is forgotten with the page.
      storeFingerprintForResuming: false,
      retryDelays: RETRY_DELAYS,
      async onBeforeRequest(request) {
        if (isRefused) await renewed();
        isRefused = false;
        for (const [name, value] of Object.entries(authorisation())) request.setHeader(name, value);
      },
      onShouldRetry(error) {
        const status = error.originalResponse?.getStatus() ?? 0;
        isRefused = status === 401;
        return !FINAL.includes(status);
      },
      onProgress: (sent, total) => report(total ? sent / total : 0),
      onSuccess: () => resolve(sending.url?.split("/").at(-1) ?? ""),
      onError: (error) => reject(problemOf(error instanceof DetailedError ? error.originalResponse : null)),
    });
    signal.addEventListener("abort", () => {
      // The server removes what it has received, now or after a day.
      sending.abort(true).catch(() => {});
      reject(new ApiError(0, "ABORTED", "the upload was stopped"));
    });
    if (!signal.aborted) sending.start();
  });
  return (await get<OneFile>(`/attachments/${id}/metadata`)).attachment;
}

/** Guests upload in one request: their files are small. */
async function uploadAsGuest(
  file: File,
  signal: AbortSignal,
  report: (part: number) => void,
): Promise<OneFile["attachment"]> {
  const body = new FormData();
  body.append("files", file);
  const path = at("/api/v1/attachments/upload");
  const response = await fetch(path, { method: "POST", headers: authorisation(), body, signal }).catch(
    () => null,
  );
  if (!response) throw new ApiError(0, "OFFLINE", "the server cannot be reached");
  const answer = await response.json().catch(() => ({}));
  const stored = answer.data?.attachments?.[0];
  if (!response.ok || !stored) throw refusal(response.status, answer);
  report(1);
  return stored;
}

interface TusResponse {
  getStatus: () => number;
  getBody: () => string;
}

function problemOf(response: TusResponse | null): ApiError {
  if (!response) return new ApiError(0, "OFFLINE", "the server cannot be reached");
  const status = response.getStatus();
  let answer: { code?: string; message?: string } = {};
  try {
    answer = JSON.parse(response.getBody());
  } catch {
    // A proxy has answered.
  }
  return refusal(status, answer);
}
