/** Is the picture black? A covered lens or a laptop's shutter gives a stream of black pictures, and no error. */

const DARKEST_MEAN = 6;
const SMALLEST_SPREAD = 4;
const PATIENCE_MS = 2000;

/** @param rgba bytes of a small copy of the picture, four per pixel. */
export function isBlack(rgba: Uint8ClampedArray): boolean {
  const count = rgba.length / 4;
  if (count === 0) return false;
  let sum = 0;
  let highest = 0;
  let lowest = 255;
  for (let i = 0; i < rgba.length; i += 4) {
    const luma = 0.299 * (rgba[i] ?? 0) + 0.587 * (rgba[i + 1] ?? 0) + 0.114 * (rgba[i + 2] ?? 0);
    sum += luma;
    highest = Math.max(highest, luma);
    lowest = Math.min(lowest, luma);
  }
  return sum / count < DARKEST_MEAN && highest - lowest < SMALLEST_SPREAD;
}

/** Black for two seconds without a break. */
export class BlackWatch {
  #since: number | null = null;

  see(black: boolean, nowMs: number): boolean {
    if (!black) this.#since = null;
    else this.#since ??= nowMs;
    return this.#since !== null && nowMs - this.#since >= PATIENCE_MS;
  }
}

/** Looks at the video twice a second and tells when it turns black or light again. */
export function watchForBlack(video: HTMLVideoElement, tell: (black: boolean) => void): () => void {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 16;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const watch = new BlackWatch();
  const timer = setInterval(() => {
    if (!context || video.videoWidth === 0 || video.paused || document.hidden) return;
    context.drawImage(video, 0, 0, 16, 16);
    tell(watch.see(isBlack(context.getImageData(0, 0, 16, 16).data), performance.now()));
  }, 500);
  return () => clearInterval(timer);
}
