// Tells the server what this user does with files of others, for those who sent them.

import { post } from "../api/client";
import type { Attachment } from "../api/schema";
import { session } from "./session.svelte";

type File = Pick<Attachment, "id" | "uploadedBy">;

function tell(file: File, use: Record<string, unknown>): void {
  if (session.guest || file.uploadedBy === session.user?.id) return;
  // Nobody waits for it.
  void post(`/attachments/${file.id}/status`, use).catch(() => {});
}

/** It was opened in another tab. */
export const opened = (file: File): void => tell(file, { action: "viewed" });

/** It was saved. */
export const saved = (file: File): void => tell(file, { action: "downloaded" });

/** Playing it has stopped, at its end or before. */
export function stopped(file: File, player: HTMLMediaElement): void {
  const action = player instanceof HTMLVideoElement ? "watched" : "listened";
  const playPositionMs = Math.round(player.currentTime * 1000);
  tell(file, { action, playPositionMs, complete: player.ended });
}
