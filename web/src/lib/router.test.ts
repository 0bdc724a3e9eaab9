import { expect, test, vi } from "vitest";

const pushState = vi.fn();
vi.stubGlobal("location", { pathname: "/" });
vi.stubGlobal("addEventListener", () => {});
vi.stubGlobal("history", { pushState });
const { router } = await import("./router.svelte");

const MESSAGE = "/c/0123456789abcdef01234567/89abcdef0123456789abcdef";

test("a link to what is shown already leads there again, and is in the history once", () => {
  router.go(MESSAGE);
  const before = router.visits;
  router.go(MESSAGE);
  expect(router.visits).toBeGreaterThan(before);
  expect(router.message).toBe("89abcdef0123456789abcdef");
  expect(pushState).toHaveBeenCalledTimes(1);
});
