// Who may delete a message, by the rule of the server (crates/chat/src/policy.rs).

import type { Conversation, Message, User } from "../api/schema";

const MODERATORS = ["CREATOR", "ADMIN", "MODERATOR"];

export function mayDelete(message: Message, conversation: Conversation | undefined, user: User): boolean {
  if (message.senderId === user.id || user.permissions.canModerateContent) return true;
  const own = conversation?.members.find((member) => member.userId === user.id);
  return conversation?.type !== "direct" && own !== undefined && MODERATORS.includes(own.role);
}
