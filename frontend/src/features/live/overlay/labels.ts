/** Where name plates go: above the box, below it at the top edge, inside the picture, not over each other. */

import { type Box, type ScreenPx, type Size, screenPx } from "@/lib/geometry";

export interface LabelWish {
  readonly id: string;
  readonly box: Box<ScreenPx>;
  readonly size: Size<ScreenPx>;
}

const GAP = 8;
const EDGE = 4;

function clash(a: Box<ScreenPx>, b: Box<ScreenPx>): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function within(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, Math.max(low, high)));
}

/**
 * Places the plates, clear of `taken`, one after the other from left to right, each with as little shift as keeps it clear of those
 * placed before. Where a crowd leaves no clear place, plates may touch: inside the picture comes first.
 */
export function placeLabels(wishes: readonly LabelWish[], bounds: Size<ScreenPx>, taken: readonly Box<ScreenPx>[] = []): Map<string, Box<ScreenPx>> {
  const placed: Box<ScreenPx>[] = [...taken];
  const result = new Map<string, Box<ScreenPx>>();
  const order = [...wishes].sort((a, b) => a.box.x - b.box.x || a.box.y - b.box.y);
  for (const { id, box, size } of order) {
    const at = (x: number, y: number): Box<ScreenPx> => ({
      x: screenPx(within(x, EDGE, bounds.width - size.width - EDGE)),
      y: screenPx(within(y, EDGE, bounds.height - size.height - EDGE)),
      ...size,
    });
    const centred = box.x + box.width / 2 - size.width / 2;
    const above = box.y - GAP - size.height;
    const below = box.y + box.height + GAP;
    const rows = above >= EDGE ? [above, below] : [below, above];
    const candidates = rows.flatMap((y) => [
      at(centred, y),
      ...placed.flatMap((other) => [at(other.x + other.width + EDGE, y), at(other.x - size.width - EDGE, y)]),
    ]);
    const clear = candidates.filter((candidate) => !placed.some((other) => clash(candidate, other)));
    // A neighbour pushes a plate sideways; only a long way to the side is worse than the other end of the box.
    const cost = (candidate: Box<ScreenPx>) =>
      Math.abs(candidate.x - centred) + (Math.abs(candidate.y - (rows[0] ?? 0)) > 1 ? size.width * 1.5 : 0);
    const best = clear.reduce<Box<ScreenPx> | undefined>(
      (lead, candidate) => (!lead || cost(candidate) < cost(lead) ? candidate : lead),
      undefined,
    );
    const place = best ?? at(centred, rows[0] ?? 0);
    placed.push(place);
    result.set(id, place);
  }
  return result;
}
