// The glossary of a conversation, and the proposals for it.

import { get, post, remove } from "../api/client";
import type { AddTerm, GlossaryProposals, GlossaryTerm, Retranslation } from "../api/schema";

/** The conversation whose glossary changed last; a new object for every change. */
let changed = $state.raw<{ conversationId: string } | null>(null);

/** Handles `glossary:updated`. */
export function glossaryChanged(event: { conversationId: string }): void {
  changed = { conversationId: event.conversationId };
}

export const glossaryChanges = {
  get last(): { conversationId: string } | null {
    return changed;
  },
};

/** The glossary of a conversation; empty until it is loaded. */
export function glossaryOf(conversationId: string) {
  const path = `/conversations/${conversationId}/glossary`;
  let terms = $state.raw<GlossaryTerm[]>([]);
  let waiting = $state.raw<GlossaryProposals>({ proposals: [], canPropose: false, canDecide: false });
  let isLoaded = $state(false);
  let loads = 0;

  async function load(): Promise<void> {
    const load = ++loads;
    const answers = await Promise.all([
      get<GlossaryTerm[]>(path),
      get<GlossaryProposals>(`${path}/proposals`),
    ]);
    // A later load has newer answers.
    if (load !== loads) return;
    [terms, waiting] = answers;
    isLoaded = true;
  }

  async function change<T>(call: Promise<T>): Promise<T> {
    const answer = await call;
    await load();
    return answer;
  }

  return {
    get terms(): GlossaryTerm[] {
      return terms;
    },
    get proposals(): GlossaryProposals["proposals"] {
      return waiting.proposals;
    },
    /** Whether the user may propose terms, or add them. */
    get canPropose(): boolean {
      return waiting.canPropose;
    },
    /** Whether the user accepts and declines proposals, and changes the glossary. */
    get canDecide(): boolean {
      return waiting.canDecide;
    },
    get isLoaded(): boolean {
      return isLoaded;
    },
    load,
    add: (term: AddTerm) => change(post<GlossaryTerm>(path, term)),
    propose: (term: AddTerm) => change(post(`${path}/proposals`, term)),
    accept: (id: string) => change(post<GlossaryTerm>(`${path}/proposals/${id}/accept`)),
    dismiss: (id: string) => change(remove(`${path}/proposals/${id}`)),
    removeTerm: (id: string) => change(remove(`${path}/${id}`)),
    /** Translates earlier messages with a term again; `before` continues where another call ended. */
    retranslate: (id: string, before: number | null) =>
      post<Retranslation>(`${path}/${id}/retranslate`, before === null ? {} : { before }),
  };
}
