// Links by which people join a conversation.

import { get, post } from "../api/client";
import type { CreatedShareLink, JoinedByLink, ListedShareLink } from "../api/schema";
import { at } from "../lib/base";

/** The links of a conversation, the newest first: all of them for moderators, others only see their own. */
export const linksOf = (conversationId: string): Promise<ListedShareLink[]> =>
  get(`/conversations/${conversationId}/links`);

/** Creates a link without limits. */
export const createLink = (conversationId: string): Promise<CreatedShareLink> =>
  post(`/conversations/${conversationId}/new-link`);

/** Joins the conversation of a link, and returns its id. */
export const joinByLink = async (linkId: string): Promise<string> =>
  (await post<JoinedByLink>(`/conversations/join/${encodeURIComponent(linkId)}`)).conversationId;

/** The URL of the page that asks whether to join. */
export const urlOf = (linkId: string): string => new URL(at(`/join/${linkId}`), location.href).href;

/** Whether somebody new can still join by a link. */
export function isOpen(
  link: Pick<ListedShareLink, "isActive" | "expiresAt" | "maxUses" | "currentUses">,
  now: number,
): boolean {
  const hasExpired = link.expiresAt !== null && Date.parse(link.expiresAt) <= now;
  const isUsedUp = link.maxUses !== null && link.currentUses >= link.maxUses;
  return link.isActive && !hasExpired && !isUsedUp;
}
