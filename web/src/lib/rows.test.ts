import { describe, expect, test } from "vitest";
import type { Message } from "../api/schema";
import { message } from "../state/timeline.test-data";
import { rowsOf, type Row } from "./rows";

const kinds = (rows: Row[]) => rows.map((row) => row.kind);
const me = { me: "me", readUpTo: 100 };
const at = (sequence: number, createdAt: string, extra: Partial<Message> = {}) =>
  message(sequence, { createdAt, ...extra });

describe("the rows of a conversation", () => {
  test("show each day once", () => {
    const messages = [
      at(1, "2026-01-15T12:00:00Z"),
      at(2, "2026-01-15T12:01:00Z"),
      at(3, "2026-01-17T12:00:00Z"),
    ];
    expect(kinds(rowsOf(messages, [], me))).toEqual(["day", "message", "message", "day", "message"]);
  });

  test("show the author once, unless somebody else wrote or time has passed", () => {
    const messages = [
      at(1, "2026-01-15T12:00:00Z"),
      at(2, "2026-01-15T12:01:00Z"),
      at(3, "2026-01-15T12:02:00Z", { senderId: "other" }),
      at(4, "2026-01-15T12:03:00Z"),
      at(5, "2026-01-15T12:30:00Z"),
    ];
    const rows = rowsOf(messages, [], me).filter((row) => row.kind === "message");
    expect(rows.map((row) => row.isFirst)).toEqual([true, false, true, true, true]);
  });

  test("have one divider before new messages, never before an own message", () => {
    const messages = [
      at(1, "2026-01-15T12:00:00Z"),
      at(2, "2026-01-15T12:01:00Z", { senderId: "me" }),
      at(3, "2026-01-15T12:02:00Z"),
      at(4, "2026-01-15T12:03:00Z"),
    ];
    const rows = rowsOf(messages, [], { me: "me", readUpTo: 1 });
    expect(kinds(rows)).toEqual(["day", "message", "message", "unread", "message", "message"]);
  });

  test("show system messages without an author, after which the author is shown again", () => {
    const messages = [
      at(1, "2026-01-15T12:00:00Z"),
      at(2, "2026-01-15T12:01:00Z", { messageType: "system" }),
      at(3, "2026-01-15T12:02:00Z"),
    ];
    const rows = rowsOf(messages, [], me);
    expect(kinds(rows)).toEqual(["day", "message", "notice", "message"]);
    expect(rows.at(-1)).toMatchObject({ isFirst: true });
  });

  test("have no divider before a system message", () => {
    const system = at(2, "2026-01-15T12:01:00Z", { messageType: "system", senderId: "other" });
    const messages = [at(1, "2026-01-15T12:00:00Z"), system];
    expect(kinds(rowsOf(messages, [], { me: "me", readUpTo: 1 }))).toEqual(["day", "message", "notice"]);
    const next = at(3, "2026-01-15T12:02:00Z");
    expect(kinds(rowsOf([...messages, next], [], { me: "me", readUpTo: 1 })).slice(-2)).toEqual([
      "unread",
      "message",
    ]);
  });

  test("keep the key of a draft when it becomes a message", () => {
    const draft = {
      clientMessageId: "a",
      conversationId: "c",
      content: "x",
      originalLanguage: "fr",
      createdAt: "",
      state: "sending",
    } as const;
    const before = rowsOf([], [draft], me).at(-1)?.key;
    const after = rowsOf(
      [at(1, "2026-01-15T12:00:00Z", { senderId: "me", clientMessageId: "a" })],
      [],
      me,
    ).at(-1)?.key;
    expect(before).toBe(after);
  });
});
