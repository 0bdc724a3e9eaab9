// Whether this messenger is new: then the first screen leads to its first account.

import { get } from "../api/client";

interface Setup {
  /** Nobody administers it yet: a setup code makes an administrator. */
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

/** Asks the server; what it cannot say is taken as set up. */
export async function loadSetup(): Promise<void> {
  state = await get<Setup>("/setup").catch(() => state);
}
