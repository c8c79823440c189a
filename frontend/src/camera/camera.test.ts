import { describe, expect, it } from "vitest";

import { BlackWatch, isBlack } from "./black";
import { problemFrom } from "./problem";

describe("problemFrom", () => {
  it.each([
    ["NotAllowedError", true, "denied"],
    ["NotAllowedError", false, "policy"],
    ["NotFoundError", true, "missing"],
    ["NotReadableError", true, "busy"],
    ["OverconstrainedError", true, "coarse"],
    ["TypeError", true, "failed"],
  ] as const)("%s (allowed by the page around: %s) is %s", (name, allowed, problem) => {
    expect(problemFrom(name, allowed)).toBe(problem);
  });
});

const pixels = (...lumas: number[]) => new Uint8ClampedArray(lumas.flatMap((v) => [v, v, v, 255]));

describe("black pictures", () => {
  it("are dark all over; a dark room is not", () => {
    expect(isBlack(pixels(0, 1, 2, 1))).toBe(true);
    expect(isBlack(pixels(2, 3, 4, 30))).toBe(false);
    expect(isBlack(pixels(60, 60, 60, 60))).toBe(false);
  });

  it("count only after two seconds without a break", () => {
    const watch = new BlackWatch();
    expect(watch.see(true, 0)).toBe(false);
    expect(watch.see(true, 1900)).toBe(false);
    expect(watch.see(false, 1950)).toBe(false);
    expect(watch.see(true, 2100)).toBe(false);
    expect(watch.see(true, 4100)).toBe(true);
    expect(watch.see(false, 4200)).toBe(false);
  });
});
