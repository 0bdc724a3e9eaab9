// Accounts of the old database that tests sign in to. Only few, as old passwords are slow.

import { documents, grouped } from "./documents.mjs";

/** The password of every account. */
export const PASSWORD = "Meeshy-2025!";
const READERS = 6;

const users = documents("User");
const members = documents("ConversationMember").filter(({ isActive }) => isActive);
const inConversation = grouped(documents("Message"), "conversationId");
/** Those who can sign in with a password alone. */
export const active = users.filter(
  ({ isActive, deletedAt, twoFactorEnabledAt }) => isActive && !deletedAt && !twoFactorEnabledAt,
);

/** The accounts that together are in the conversations with most messages, and alice and bob. */
export function chosen() {
  const of = grouped(members, "userId");
  const seen = new Set();
  const count = (user) =>
    (of.get(user._id) ?? []).reduce(
      (sum, { conversationId }) =>
        sum + (seen.has(conversationId) ? 0 : (inConversation.get(conversationId)?.length ?? 0)),
      0,
    );
  const found = users.filter(({ username }) => ["alice", "bob"].includes(username));
  for (const user of found) for (const { conversationId } of of.get(user._id)) seen.add(conversationId);
  while (found.length < READERS) {
    const best = active.reduce((one, other) => (count(other) > count(one) ? other : one));
    for (const { conversationId } of of.get(best._id)) seen.add(conversationId);
    found.push(best);
  }
  return found;
}
