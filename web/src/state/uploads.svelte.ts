// Files that go with the next message of a conversation. They are uploaded as soon as they are chosen, one after
// the other, and are gone with the page; what was not sent is removed by the server.

import { ApiError, remove } from "../api/client";
import { upload } from "../api/upload";
import { newId } from "../lib/ids";
import { problemOf } from "../lib/problems";

/** The most files of a message. */
export const MAX_FILES = 10;

export interface ChosenFile {
  key: string;
  name: string;
  /** In bytes. */
  size: number;
  /** From 0 to 1. */
  progress: number;
  /** Once it is uploaded. */
  id?: string;
  /** Why it cannot be sent. */
  problem?: string;
}

interface Waiting {
  conversationId: string;
  key: string;
  file: File;
}

let chosen = $state<Record<string, ChosenFile[]>>({});
let waiting: Waiting[] = [];
let stop: AbortController | null = null;
/** The key of the file that is being uploaded. */
let current = "";

export const chosenFiles = (conversationId: string): readonly ChosenFile[] => chosen[conversationId] ?? [];

/** Adds files, up to the most of a message; returns whether all of them were added. */
export function choose(conversationId: string, files: readonly File[]): boolean {
  const room = MAX_FILES - chosenFiles(conversationId).length;
  const added = files.slice(0, Math.max(0, room)).map((file) => ({ conversationId, key: newId(), file }));
  const shown = added.map(({ key, file }) => ({ key, name: file.name, size: file.size, progress: 0 }));
  chosen[conversationId] = [...chosenFiles(conversationId), ...shown];
  waiting.push(...added);
  void next();
  return added.length === files.length;
}

/** Removes a file, also from the server. */
export function unchoose(conversationId: string, key: string): void {
  const file = chosenFiles(conversationId).find((one) => one.key === key);
  chosen[conversationId] = chosenFiles(conversationId).filter((one) => one.key !== key);
  waiting = waiting.filter((one) => one.key !== key);
  if (current === key) stop?.abort();
  // The server removes it anyway, after a day.
  if (file?.id) remove(`/attachments/${file.id}`).catch(() => {});
}

/** Takes the files for a message that is being sent. */
export function takeFiles(conversationId: string): { id: string; name: string }[] {
  const taken = chosenFiles(conversationId).flatMap(({ id, name }) => (id ? [{ id, name }] : []));
  delete chosen[conversationId];
  return taken;
}

/** Forgets everything: the user has signed out. */
export function forgetFiles(): void {
  chosen = {};
  waiting = [];
  stop?.abort();
}

function change(conversationId: string, key: string, changes: Partial<ChosenFile>): void {
  const files = chosen[conversationId];
  const file = files?.find((one) => one.key === key);
  if (file) Object.assign(file, changes);
}

async function next(): Promise<void> {
  const upcoming = current ? undefined : waiting.shift();
  if (!upcoming) return;
  const { conversationId, key, file } = upcoming;
  current = key;
  stop = new AbortController();
  try {
    const stored = await upload(file, stop.signal, (progress) => change(conversationId, key, { progress }));
    change(conversationId, key, { id: stored.id, progress: 1 });
  } catch (error) {
    if (error instanceof ApiError) change(conversationId, key, { problem: problemOf(error) });
  } finally {
    current = "";
  }
  void next();
}
