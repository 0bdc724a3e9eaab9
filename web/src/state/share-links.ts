// Links by which people join a conversation.

import { ApiError, get, patch, post, remove } from "../api/client";
import type {
  CreateShareLink,
  CreatedShareLink,
  JoinedByLink,
  LinkInfo,
  ListedShareLink,
} from "../api/schema";
import { t } from "../i18n/index.svelte";
import { at } from "../lib/base";

/** The links of a conversation, the newest first: all of them for moderators, others only see their own. */
export const linksOf = (conversationId: string): Promise<ListedShareLink[]> =>
  get(`/conversations/${conversationId}/links`);

/** What everybody who has a link may know of it. */
export const linkInfo = (linkId: string): Promise<LinkInfo> =>
  get(`/anonymous/link/${encodeURIComponent(linkId)}`);

/** Creates a link. */
export const createLink = (
  conversationId: string,
  rules: Partial<CreateShareLink>,
): Promise<CreatedShareLink> => post(`/conversations/${conversationId}/new-link`, rules);

/** Turns a link off, or on again. Its guests are shut out while it is off. */
export const setActive = (linkId: string, isActive: boolean): Promise<unknown> =>
  patch(`/links/${encodeURIComponent(linkId)}/toggle`, { isActive });

/** Removes a link; its guests leave. */
export const removeLink = (linkId: string): Promise<unknown> =>
  remove(`/links/${encodeURIComponent(linkId)}`);

/** Why nobody joins by a link now, or not this one; `null` for other problems. */
export function refusalOf(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null;
  if (error.code === "LINK_FULL") return t("linkFull");
  if (error.status === 404 || error.status === 410) return t("linkClosed");
  return error.status === 403 ? t("linkRefused") : null;
}

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
