/** How large the pictures are sent: small ones are answered sooner, large ones still hold the faces of a whole room. */

import type { Size, VideoPx } from "@/lib/geometry";

const SMALL = 640;
const LARGE = 1280;

/** Distances between eyes, px of a SMALL picture. Below the first even a LARGE one shows too little to name anybody. */
const OUT_OF_REACH = 10;
const HELPED_BELOW = 30;
const EASY_FROM = 36;

const QUICK_MS = 250;
const SLOW_MS = 500;
const REST_AFTER_SLOW_MS = 15_000;
/** Answers in a row that must agree, so that a face at the edge of a size does not switch it to and fro. */
const AGREEING = { toLarge: 5, toSmall: 60 } as const;
const SMOOTHING = 0.2;

export class PictureSize {
  #longSide = SMALL;
  #delayMs: number | null = null;
  #agreeing = 0;
  #restUntilMs = -Infinity;

  /** Long side of the next picture, px. */
  get longSide(): number {
    return this.#longSide;
  }

  /** One answer: the size of its picture, the eye distances in it (px), and how long it took. */
  answered(picture: Size<VideoPx>, eyes: readonly number[], delayMs: number, nowMs: number): void {
    this.#delayMs = this.#delayMs === null ? delayMs : this.#delayMs + SMOOTHING * (delayMs - this.#delayMs);
    const large = this.#longSide === LARGE;
    if (large && this.#delayMs > SLOW_MS) {
      this.#restUntilMs = nowMs + REST_AFTER_SLOW_MS;
      this.#become(SMALL);
      return;
    }
    const scale = SMALL / Math.max(picture.width, picture.height);
    const below = large ? EASY_FROM : HELPED_BELOW;
    const helped = eyes.some((eye) => eye * scale >= OUT_OF_REACH && eye * scale < below);
    const mayChange = large || (this.#delayMs < QUICK_MS && nowMs >= this.#restUntilMs);
    this.#agreeing = helped !== large && mayChange ? this.#agreeing + 1 : 0;
    if (this.#agreeing >= (large ? AGREEING.toSmall : AGREEING.toLarge)) this.#become(large ? SMALL : LARGE);
  }

  #become(longSide: number): void {
    this.#longSide = longSide;
    this.#agreeing = 0;
    this.#delayMs = null;
  }
}
