import { expect, test } from "vitest";
import { ownPicture } from "./pictures";

test("only pictures on this server are loaded", () => {
  expect(ownPicture("/api/v1/avatars/0a")).toBe("/api/v1/avatars/0a");
  for (const url of ["https://example.org/a.png", "//example.org/a.png", "javascript:x", "", null, undefined])
    expect(ownPicture(url)).toBeNull();
});
