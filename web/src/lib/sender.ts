// Who wrote a message: a person or, in messages of the old system, a guest.

import type { Message } from "../api/wire";

type Sent = Pick<Message, "senderId" | "sender" | "anonymousSender">;

/** The name that others see; empty once the account is gone. */
export function senderName({ sender, anonymousSender: guest }: Sent): string {
  if (sender) return sender.displayName;
  return guest ? `${guest.firstName} ${guest.lastName}`.trim() || guest.username : "";
}

/** What tells senders apart. */
export const senderKey = (message: Sent): string | null =>
  message.senderId ?? message.anonymousSender?.id ?? null;
