import { expect, it } from "vitest";

import { setupToken } from "./fragment";

it.each([
  ["#setup=abc_-1", "abc_-1"],
  ["#setup=", null],
  ["", null],
  ["#other=1", null],
])("%s holds the token %s", (hash, token) => {
  expect(setupToken(hash)).toBe(token);
});
