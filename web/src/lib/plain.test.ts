import { expect, test } from "vitest";
import { plain } from "./plain";

test.each([
  ["Céline", "celine"],
  ["Ce\u0301line", "CELINE"],
  ["Weiß", "WEISS"],
  ["Щукин", "щукин"],
  ["ﬁn", "FIN"],
])("%s is found as %s", (one, other) => {
  expect(plain(one)).toBe(plain(other));
});
