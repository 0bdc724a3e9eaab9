// The wording of system messages: what has happened in a conversation, in the language of the interface.

import type { Texts } from "../i18n/en";
import { t } from "../i18n/index.svelte";
import { isolated } from "./bidi";

type Wording = keyof Texts;

/** The texts of an event: somebody did it, the reader did it, and somebody did it to the reader. */
const WORDINGS: Record<string, readonly [Wording, Wording, Wording?]> = {
  created: ["someoneCreated", "youCreated"],
  joined: ["someoneJoined", "youJoined"],
  added: ["someoneAdded", "youAdded", "someoneAddedYou"],
  left: ["someoneLeft", "youLeft"],
  removed: ["someoneRemoved", "youRemoved", "someoneRemovedYou"],
  "role-changed": ["someoneChangedRole", "youChangedRole", "someoneChangedYourRole"],
  "title-changed": ["someoneRenamed", "youRenamed"],
  "picture-changed": ["someoneChangedPicture", "youChangedPicture"],
  "ownership-transferred": ["someoneHandedOver", "youHandedOver", "someoneHandedOverToYou"],
};

/** The events that need a value. */
const HAVE_VALUE = ["role-changed", "title-changed"];

const ROLES: Record<string, Wording> = {
  creator: "creator",
  admin: "administrator",
  moderator: "moderator",
  member: "member",
};

interface Person {
  userId: string | null;
  name: string;
}

interface Happening {
  event: string;
  actor: Person;
  target: Person | null;
  value: string;
}

/** What happened and to whom; `null` if the message does not say, such as those of the old system. */
function happening(metadata: unknown): Happening | null {
  if (!isObject(metadata) || metadata["kind"] !== "system") return null;
  const { event, value } = metadata;
  if (typeof event !== "string" || !Object.hasOwn(WORDINGS, event)) return null;
  const known = typeof value === "string" ? value : "";
  const [actor, target] = [person(metadata["actor"]), person(metadata["target"])];
  const isComplete = (target || !WORDINGS[event]?.[2]) && (known || !HAVE_VALUE.includes(event));
  return actor && isComplete ? { event, actor, target, value: known } : null;
}

function person(given: unknown): Person | null {
  if (!isObject(given)) return null;
  const { userId, displayName } = given;
  return {
    userId: typeof userId === "string" ? userId : null,
    name: typeof displayName === "string" ? displayName : "",
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const metadataOf = (message: object): unknown => ("metadata" in message ? message.metadata : undefined);

/** What a system message says to a reader; `null` if only its own text says it. */
export function systemText(message: object, reader: { id: string }): string | null {
  const happened = happening(metadataOf(message));
  if (!happened) return null;
  const { event, actor, target, value } = happened;
  const [bySomebody, byReader, toReader] = WORDINGS[event] ?? [];
  const isToReader = toReader && target?.userId === reader.id;
  const wording = actor.userId === reader.id ? byReader : isToReader ? toReader : bySomebody;
  if (!wording) return null;
  return t(wording, {
    actor: shown(actor),
    target: target ? shown(target) : "",
    value: valueOf(event, value),
  });
}

/** Whether a reader did what a system message tells. */
export const isOwnDoing = (message: object, reader: { id: string }): boolean =>
  happening(metadataOf(message))?.actor.userId === reader.id;

/** The name, if the account was not deleted. */
const shown = ({ name }: Person): string => (name ? isolated(name) : t("somebody"));

function valueOf(event: string, value: string): string {
  const role = event === "role-changed" ? ROLES[value.toLowerCase()] : undefined;
  return role ? t(role) : isolated(value);
}
