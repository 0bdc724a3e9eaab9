// From messages to the rows of a conversation: days, what is new, and who goes on speaking.

import type { Draft } from "../state/timeline";
import type { Message } from "../api/wire";
import { dayKey } from "./dates";
import { senderKey } from "./sender";
import { isBySystem } from "./reader";

export interface MessageRow {
  kind: "message";
  key: string;
  message: Message;
  isMine: boolean;
  /** Whether somebody begins to speak here. */
  isFirst: boolean;
}

export type Row =
  | MessageRow
  | { kind: "day"; key: string; at: string }
  | { kind: "unread"; key: string }
  /** What happened in the conversation: nobody says it. */
  | { kind: "notice"; key: string; message: Message }
  | { kind: "draft"; key: string; draft: Draft };

/** After so long, somebody who goes on is introduced again. */
const GROUP_MS = 5 * 60_000;

export interface Reading {
  /** Who reads. */
  me: string;
  /** What comes behind this number is new to them. */
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
    const isMine = message.senderId === me;
    const isUnread: boolean = !isDivided && !isMine && message.sequence > readUpTo;
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

/** A message takes the place of the draft it was made of, so both have one key. */
const rowKey = (message: Message, isMine: boolean): string =>
  (isMine && message.clientMessageId) || message.id;

const goesOn = (before: Message, message: Message): boolean =>
  senderKey(before) === senderKey(message) &&
  !isBySystem(before) &&
  Date.parse(message.createdAt) - Date.parse(before.createdAt) < GROUP_MS;
