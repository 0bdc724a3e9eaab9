// The colour scheme. `public/theme.js` sets it before the first paint.

import { load, save } from "../lib/storage";

export type Theme = "system" | "light" | "dark";

let theme = $state<Theme>(load("theme", "system"));

export const appearance = {
  get theme(): Theme {
    return theme;
  },
  set theme(next: Theme) {
    theme = next;
    save("theme", next);
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
  },
};
