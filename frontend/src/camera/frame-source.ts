/** Pictures of a playing video: when a new one is there, and as JPEG, unmirrored. */

import { type Size, type VideoPx, fitLongSide } from "@/lib/geometry";

const JPEG_QUALITY = 0.8;

export interface Shot {
  readonly jpeg: Blob;
  readonly size: Size<VideoPx>;
  /** When the picture was taken, on the clock of performance.now(). */
  readonly takenMs: number;
}

/** Calls `each` whenever the video shows a new picture, until the returned function is called. */
export function onEachFrame(video: HTMLVideoElement, each: () => void): () => void {
  let stopped = false;
  let handle = 0;
  if ("requestVideoFrameCallback" in HTMLVideoElement.prototype) {
    const next = () => {
      if (stopped) return;
      each();
      handle = video.requestVideoFrameCallback(next);
    };
    handle = video.requestVideoFrameCallback(next);
    return () => {
      stopped = true;
      video.cancelVideoFrameCallback(handle);
    };
  }
  let shown = -1;
  const poll = () => {
    if (stopped) return;
    if (video.currentTime !== shown) {
      shown = video.currentTime;
      each();
    }
    handle = requestAnimationFrame(poll);
  };
  handle = requestAnimationFrame(poll);
  return () => {
    stopped = true;
    cancelAnimationFrame(handle);
  };
}

/** Draws into one canvas that is kept: a new canvas for every picture costs more than the drawing. */
export class FrameGrabber {
  readonly #canvas = document.createElement("canvas");
  // A canvas read back for every picture is faster in main memory than on the graphics card.
  readonly #context = this.#canvas.getContext("2d", { alpha: false, willReadFrequently: true });

  /** The picture now shown, its long side at most `longSide` px. */
  async grab(video: HTMLVideoElement, longSide: number): Promise<Shot | null> {
    const takenMs = performance.now();
    if (!this.#context || video.videoWidth === 0) return null;
    const size = fitLongSide(video.videoWidth, video.videoHeight, longSide);
    if (this.#canvas.width !== size.width || this.#canvas.height !== size.height) {
      this.#canvas.width = size.width;
      this.#canvas.height = size.height;
    }
    this.#context.drawImage(video, 0, 0, size.width, size.height);
    const jpeg = await new Promise<Blob | null>((resolve) => {
      this.#canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY);
    });
    return jpeg && { jpeg, size, takenMs };
  }
}
