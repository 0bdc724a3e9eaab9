// Who may do what in a conversation, by the rules of the server (crates/chat/src/policy.rs).

import type { Conversation, Message, User } from "../api/schema";
import { isBy } from "./author";

/** From the highest to the lowest. */
const ROLES = ["CREATOR", "ADMIN", "MODERATOR", "MEMBER"] as const;
export type MemberRole = (typeof ROLES)[number];

const isAtLeast = (role: MemberRole, least: MemberRole): boolean =>
  ROLES.indexOf(role) <= ROLES.indexOf(least);

/** The user's role in a conversation. */
export const roleIn = (conversation: Conversation | undefined, user: User): MemberRole =>
  conversation?.members.find((member) => member.userId === user.id)?.role ?? "MEMBER";

export const isModerator = (conversation: Conversation, user: User): boolean =>
  isAtLeast(roleIn(conversation, user), "MODERATOR") || user.permissions.canManageGroups;

export function mayDelete(message: Message, conversation: Conversation | undefined, user: User): boolean {
  if (isBy(message, user.id) || user.permissions.canModerateContent) return true;
  return conversation?.type !== "direct" && isAtLeast(roleIn(conversation, user), "MODERATOR");
}

/** Both people of a direct conversation, moderators of others. */
export const mayPin = (conversation: Conversation | undefined, user: User): boolean =>
  conversation !== undefined && (conversation.type === "direct" || isModerator(conversation, user));

/** Administrators remove those below them. */
export const mayRemove = (conversation: Conversation, user: User, role: MemberRole): boolean =>
  isAtLeast(roleIn(conversation, user), "ADMIN") && !isAtLeast(role, roleIn(conversation, user));

/** The creator changes the roles of the others. */
export const mayPromote = (conversation: Conversation, user: User, role: MemberRole): boolean =>
  roleIn(conversation, user) === "CREATOR" && role !== "CREATOR";
