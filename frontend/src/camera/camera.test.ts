import { describe, expect, it } from "vitest";

import { BlackWatch, isBlack } from "./black";
import { isCoarse, problemFrom } from "./problem";

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

describe("isCoarse", () => {
  it("asks for 480 by 360 pixels, held either way, 10 times a second", () => {
    expect(isCoarse({ width: 640, height: 480, frameRate: 30 })).toBe(false);
    expect(isCoarse({ width: 360, height: 480, frameRate: 10 })).toBe(false);
    expect(isCoarse({ width: 640, height: 352, frameRate: 30 })).toBe(true);
    expect(isCoarse({ width: 160, height: 120, frameRate: 30 })).toBe(true);
    expect(isCoarse({ width: 640, height: 480, frameRate: 5 })).toBe(true);
  });

  it("does not refuse a camera that tells nothing", () => {
    expect(isCoarse({})).toBe(false);
    expect(isCoarse({ width: 0, height: 0, frameRate: 0 })).toBe(false);
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
