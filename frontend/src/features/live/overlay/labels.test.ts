import { describe, expect, it } from "vitest";

import { type Box, type ScreenPx, screenPx } from "@/lib/geometry";

import { type LabelWish, placeLabels } from "./labels";

const bounds = { width: screenPx(640), height: screenPx(480) };
const wish = (id: string, x: number, y: number, width = 100, labelWidth = 80): LabelWish => ({
  id,
  box: { x: screenPx(x), y: screenPx(y), width: screenPx(width), height: screenPx(120) },
  size: { width: screenPx(labelWidth), height: screenPx(28) },
});
const get = (places: Map<string, Box<ScreenPx>>, id: string): Box<ScreenPx> => {
  const place = places.get(id);
  if (!place) throw new Error(`no place for ${id}`);
  return place;
};
const overlap = (a: Box<ScreenPx>, b: Box<ScreenPx>) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe("placeLabels", () => {
  it("stands above the box, centred", () => {
    expect(get(placeLabels([wish("a", 200, 200)], bounds), "a")).toEqual({ x: 210, y: 164, width: 80, height: 28 });
  });

  it("flips below the box at the top edge", () => {
    expect(get(placeLabels([wish("a", 200, 10)], bounds), "a").y).toBe(138);
  });

  it("is pushed inside the picture at the sides, and at the bottom when the box fills it", () => {
    expect(get(placeLabels([wish("a", -60, 200)], bounds), "a").x).toBe(4);
    expect(get(placeLabels([wish("a", 600, 200)], bounds), "a").x).toBe(556);
    const tall = { ...wish("a", 200, -10), box: { ...wish("a", 200, -10).box, height: screenPx(500) } };
    expect(get(placeLabels([tall], bounds), "a").y).toBe(448);
  });

  it("is pushed sideways by a neighbour", () => {
    const places = placeLabels([wish("a", 200, 200), wish("b", 230, 200)], bounds);
    expect(get(places, "a").y).toBe(get(places, "b").y);
    expect(overlap(get(places, "a"), get(places, "b"))).toBe(false);
  });

  it("leaves free what else lies on the picture", () => {
    const chip = { x: screenPx(500), y: screenPx(12), width: screenPx(130), height: screenPx(28) };
    const free = get(placeLabels([wish("a", 480, 50)], bounds), "a");
    expect(overlap(free, chip)).toBe(true);
    expect(overlap(get(placeLabels([wish("a", 480, 50)], bounds, [chip]), "a"), chip)).toBe(false);
  });

  it("keeps a row of people apart and inside", () => {
    const wishes = Array.from({ length: 6 }, (_, i) => wish(String(i), 20 + i * 95, 200 + (i % 3) * 9, 90, 88));
    const places = [...placeLabels(wishes, bounds).values()];
    for (const [i, a] of places.entries()) {
      expect(a.x).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width).toBeLessThanOrEqual(640);
      for (const b of places.slice(i + 1)) expect(overlap(a, b)).toBe(false);
    }
  });

  it("stays inside a picture narrower than the label", () => {
    const narrow = { width: screenPx(60), height: screenPx(60) };
    expect(get(placeLabels([wish("a", 10, 30, 20)], narrow), "a").x).toBe(4);
  });
});
