import { expect, test } from "vitest";
import { ownPicture } from "./pictures";

test("only pictures on this server are loaded", () => {
  expect(ownPicture("/api/v1/avatars/0a")).toBe("/api/v1/avatars/0a");
  expect(ownPicture("https://static.example.org/u/i/2025/10/a.jpg")).toBe("/u/i/2025/10/a.jpg");
  expect(ownPicture("https://gate.example.org/api/attachments/file/2025%2Fa.jpg")).toBe(
    "/api/attachments/file/2025%2Fa.jpg",
  );
  for (const url of ["https://example.org/a.png", "//example.org/a.png", "javascript:x", "", null, undefined])
    expect(ownPicture(url)).toBeNull();
});
