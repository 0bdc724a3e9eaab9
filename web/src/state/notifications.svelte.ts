// The user's notifications, in step with their other devices.

import { get, getPage, patch, remove } from "../api/client";
import type { Notification, NotificationCounts, NotificationRef } from "../api/schema";

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
  unread = (await get<{ count: number }>("/notifications/unread/count")).count;
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
  [list, unread, hasMore, isLoaded] = [[], 0, false, false];
}

/** A new one, which may have come in the place of an older one about the same. */
function arrived(one: Notification): void {
  const isNew = Number((one.data as { count?: number } | null)?.count ?? 1) <= 1;
  if (isNew) unread += 1;
  if (isLoaded && !list.some(({ id }) => id === one.id)) list = [one, ...list];
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
  "notification:counts": (counts: NotificationCounts) => (unread = counts.unread),
};
