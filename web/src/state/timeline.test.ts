import { describe, expect, test } from "vitest";
import type { ReactionEvent } from "../api/schema";
import { deleted, edited, merge, reacted, translated, unsent, untranslated, type Draft } from "./timeline";
import { message, translation } from "./timeline.test-data";

const french = translation("fr", "salut");

describe("a timeline", () => {
  test("is ordered by number, with each message once, in whatever order they arrive", () => {
    const first = merge([], [message(3), message(1)]);
    expect(merge(first, [message(2), message(3)]).map((known) => known.sequence)).toEqual([1, 2, 3]);
  });

  test("shows a translation when it arrives, and keeps it when the message arrives again", () => {
    const timeline = translated(merge([], [message(1)]), french);
    expect(timeline[0]).toMatchObject({ translations: [french], translationStates: [] });
    const again = merge(timeline, [message(1)]);
    expect(again[0]).toMatchObject({ translations: [french], translationStates: [] });
  });

  test("replaces a translation by a newer one into the same language", () => {
    const better = { ...french, translatedContent: "bonjour" };
    const timeline = translated(translated([message(1)], french), better);
    expect(timeline[0]?.translations).toEqual([better]);
  });

  test("shows the edited text, and no translation of the previous one", () => {
    const now = message(1, { content: "adiós", revision: 2, editedAt: "2026-01-15T12:35:00.000Z" });
    const timeline = edited(translated([message(1)], french), now);
    expect(timeline).toEqual([now]);
    expect(translated(timeline, french)).toEqual([now]);
    const goodbye = { ...french, revision: 2, translatedContent: "adieu" };
    expect(translated(timeline, goodbye)[0]?.translations).toEqual([goodbye]);
  });

  test("is not reverted by a response that is older than an edit", () => {
    const now = message(1, { content: "adiós", revision: 2 });
    expect(merge([now], [message(1, { translations: [french] })])).toEqual([now]);
    expect(merge([message(1, { translations: [french] })], [now])).toEqual([now]);
    expect(edited([now], message(1))).toEqual([now]);
  });

  test("has the reason for a missing translation", () => {
    const state = { targetLanguage: "fr", state: "unavailable", reasonCode: "no_engine" } as const;
    const event = { messageId: "m1", revision: 1, ...state };
    expect(untranslated([message(1)], event)[0]?.translationStates).toEqual([state]);
  });

  test("is without a deleted message", () => {
    expect(deleted([message(1), message(2)], "m1")).toEqual([message(2)]);
  });

  test("counts reactions, and knows which are the reader's own", () => {
    const event = (userId: string, action: "add" | "remove", count: number): ReactionEvent => ({
      messageId: "m1",
      conversationId: "c",
      userId,
      emoji: "👍",
      action,
      aggregation: { emoji: "👍", count, userIds: [], anonymousIds: [], hasCurrentUser: false },
      timestamp: "",
    });
    const mine = reacted([message(1), message(2)], event("me", "add", 1), "me");
    expect(mine[0]).toMatchObject({ reactionSummary: { "👍": 1 }, currentUserReactions: ["👍"] });
    expect(mine[1]).toEqual(message(2));
    const theirs = reacted(mine, event("other", "add", 2), "me");
    expect(theirs[0]).toMatchObject({ reactionSummary: { "👍": 2 }, currentUserReactions: ["👍"] });
    const less = reacted(theirs, event("me", "remove", 1), "me");
    expect(less[0]).toMatchObject({ reactionSummary: { "👍": 1 }, currentUserReactions: [] });
    expect(reacted(less, event("other", "remove", 0), "me")[0]).toMatchObject({ reactionSummary: {} });
  });

  test("replaces the draft of a message", () => {
    const draft: Draft = {
      clientMessageId: "a",
      conversationId: "c",
      content: "x",
      originalLanguage: "es",
      createdAt: "",
      state: "sending",
    };
    expect(unsent([draft], [message(1)])).toEqual([draft]);
    expect(unsent([draft], [message(1, { clientMessageId: "a" })])).toEqual([]);
  });
});
