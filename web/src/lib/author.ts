// Who has written a message: a user or a guest.

import type { Message } from "../api/schema";

type Authored = Pick<Message, "senderId" | "anonymousSenderId">;

/** The id of the author: of the user, or of the guest. */
export const authorOf = (message: Authored): string | null =>
  message.senderId ?? message.anonymousSenderId ?? null;

/** Whether a user or a guest has written a message. */
export const isBy = (message: Authored, id: string): boolean => authorOf(message) === id;
