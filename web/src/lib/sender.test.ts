import { describe, expect, it } from "vitest";
import { senderKey, senderName } from "./sender";

const guest = { id: "g1", username: "visitor", firstName: "Ana", lastName: "Li" };

describe("who wrote a message", () => {
  it("is a user, a guest, or a deleted account", () => {
    const person = { senderId: "u1", sender: { displayName: "Léa" }, anonymousSender: null };
    expect([senderName(person), senderKey(person)]).toEqual(["Léa", "u1"]);
    const visitor = { senderId: null, sender: null, anonymousSender: guest };
    expect([senderName(visitor), senderKey(visitor)]).toEqual(["Ana Li", "g1"]);
    expect(senderName({ ...visitor, anonymousSender: { ...guest, firstName: "", lastName: "" } })).toBe(
      "visitor",
    );
    const gone = { senderId: null, sender: null, anonymousSender: null };
    expect([senderName(gone), senderKey(gone)]).toEqual(["", null]);
  });
});
