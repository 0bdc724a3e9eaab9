// Communities: pages of a list, and what the user does with one of them.

import { get, getPage, post, remove } from "../api/client";
import type {
  Community,
  CommunityConversation,
  CommunityMember,
  Conversation,
  CreateCommunity,
  InviteLink,
  JoinedByInvite,
} from "../api/schema";

const PAGE = 20;

/** A list that is read page by page. */
export function pagesOf<T extends { id: string }>(path: string) {
  let shown = $state.raw<T[]>([]);
  let isLoaded = $state(false);
  let hasMore = $state(false);
  let offset = 0;

  async function load(from: number): Promise<void> {
    const page = await getPage<T[]>(`${path}${path.includes("?") ? "&" : "?"}limit=${PAGE}&offset=${from}`);
    // Rows that have moved in the meantime can come twice.
    const known = new Set(from === 0 ? [] : shown.map((item) => item.id));
    const fresh = page.data.filter((item) => !known.has(item.id));
    shown = from === 0 ? fresh : [...shown, ...fresh];
    [isLoaded, hasMore, offset] = [true, page.hasMore, from + PAGE];
  }

  return {
    get shown(): T[] {
      return shown;
    },
    get isLoaded(): boolean {
      return isLoaded;
    },
    get hasMore(): boolean {
      return hasMore;
    },
    reload: (): Promise<void> => load(0),
    loadMore: (): Promise<void> => load(offset),
  };
}

/** Those that the user has created or joined. */
export const ownCommunities = () => pagesOf<Community>("/communities");

/** Public ones with these words in their names; without a text, the newest. */
export const publicCommunities = (text: string) =>
  pagesOf<Community>(`/communities/search?q=${encodeURIComponent(text.trim())}`);

export const membersOfCommunity = (id: string) => pagesOf<CommunityMember>(`/communities/${id}/members`);

/** Only those of which the user is a member. */
export const conversationsOfCommunity = (id: string) =>
  pagesOf<CommunityConversation>(`/communities/${id}/conversations`);

export const findCommunity = (id: string): Promise<Community> => get(`/communities/${id}`);

export const createCommunity = (body: CreateCommunity): Promise<Community> => post("/communities", body);

export const joinCommunity = (id: string): Promise<CommunityMember> => post(`/communities/${id}/join`);

export const leaveCommunity = (id: string): Promise<unknown> => post(`/communities/${id}/leave`);

export const deleteCommunity = (id: string): Promise<unknown> => remove(`/communities/${id}`);

/** A link that lets others join for a week. */
export const inviteTo = (id: string): Promise<InviteLink> => post(`/communities/${id}/invite-link`);

/** Joins the community of an invitation, and returns it. */
export async function acceptInvitation(link: string): Promise<Community> {
  return (await post<JoinedByInvite>("/communities/join-by-invite", { link })).group;
}

/** Opens a conversation in a community, to which others are added later. */
export async function converseIn(communityId: string, title: string): Promise<string> {
  const body = { type: "group", title, communityId, participantIds: [] };
  return (await post<Conversation>("/conversations", body)).id;
}

/** Whether the user may invite others: moderators and those above them. */
export const mayInvite = (community: Community, me: string): boolean =>
  community.createdBy === me ||
  (community.currentUserRole !== null && community.currentUserRole !== "member");
