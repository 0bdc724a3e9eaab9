// The translation that a reader is about to report. The dialog belongs to the page, not to the message.

import type { Translation } from "../api/schema";

let translation = $state.raw<Translation | null>(null);

export const reporting = {
  get translation(): Translation | null {
    return translation;
  },
};

export function startReport(chosen: Translation): void {
  translation = chosen;
}

export function stopReport(): void {
  translation = null;
}
