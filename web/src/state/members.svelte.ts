// The members of a conversation, page by page.

import { getPage, patch, post, remove } from "../api/client";
import type { FoundUser, Participant } from "../api/schema";

/** The list of members of a conversation; empty until its first page is loaded. */
export function membersOf(conversationId: string) {
  const path = `/conversations/${conversationId}/participants`;
  let shown = $state.raw<Participant[]>([]);
  let next = $state<string | null>(null);
  let isLoaded = $state(false);
  let loading: Promise<void> | null = null;

  async function load(): Promise<void> {
    const after = next ? `?after=${next}` : "";
    const page = await getPage<Participant[]>(`${path}${after}`);
    shown = [...shown, ...page.data];
    next = page.next;
    isLoaded = true;
  }

  /** Loads the next page. A call during another one waits for the same page. */
  async function loadMore(): Promise<void> {
    if (isLoaded && next === null) return;
    loading ??= load().finally(() => (loading = null));
    await loading;
  }

  return {
    loadMore,
    get shown(): Participant[] {
      return shown;
    },
    get isLoaded(): boolean {
      return isLoaded;
    },
    get hasMore(): boolean {
      return !isLoaded || next !== null;
    },
    /** Adds a person to the conversation. */
    async add(person: FoundUser): Promise<void> {
      await post(path, { userId: person.id });
      // The list is in order of ids: it is loaded again.
      [shown, next, isLoaded] = [[], null, false];
      await loadMore();
    },
    /** Removes a member. */
    async remove(id: string): Promise<void> {
      await remove(`${path}/${id}`);
      shown = shown.filter((member) => member.id !== id);
    },
    /** Changes the role of a member. */
    async setRole(id: string, role: Participant["role"]): Promise<void> {
      await patch(`${path}/${id}/role`, { role });
      shown = shown.map((member) => (member.id === id ? { ...member, role } : member));
    },
  };
}
