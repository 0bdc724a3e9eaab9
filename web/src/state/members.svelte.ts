// The members of a conversation, page by page.

import { getPage } from "../api/client";
import type { Participant } from "../api/schema";

/** The list of members of a conversation; empty until its first page is loaded. */
export function membersOf(conversationId: string) {
  let shown = $state.raw<Participant[]>([]);
  let next = $state<string | null>(null);
  let isLoaded = $state(false);
  let loading: Promise<void> | null = null;

  async function load(): Promise<void> {
    const after = next ? `?after=${next}` : "";
    const page = await getPage<Participant[]>(`/conversations/${conversationId}/participants${after}`);
    shown = [...shown, ...page.data];
    next = page.next;
    isLoaded = true;
  }

  return {
    get shown(): Participant[] {
      return shown;
    },
    get isLoaded(): boolean {
      return isLoaded;
    },
    get hasMore(): boolean {
      return !isLoaded || next !== null;
    },
    /** Loads the next page. A call during another one waits for the same page. */
    async loadMore(): Promise<void> {
      if (isLoaded && next === null) return;
      loading ??= load().finally(() => (loading = null));
      await loading;
    },
  };
}
