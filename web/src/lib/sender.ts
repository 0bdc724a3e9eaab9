// The author of a message: a user or a guest.

import type { Guest, LastMessageSender, Message } from "../api/schema";
import { t } from "../i18n/index.svelte";
import { isBy } from "./author";

interface Sent {
  senderId: Message["senderId"];
  anonymousSenderId: Message["anonymousSenderId"];
  sender: Pick<LastMessageSender, "displayName"> | null;
  anonymousSender: Omit<Guest, "language"> | null;
}

/** The display name; empty once the account is deleted. */
export function senderName({ sender, anonymousSender: guest }: Sent): string {
  if (sender) return sender.displayName;
  return guest ? `${guest.firstName} ${guest.lastName}`.trim() || guest.username : "";
}

/** The display name as a reader sees it: "you" if it is their own. */
export const shownSender = (message: Sent, reader: { id: string }): string =>
  isBy(message, reader.id) ? t("you") : senderName(message);
