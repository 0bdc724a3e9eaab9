import { describe, expect, it } from "vitest";
import { authorOf, isBy } from "./author";
import { senderName } from "./sender";

const guest = { id: "g1", username: "visitor", firstName: "Ana", lastName: "Li" };

describe("who wrote a message", () => {
  it("is a user, a guest, or a deleted account", () => {
    const person = {
      senderId: "u1",
      anonymousSenderId: null,
      sender: { displayName: "Léa" },
      anonymousSender: null,
    };
    expect([senderName(person), authorOf(person)]).toEqual(["Léa", "u1"]);
    const visitor = { senderId: null, anonymousSenderId: "g1", sender: null, anonymousSender: guest };
    expect([senderName(visitor), authorOf(visitor)]).toEqual(["Ana Li", "g1"]);
    expect([isBy(visitor, "g1"), isBy(visitor, "u1"), isBy(person, "u1")]).toEqual([true, false, true]);
    expect(senderName({ ...visitor, anonymousSender: { ...guest, firstName: "", lastName: "" } })).toBe(
      "visitor",
    );
    const gone = { senderId: null, anonymousSenderId: null, sender: null, anonymousSender: null };
    expect([senderName(gone), authorOf(gone)]).toEqual(["", null]);
  });
});
