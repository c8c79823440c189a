import { expect, it } from "vitest";

import { chosenAfterSwitch } from "./theme";

it("keeps a choice only where it differs from the system's", () => {
  expect(chosenAfterSwitch("light", "light")).toBe("dark");
  expect(chosenAfterSwitch("dark", "light")).toBeNull();
  expect(chosenAfterSwitch("dark", "dark")).toBe("light");
  expect(chosenAfterSwitch("light", "dark")).toBeNull();
});
