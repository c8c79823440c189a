import { describe, expect, it } from "vitest";

import { videoPx } from "@/lib/geometry";

import { PictureSize } from "./picture-size";

/** Answers `count` times, 50 ms apart; eye distances are px of a picture 640 px long. */
function answer(size: PictureSize, eyes: number[], { count = 100, delayMs = 80, fromMs = 0 } = {}): number {
  for (let i = 0; i < count; i += 1) {
    const scale = size.longSide / 640;
    const picture = { width: videoPx(640 * scale), height: videoPx(360 * scale) };
    size.answered(picture, eyes.map((eye) => eye * scale), delayMs, fromMs + i * 50);
  }
  return size.longSide;
}

describe("PictureSize", () => {
  it("is small for faces near the camera, and large for a room", () => {
    expect(answer(new PictureSize(), [60])).toBe(640);
    expect(answer(new PictureSize(), [60, 16])).toBe(1280);
    expect(answer(new PictureSize(), [])).toBe(640);
  });

  it("is not moved by one answer, nor by a face at the edge", () => {
    const size = new PictureSize();
    expect(answer(size, [16], { count: 4 })).toBe(640);
    expect(answer(size, [33])).toBe(640);
    expect(answer(size, [29], { count: 5 })).toBe(1280);
    expect(answer(size, [33])).toBe(1280);
    expect(answer(size, [], { count: 20 })).toBe(1280);
    expect(answer(size, [40])).toBe(640);
  });

  it("does not slow the page down for faces that stay too small", () => {
    expect(answer(new PictureSize(), [6])).toBe(640);
  });

  it("gives way to slow answers, and does not try again at once", () => {
    const size = new PictureSize();
    expect(answer(size, [16], { delayMs: 400 })).toBe(640);
    expect(answer(size, [16])).toBe(1280);
    expect(answer(size, [16], { delayMs: 700, count: 10, fromMs: 10_000 })).toBe(640);
    expect(answer(size, [16], { fromMs: 10_500 })).toBe(640);
    expect(answer(size, [16], { fromMs: 30_000 })).toBe(1280);
  });
});
