// Turns messages into the rows of a conversation: days, new messages, and groups by author.

import type { Draft } from "../state/timeline";
import type { Message } from "../api/schema";
import { dayKey } from "./dates";
import { authorOf, isBy } from "./author";
import { isBySystem } from "./reader";

export interface MessageRow {
  kind: "message";
  key: string;
  message: Message;
  isMine: boolean;
  /** Whether the author starts a new group here. */
  isFirst: boolean;
}

export type Row =
  | MessageRow
  | { kind: "day"; key: string; at: string }
  | { kind: "unread"; key: string }
  /** A system message: it has no author. */
  | { kind: "notice"; key: string; message: Message }
  | { kind: "draft"; key: string; draft: Draft };

/** After this long, an author starts a new group. */
const GROUP_MS = 5 * 60_000;

export interface Reading {
  /** The reader. */
  me: string;
  /** Messages after this number are new to them. */
  readUpTo: number;
}

export function rowsOf(
  messages: readonly Message[],
  drafts: readonly Draft[],
  { me, readUpTo }: Reading,
): Row[] {
  const rows: Row[] = [];
  let before: Message | undefined;
  let isDivided = false;
  for (const message of messages) {
    const day = dayKey(message.createdAt);
    const isNewDay = !before || dayKey(before.createdAt) !== day;
    const isMine = isBy(message, me);
    const isNews = !isMine && !isBySystem(message);
    const isUnread: boolean = !isDivided && isNews && message.sequence > readUpTo;
    if (isNewDay) rows.push({ kind: "day", key: day, at: message.createdAt });
    if (isUnread) rows.push({ kind: "unread", key: "unread" });
    isDivided ||= isUnread;
    if (isBySystem(message)) {
      rows.push({ kind: "notice", key: message.id, message });
      before = message;
      continue;
    }
    const isFirst = isNewDay || isUnread || !before || !goesOn(before, message);
    rows.push({ kind: "message", key: rowKey(message, isMine), message, isMine, isFirst });
    before = message;
  }
  return rows.concat(drafts.map((draft) => ({ kind: "draft", key: draft.clientMessageId, draft })));
}

/** A message replaces the draft it was created from, so both have the same key. */
const rowKey = (message: Message, isMine: boolean): string =>
  (isMine && message.clientMessageId) || message.id;

const goesOn = (before: Message, message: Message): boolean =>
  authorOf(before) === authorOf(message) &&
  !isBySystem(before) &&
  Date.parse(message.createdAt) - Date.parse(before.createdAt) < GROUP_MS;
