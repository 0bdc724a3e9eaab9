// Paths: `/`, `/c/<id>`, `/c/<id>/<message>`, `/new`, `/people`, `/communities`, `/communities/<id>`,
// `/communities/join/<token>`, `/join/<link>`, `/notifications`, `/settings`; signed out, `/signup` and `/signin`; and those of emails.

import { at, basePath, within } from "./base";

const OUTSIDE = ["/signin", "/signup"];
const CONVERSATION = /^\/c\/([0-9a-f]{24})(?:\/([0-9a-f]{24}))?$/;

/** The paths of links in emails, and of the form that asks for one. */
const MAIL_PATHS = [
  "/forgot-password",
  "/reset-password",
  "/auth/magic-link",
  "/auth/verify-email",
  "/settings/verify-email-change",
] as const;
export type MailPath = (typeof MAIL_PATHS)[number];

const isPlace = (candidate: string): boolean =>
  !OUTSIDE.includes(candidate) && !MAIL_PATHS.some((mailed) => mailed === candidate);

const first = within(location.pathname);
let path = $state(first);
/** How often a path was shown, also the same one again. */
let visits = $state(0);
/** The last path other than signing in, where a user continues after signing in. */
let place = isPlace(first) ? first : "/";

addEventListener("popstate", () => show(within(location.pathname)));

function show(next: string): void {
  path = next;
  visits++;
  if (isPlace(next)) place = next;
}

export const router = {
  get path(): string {
    return path;
  },
  /** Whether the path is one for signed-out users. */
  get isOutside(): boolean {
    return OUTSIDE.includes(path);
  },
  /** The path, if it is one of emails. A new address is confirmed by its user, who may have to sign in first. */
  mailPath(isSignedIn: boolean): MailPath | null {
    const found = MAIL_PATHS.find((mailed) => mailed === path) ?? null;
    return found === "/settings/verify-email-change" && !isSignedIn ? null : found;
  },
  /** Back to the path before signing in. */
  goBackInside(): void {
    router.go(place);
  },
  /** Forgets that path, for the next user. */
  startAgain(): void {
    place = "/";
    if (!router.isOutside) router.go("/");
  },
  /** The conversation of the path. */
  get conversation(): string | null {
    return path.match(CONVERSATION)?.[1] ?? null;
  },
  /** The message of the path, in that conversation. */
  get message(): string | null {
    return path.match(CONVERSATION)?.[2] ?? null;
  },
  /** The community of the path. */
  get community(): string | null {
    return path.match(/^\/communities\/([0-9a-f]{24})$/)?.[1] ?? null;
  },
  /** The invitation to a community of the path. */
  get invitation(): string | null {
    return path.match(/^\/communities\/join\/([0-9a-f]{32})$/)?.[1] ?? null;
  },
  /** Changes whenever a path is shown: a link to what is shown already leads there again. */
  get visits(): number {
    return visits;
  },
  /** The link to a conversation of the path. */
  get link(): string | null {
    return path.match(/^\/join\/([\w.-]{1,200})$/)?.[1] ?? null;
  },
  go(to: string): void {
    if (to !== path) history.pushState(null, "", at(to));
    show(to);
  },
};

/** Follows links to our own paths without reloading the page. */
export function followLinks(event: MouseEvent): void {
  const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!isPlain || event.defaultPrevented || !link || link.target || link.origin !== location.origin) return;
  if (!link.pathname.startsWith(basePath)) return;
  event.preventDefault();
  router.go(within(link.pathname));
}
