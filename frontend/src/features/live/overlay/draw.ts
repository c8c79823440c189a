/** The boxes on the canvas. Shape carries the meaning, colour repeats it; sizes are screen pixels at any zoom. */

import type { Box, ScreenPx } from "@/lib/geometry";

import type { Mark } from "./tracks";

/** Fixed colours: they lie on a picture, not on the page, so they do not follow the theme. */
const COLOUR: Readonly<Record<Mark, string>> = {
  matched: "#35d07f",
  unknown: "#ffb224",
  pending: "#d3d8e0",
  poor: "#d3d8e0",
};
const SHADE = "rgb(0 0 0 / 0.45)";

function corner(box: Box<ScreenPx>): { length: number; radius: number } {
  const short = Math.min(box.width, box.height);
  return { length: Math.max(10, Math.min(34, short * 0.22)), radius: Math.max(4, Math.min(12, short * 0.09)) };
}

function corners(box: Box<ScreenPx>): Path2D {
  const { length, radius } = corner(box);
  const path = new Path2D();
  const right = box.x + box.width;
  const bottom = box.y + box.height;
  const points: readonly [x: number, y: number, dx: number, dy: number][] = [
    [box.x, box.y, 1, 1],
    [right, box.y, -1, 1],
    [right, bottom, -1, -1],
    [box.x, bottom, 1, -1],
  ];
  for (const [x, y, dx, dy] of points) {
    path.moveTo(x, y + dy * length);
    path.lineTo(x, y + dy * radius);
    path.quadraticCurveTo(x, y, x + dx * radius, y);
    path.lineTo(x + dx * length, y);
  }
  return path;
}

function outline(box: Box<ScreenPx>): Path2D {
  const path = new Path2D();
  path.roundRect(box.x, box.y, box.width, box.height, corner(box).radius);
  return path;
}

/** A dark line under a coloured one keeps both readable on snow and on night. */
function stroke(context: CanvasRenderingContext2D, path: Path2D, width: number, colour: string, dash: number[] = []): void {
  context.setLineDash(dash);
  context.lineWidth = width + 2;
  context.strokeStyle = SHADE;
  context.stroke(path);
  context.lineWidth = width;
  context.strokeStyle = colour;
  context.stroke(path);
}

export function drawMark(
  context: CanvasRenderingContext2D,
  box: Box<ScreenPx>,
  mark: Mark,
  progress: number,
  alpha: number,
): void {
  context.save();
  context.globalAlpha = alpha;
  context.lineCap = "round";
  context.lineJoin = "round";
  const colour = COLOUR[mark];
  switch (mark) {
    case "matched":
      stroke(context, corners(box), 3, colour);
      break;
    case "unknown":
      context.lineCap = "butt";
      stroke(context, outline(box), 3, colour, [10, 7]);
      break;
    case "poor":
      stroke(context, corners(box), 3, colour, [0.1, 7]);
      break;
    case "pending":
      context.globalAlpha = alpha * 0.55;
      stroke(context, outline(box), 2, colour);
      context.globalAlpha = alpha;
      drawArc(context, box, progress, colour);
      break;
  }
  context.restore();
}

/** The votes gathered so far, as a small dial at the box's upper right corner. */
function drawArc(context: CanvasRenderingContext2D, box: Box<ScreenPx>, progress: number, colour: string): void {
  const x = box.x + box.width;
  const y = box.y;
  const disc = new Path2D();
  disc.arc(x, y, 11, 0, 2 * Math.PI);
  context.fillStyle = "rgb(0 0 0 / 0.75)";
  context.fill(disc);
  const arc = new Path2D();
  arc.arc(x, y, 7, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.max(0.03, progress));
  context.setLineDash([]);
  context.lineWidth = 3;
  context.strokeStyle = colour;
  context.stroke(arc);
}
