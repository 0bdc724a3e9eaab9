// The people whose names match a text, searched when typing pauses.

import { get } from "../../api/client";
import type { FoundUser } from "../../api/schema";
import { problemOf } from "../../lib/problems";

/** Two characters, or one of a script in which a single character can be a name. */
const MIN_SEARCH = /../su;
const MIN_SEARCH_UNSPACED =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Bopo}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
const PAUSE_MS = 200;

/** Searches for `text()` while the component lives. */
export function foundPeople(text: () => string) {
  let all = $state.raw<FoundUser[] | null>(null);
  let problem = $state("");

  $effect(() => {
    const name = text().trim();
    problem = "";
    if (!MIN_SEARCH.test(name) && !MIN_SEARCH_UNSPACED.test(name)) {
      all = null;
      return;
    }
    // An outdated response is dropped.
    let isCurrent = true;
    const timer = setTimeout(async () => {
      try {
        const people = await get<FoundUser[]>(`/users/search?q=${encodeURIComponent(name)}`);
        if (isCurrent) all = people;
      } catch (error) {
        if (isCurrent) problem = problemOf(error);
      }
    }, PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  });

  return {
    /** `null` if the text is too short. */
    get all(): FoundUser[] | null {
      return all;
    },
    get problem(): string {
      return problem;
    },
  };
}
