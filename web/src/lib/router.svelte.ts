// Paths: `/`, `/c/<id>`, `/new`, `/settings`; signed out, `/signup` and `/signin`.

import { at, basePath, within } from "./base";

const OUTSIDE = ["/signin", "/signup"];

const first = within(location.pathname);
let path = $state(first);
/** The last path that is not one of signing in: where somebody goes on who has signed in. */
let place = OUTSIDE.includes(first) ? "/" : first;

addEventListener("popstate", () => show(within(location.pathname)));

function show(next: string): void {
  path = next;
  if (!OUTSIDE.includes(next)) place = next;
}

export const router = {
  get path(): string {
    return path;
  },
  /** Whether the path is one of those for people who are not signed in. */
  get isOutside(): boolean {
    return OUTSIDE.includes(path);
  },
  /** Back to where one was before signing in. */
  goBackInside(): void {
    router.go(place);
  },
  /** Forgets where one was: for the next person. */
  startAgain(): void {
    place = "/";
    if (!router.isOutside) router.go("/");
  },
  /** The conversation that the path names. */
  get conversation(): string | null {
    return path.match(/^\/c\/([0-9a-f]{24})$/)?.[1] ?? null;
  },
  go(to: string): void {
    if (to === path) return;
    history.pushState(null, "", at(to));
    show(to);
  },
};

/** Follows links to our own paths without loading the page again. */
export function followLinks(event: MouseEvent): void {
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!isPlain || event.defaultPrevented || !link || link.target || link.origin !== location.origin) return;
  if (!link.pathname.startsWith(basePath)) return;
  event.preventDefault();
  router.go(within(link.pathname));
}
