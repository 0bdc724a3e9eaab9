// Whether this messenger is new: the first screen then leads to the first account.

import { get } from "../api/client";

interface Setup {
  /** There is no administrator yet: a setup code creates one. */
  needsAdministrator: boolean;
  hasAccounts: boolean;
}

let state = $state.raw<Setup>({ needsAdministrator: false, hasAccounts: true });

export const setup = {
  get needsAdministrator(): boolean {
    return state.needsAdministrator;
  },
  get hasAccounts(): boolean {
    return state.hasAccounts;
  },
};

/** Asks the server; on errors, it counts as set up. */
export async function loadSetup(): Promise<void> {
  state = await get<Setup>("/setup").catch(() => state);
}
