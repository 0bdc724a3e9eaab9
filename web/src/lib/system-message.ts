// The wording of system messages: what has happened in a conversation, in the language of the interface.

import type { components } from "../api/schema";
import type { Texts } from "../i18n/en";
import { t } from "../i18n/index.svelte";
import { isolated } from "./bidi";

type Metadata = components["schemas"]["SystemMetadata"];
type Wording = keyof Texts;

/** What system messages have, live, in pages and in the list. */
interface Told {
  metadata?: Metadata;
}

/** The texts of an event: somebody did it, the reader did it, and somebody did it to the reader. */
const WORDINGS: Record<Metadata["event"], readonly [Wording, Wording, Wording?]> = {
  joined: ["someoneJoined", "youJoined"],
  added: ["someoneAdded", "youAdded", "someoneAddedYou"],
  left: ["someoneLeft", "youLeft"],
  removed: ["someoneRemoved", "youRemoved", "someoneRemovedYou"],
  "title-changed": ["someoneRenamed", "youRenamed"],
  "ownership-transferred": ["someoneHandedOver", "youHandedOver", "someoneHandedOverToYou"],
};

/** What a system message says to a reader; `null` if only its own text says it: one of the old system, or of a newer server. */
export function systemText({ metadata }: Told, reader: { id: string }): string | null {
  if (!metadata || !Object.hasOwn(WORDINGS, metadata.event)) return null;
  const { actor, target, value } = metadata;
  const [bySomebody, byReader, toReader] = WORDINGS[metadata.event];
  const isToReader = target?.userId === reader.id;
  const wording = actor.userId === reader.id ? byReader : (isToReader && toReader) || bySomebody;
  return t(wording, {
    actor: shown(actor),
    target: target ? shown(target) : "",
    value: isolated(value ?? ""),
  });
}

/** Whether a reader did what a system message tells. */
export const isOwnDoing = ({ metadata }: Told, reader: { id: string }): boolean =>
  metadata?.actor.userId === reader.id;

const shown = ({ displayName }: Metadata["actor"]): string =>
  displayName ? isolated(displayName) : t("somebody");
