// Push notifications on this device (Web Push): the browser subscribes with the key of the server, and the service worker
// (`public/sw.js`) shows what arrives.

import { ApiError, get, post, remove } from "../api/client";
import type { PushKey } from "../api/schema";
import { at, within } from "./base";
import { load, personal, save } from "./storage";
import { router } from "./router.svelte";

/** Whether this browser can get push notifications. */
export const canPush = (): boolean =>
  typeof navigator !== "undefined" &&
  "serviceWorker" in navigator &&
  "PushManager" in window &&
  "Notification" in window;

async function worker(): Promise<ServiceWorkerRegistration> {
  await navigator.serviceWorker.register(at("/sw.js"), { scope: at("/") });
  return navigator.serviceWorker.ready;
}

const known = async (): Promise<PushSubscription | null> => {
  const registration = await navigator.serviceWorker.getRegistration(at("/"));
  return (await registration?.pushManager.getSubscription()) ?? null;
};

const bytes = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

const isSame = (subscription: PushSubscription, key: Uint8Array): boolean => {
  const own = subscription.options.applicationServerKey;
  return own !== null && new Uint8Array(own).every((byte, place) => byte === key[place]);
};

/** What the settings show: whether the server can push, and whether it does so here. */
export async function pushState(): Promise<{ isOffered: boolean; isOn: boolean }> {
  const { publicKey } = await get<PushKey>("/notifications/push/key");
  const isOffered = publicKey !== null && canPush();
  return { isOffered, isOn: isOffered && Notification.permission === "granted" && !!(await known()) };
}

/** Subscribes this browser, after asking the user; returns whether they have agreed. */
export async function turnOnPush(userId: string): Promise<boolean> {
  if ((await Notification.requestPermission()) !== "granted") return false;
  await subscribe();
  save(personal(userId, "push"), true);
  return true;
}

async function subscribe(): Promise<void> {
  const { publicKey } = await get<PushKey>("/notifications/push/key");
  if (publicKey === null) return;
  const key = bytes(publicKey);
  const { pushManager } = await worker();
  let subscription = await pushManager.getSubscription();
  // The server has got another key.
  if (subscription && !isSame(subscription, key)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  try {
    await post("/notifications/push/subscription", subscription.toJSON());
  } catch (error) {
    // A subscription that the server does not know would look as if it worked.
    if (error instanceof ApiError && error.status > 0) await subscription.unsubscribe();
    throw error;
  }
}

/** Ends the subscription of this browser; also when its user signs out. */
export async function turnOffPush(): Promise<void> {
  const subscription = canPush() ? await known() : null;
  if (!subscription) return;
  await subscription.unsubscribe();
  await remove("/notifications/push/subscription", subscription.toJSON()).catch(() => {});
}

/** Keeps a subscription of an earlier visit alive, and ends that of another user. */
export async function renewPush(userId: string): Promise<void> {
  if (!canPush() || Notification.permission !== "granted" || !(await known())) return;
  await (load(personal(userId, "push"), false) ? subscribe() : turnOffPush());
}

if (canPush()) {
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (typeof data?.open === "string") router.go(within(new URL(data.open).pathname));
  });
}
