// The user's notifications, in step with their other devices.

import { SvelteSet } from "svelte/reactivity";
import { get, getPage, patch, remove } from "../api/client";
import type { NewNotification, Notification, NotificationCounts, NotificationRef } from "../api/schema";

const PAGE = 30;

let list = $state.raw<Notification[]>([]);
let unread = $state(0);
let hasMore = $state(false);
let isLoaded = $state(false);

export const notifications = {
  /** The loaded ones, newest first. */
  get all(): Notification[] {
    return list;
  },
  get unread(): number {
    return unread;
  },
  get hasMore(): boolean {
    return hasMore;
  },
  get isLoaded(): boolean {
    return isLoaded;
  },
};

export async function loadUnread(): Promise<void> {
  setUnread((await get<{ count: number }>("/notifications/unread/count")).count);
}

export async function loadNotifications(): Promise<void> {
  const page = await getPage<Notification[]>(`/notifications?limit=${PAGE}`);
  [list, hasMore, isLoaded] = [page.data, page.hasMore, true];
}

export async function loadMoreNotifications(): Promise<void> {
  const page = await getPage<Notification[]>(`/notifications?limit=${PAGE}&offset=${list.length}`);
  const known = new Set(list.map((one) => one.id));
  list = [...list, ...page.data.filter((one) => !known.has(one.id))];
  hasMore = page.hasMore;
}

export async function markNotificationRead(id: string): Promise<void> {
  wasRead({ notificationId: id });
  await patch(`/notifications/${id}/read`, {});
}

export async function markAllNotificationsRead(): Promise<void> {
  await patch("/notifications/read-all", {});
  list = list.map((one) => ({ ...one, isRead: true }));
}

export async function removeNotification(id: string): Promise<void> {
  await remove(`/notifications/${id}`);
  wasRemoved({ notificationId: id });
}

export async function removeReadNotifications(): Promise<void> {
  await remove("/notifications/read");
  list = list.filter((one) => !one.isRead);
}

export function forgetNotifications(): void {
  [list, hasMore, isLoaded] = [[], false, false];
  setUnread(0);
}

/** The conversations of new ones, until they are read. */
const about = new SvelteSet<string>();

/** Whether a conversation has notifications that are not read. */
export const isNotifiedOf = (conversationId: string): boolean => about.has(conversationId);

export const readAbout = (conversationId: string): boolean => about.delete(conversationId);

function setUnread(count: number): void {
  unread = count;
  // The number on the icon is set by the service worker.
  if (count === 0) {
    about.clear();
    if (typeof navigator !== "undefined") void navigator.clearAppBadge?.().catch(() => {});
  }
}

function arrived({ unreadCount, ...one }: NewNotification): void {
  setUnread(unreadCount);
  if (one.conversationId) about.add(one.conversationId);
  if (isLoaded && !list.some(({ id }) => id === one.id)) list = [one, ...list];
}

/** After a reconnect: some may have been missed. */
export async function reloadNotifications(): Promise<void> {
  await Promise.all([loadUnread(), isLoaded ? loadNotifications() : undefined]);
}

function wasRead({ notificationId }: NotificationRef): void {
  list = list.map((one) => (one.id === notificationId ? { ...one, isRead: true } : one));
}

function wasRemoved({ notificationId }: NotificationRef): void {
  list = list.filter((one) => one.id !== notificationId);
}

/** What happens, here and on other devices. */
export const notificationHandlers = {
  notification: arrived,
  "notification:read": wasRead,
  "notification:deleted": wasRemoved,
  "notification:counts": (counts: NotificationCounts) => {
    const known = list.filter(({ isRead }) => !isRead).length;
    setUnread(counts.unread);
    // Several were read or removed elsewhere.
    if (isLoaded && !hasMore && (known !== counts.unread || list.length !== counts.total))
      void loadNotifications().catch(() => {});
  },
};
