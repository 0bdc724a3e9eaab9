// Light, dark, or as the system has it.

export type Theme = "system" | "light" | "dark";

const KEY = "meeshy.theme";

export const theme = (): Theme => (localStorage.getItem(KEY) as Theme | null) ?? "system";

export function applyTheme(choice: Theme = theme()): void {
  localStorage.setItem(KEY, choice);
  if (choice === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = choice;
}
