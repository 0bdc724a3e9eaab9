import { describe, expect, test } from "vitest";
import { isOwnDoing, systemText } from "./system-message";

const lea = { userId: "lea", displayName: "Léa" };
const carlos = { userId: "carlos", displayName: "Carlos" };

const says = (metadata: object, id: string) =>
  systemText({ metadata: { kind: "system", ...metadata } }, { id })?.replace(/[\u2068\u2069]/g, "") ?? null;

describe("a system message", () => {
  test.each([
    [{ event: "created", actor: lea }, "You created the conversation", null, "Léa created the conversation"],
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
      { event: "role-changed", actor: lea, target: carlos, value: "ADMIN" },
      "You changed the role of Carlos to Administrator",
      "Léa changed your role to Administrator",
      "Léa changed the role of Carlos to Administrator",
    ],
    [
      { event: "title-changed", actor: lea, value: "Fête {actor}" },
      "You renamed the conversation to “Fête {actor}”",
      null,
      "Léa renamed the conversation to “Fête {actor}”",
    ],
    [
      { event: "picture-changed", actor: lea },
      "You changed the picture of the conversation",
      null,
      "Léa changed the picture of the conversation",
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
    const metadata = { kind: "system", event: "left", actor: { userId: "x", displayName: "a\u202eb" } };
    expect(systemText({ metadata }, { id: "me" })).toBe("\u2068ab\u2069 left");
  });

  test.each([
    undefined,
    null,
    "left",
    { event: "left", actor: lea },
    { kind: "system", event: "constructor", actor: lea },
    { kind: "system", event: "left" },
    { kind: "system", event: "added", actor: lea },
    { kind: "system", event: "title-changed", actor: lea, value: 4 },
  ])("with %j says nothing but its text", (metadata) => {
    expect(systemText({ metadata }, { id: "me" })).toBeNull();
    expect(isOwnDoing({ metadata }, { id: "me" })).toBe(false);
  });

  test("without metadata says nothing but its text", () => {
    expect(systemText({}, { id: "me" })).toBeNull();
  });

  test("tells who did it", () => {
    const message = { metadata: { kind: "system", event: "joined", actor: lea } };
    expect(isOwnDoing(message, { id: "lea" })).toBe(true);
    expect(isOwnDoing(message, { id: "carlos" })).toBe(false);
  });
});
