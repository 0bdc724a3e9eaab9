import { describe, expect, it } from "vitest";
import { fileSize, kindOf } from "./files";

describe("files", () => {
  it("are shown inline only if a browser runs no code in them", () => {
    expect(kindOf({ mimeType: "image/PNG" })).toBe("image");
    expect(kindOf({ mimeType: "image/svg+xml" })).toBe("other");
    expect(kindOf({ mimeType: "audio/webm" })).toBe("audio");
    expect(kindOf({ mimeType: "text/html" })).toBe("other");
    expect(kindOf({ mimeType: "" })).toBe("other");
  });

  it("have human-readable sizes", () => {
    expect(fileSize(0, "en")).toBe("0 byte");
    expect(fileSize(999, "en")).toBe("999 byte");
    expect(fileSize(1_536_000, "en")).toBe("1.5 MB");
    expect(fileSize(1_536_000, "fr")).toMatch(/^1,5\sMo$/);
    expect(fileSize(5e13, "en")).toBe("50,000 GB");
  });
});
