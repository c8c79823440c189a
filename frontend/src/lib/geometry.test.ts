import { describe, expect, it } from "vitest";

import { type Box, type VideoPx, type View, fitLongSide, mixBoxes, screenPx, toScreen, videoPx } from "./geometry";

const box = (x: number, y: number, width: number, height: number): Box<VideoPx> => ({
  x: videoPx(x),
  y: videoPx(y),
  width: videoPx(width),
  height: videoPx(height),
});
const view = (mirrored: boolean): View => ({
  picture: { width: videoPx(640), height: videoPx(480) },
  screen: { width: screenPx(1280), height: screenPx(960) },
  mirrored,
});

describe("toScreen", () => {
  it("scales to the screen", () => {
    expect(toScreen(box(100, 50, 40, 60), view(false))).toEqual({ x: 200, y: 100, width: 80, height: 120 });
  });

  it("exchanges left and right in a mirror, and nothing else", () => {
    expect(toScreen(box(100, 50, 40, 60), view(true))).toEqual({ x: 1000, y: 100, width: 80, height: 120 });
  });

  it("keeps a centred box where it is when mirrored", () => {
    expect(toScreen(box(300, 0, 40, 10), view(true))).toEqual(toScreen(box(300, 0, 40, 10), view(false)));
  });
});

describe("mixBoxes", () => {
  it("goes from one box to the other", () => {
    const from = box(0, 0, 10, 10);
    const to = box(100, 50, 30, 20);
    expect(mixBoxes(from, to, 0)).toEqual(from);
    expect(mixBoxes(from, to, 1)).toEqual(to);
    expect(mixBoxes(from, to, 0.5)).toEqual(box(50, 25, 20, 15));
  });
});

describe("fitLongSide", () => {
  it.each([
    [1280, 720, 640, 360],
    [720, 1280, 360, 640],
    [480, 480, 480, 480],
    [3000, 1, 640, 1],
  ])("%i x %i becomes %i x %i", (width, height, fitWidth, fitHeight) => {
    expect(fitLongSide(width, height, 640)).toEqual({ width: fitWidth, height: fitHeight });
  });
});
