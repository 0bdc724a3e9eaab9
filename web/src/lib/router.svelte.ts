// Paths: `/`, `/c/<id>`, `/new`, `/settings`; signed out, `/signup` and `/signin`.

let path = $state(location.pathname);
addEventListener("popstate", () => (path = location.pathname));

export const router = {
  get path(): string {
    return path;
  },
  /** The conversation that the path names. */
  get conversation(): string | null {
    return path.match(/^\/c\/([0-9a-f]{24})$/)?.[1] ?? null;
  },
  go(to: string): void {
    if (to === path) return;
    history.pushState(null, "", to);
    path = to;
  },
};

/** Follows links to our own paths without loading the page again. */
export function followLinks(event: MouseEvent): void {
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!isPlain || event.defaultPrevented || !link || link.target || link.origin !== location.origin) return;
  event.preventDefault();
  router.go(link.pathname);
}
