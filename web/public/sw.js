// Shows notifications while the page is closed. What arrives was encrypted for this browser (RFC 8291).

const folder = new URL("./", self.location.href);

/** The page of what a notification is about. */
function pageOf({ type, conversationId, messageId }) {
  if (conversationId) return new URL(`c/${conversationId}${messageId ? `/${messageId}` : ""}`, folder).href;
  return new URL(
    type === "friend_request" || type === "contact_accepted" ? "people" : "notifications",
    folder,
  ).href;
}

async function show(message) {
  if (message.unread > 0) await self.navigator.setAppBadge?.(message.unread).catch(() => {});
  const pages = await self.clients.matchAll({ type: "window" });
  // Whoever looks at the page sees it there.
  if (pages.some((page) => page.focused)) return;
  await self.registration.showNotification(message.title, {
    body: message.body,
    tag: message.tag,
    renotify: true,
    dir: "auto",
    icon: new URL("icon.svg", folder).href,
    data: { url: pageOf(message) },
  });
}

async function open(url) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((page) => page.url.startsWith(folder.href));
  if (!page) return self.clients.openWindow(url);
  await page.focus();
  page.postMessage({ open: url });
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let message;
  try {
    message = event.data?.json();
  } catch {
    // Not ours.
  }
  if (message?.title) event.waitUntil(show(message));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url ?? folder.href));
});
