// Paths: `/`, `/c/<id>`, `/new`, `/settings`, `/signup`.

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
