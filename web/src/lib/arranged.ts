// The order of the conversations in the list, as their reader prefers it.

import type { Conversation } from "../api/schema";

type Arranged = Pick<Conversation, "userPreferences">;

const preferred = (conversation: Arranged) => conversation.userPreferences[0];

export const isPinned = (conversation: Arranged): boolean => preferred(conversation)?.isPinned ?? false;
export const isMuted = (conversation: Arranged): boolean => preferred(conversation)?.isMuted ?? false;
export const isArchived = (conversation: Arranged): boolean => preferred(conversation)?.isArchived ?? false;

/** The pinned ones first, each group in the given order; archived ones only if they are wanted. */
export function arranged<T extends Arranged>(conversations: T[], withArchived: boolean): T[] {
  const shown = conversations.filter((conversation) => withArchived || !isArchived(conversation));
  return [...shown.filter(isPinned), ...shown.filter((conversation) => !isPinned(conversation))];
}
