/** Light or dark: the system's choice until a person makes another. */

import { Store } from "@/lib/store";

export type Theme = "light" | "dark";

const KEY = "facegate-theme";
const dark = () => matchMedia("(prefers-color-scheme: dark)");

export const systemTheme = (): Theme => (dark().matches ? "dark" : "light");

/** The choice to keep after pressing the switch: none when it is what the system says anyway. */
export function chosenAfterSwitch(shown: Theme, system: Theme): Theme | null {
  const next: Theme = shown === "dark" ? "light" : "dark";
  return next === system ? null : next;
}

function stored(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    return null;
  }
}

export const theme = new Store<Theme>("light");

function apply(choice: Theme | null): void {
  const root = document.documentElement;
  if (choice) root.dataset.theme = choice;
  else delete root.dataset.theme;
  theme.set(choice ?? systemTheme());
}

export function startTheme(): void {
  apply(stored());
  dark().addEventListener("change", () => apply(stored()));
}

export function switchTheme(): void {
  const choice = chosenAfterSwitch(theme.get(), systemTheme());
  try {
    if (choice) localStorage.setItem(KEY, choice);
    else localStorage.removeItem(KEY);
  } catch {
    // Private windows may refuse storage; the switch then lasts until the page closes.
  }
  apply(choice);
}
