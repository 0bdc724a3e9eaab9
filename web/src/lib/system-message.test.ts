import { describe, expect, test } from "vitest";
import type { components } from "../api/schema";
import { isOwnDoing, systemText } from "./system-message";

type Metadata = components["schemas"]["SystemMetadata"];

const lea = { userId: "lea", displayName: "Léa" };
const carlos = { userId: "carlos", displayName: "Carlos" };

const says = (metadata: Metadata, id: string) =>
  systemText({ metadata }, { id })?.replace(/[\u2068\u2069]/g, "") ?? null;

describe("a system message", () => {
  test.each<[Metadata, string, string | null, string]>([
    [{ event: "joined", actor: lea }, "You joined", null, "Léa joined"],
    [{ event: "added", actor: lea, target: carlos }, "You added Carlos", "Léa added you", "Léa added Carlos"],
    [{ event: "left", actor: lea }, "You left", null, "Léa left"],
    [
      { event: "removed", actor: lea, target: carlos },
      "You removed Carlos",
      "Léa removed you",
      "Léa removed Carlos",
    ],
    [
      { event: "title-changed", actor: lea, value: "Fête {actor}" },
      "You renamed the conversation to “Fête {actor}”",
      null,
      "Léa renamed the conversation to “Fête {actor}”",
    ],
    [
      { event: "ownership-transferred", actor: lea, target: carlos },
      "You handed the conversation over to Carlos",
      "Léa handed the conversation over to you",
      "Léa handed the conversation over to Carlos",
    ],
  ])("%j is worded for who did it, whom it is about, and others", (metadata, byMe, toMe, others) => {
    expect(says(metadata, "lea")).toBe(byMe);
    expect(says(metadata, "carlos")).toBe(toMe ?? others);
    expect(says(metadata, "somebody else")).toBe(others);
  });

  test("names somebody whose account is deleted", () => {
    expect(says({ event: "left", actor: { userId: "x", displayName: "" } }, "me")).toBe("Somebody left");
  });

  test("isolates the direction of names", () => {
    const metadata = { event: "left" as const, actor: { userId: "x", displayName: "a\u202eb" } };
    expect(systemText({ metadata }, { id: "me" })).toBe("\u2068ab\u2069 left");
  });

  test("of a newer server says nothing but its text", () => {
    expect(says({ event: "constructor", actor: lea } as never, "me")).toBeNull();
  });

  test("without metadata says nothing but its text", () => {
    expect(systemText({}, { id: "me" })).toBeNull();
  });

  test("tells who did it", () => {
    const message = { metadata: { event: "joined" as const, actor: lea } };
    expect(isOwnDoing(message, { id: "lea" })).toBe(true);
    expect(isOwnDoing(message, { id: "carlos" })).toBe(false);
  });
});
