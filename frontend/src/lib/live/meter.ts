/** Answers per second, delay, and the likeliest cause when either is poor. */

export type Slowness = "network" | "server" | "camera" | null;

export interface Pace {
  readonly answersPerSecond: number;
  /** What the camera showed in the same time. */
  readonly picturesPerSecond: number;
  readonly delayMs: number;
  readonly slowness: Slowness;
  /** Mean milliseconds of each part, in the order a picture passes through them. */
  readonly parts: readonly { readonly name: string; readonly ms: number }[];
}

interface Entry {
  readonly at: number;
  readonly delayMs: number;
  readonly captureMs: number;
  readonly serverMs: number;
  readonly queueMs: number;
  readonly timings: Readonly<Record<string, number>>;
}

const WINDOW_MS = 2000;
const SLOW_MS = 350;
const LOW_RATE = 8;

const PART_NAMES: readonly [string, string][] = [
  ["queue", "Waiting at the server"],
  ["decode", "Reading the picture"],
  ["detect", "Finding faces"],
  ["embed", "Describing faces"],
  ["match", "Looking up names"],
];

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);

/** How often something happened in the window, from the moments at which it did. */
function perSecond(moments: readonly number[], nowMs: number): number {
  const inside = moments.filter((at) => nowMs - at < WINDOW_MS);
  const first = inside[0];
  return first === undefined ? 0 : ((inside.length - 1) * 1000) / Math.min(WINDOW_MS, Math.max(1, nowMs - first));
}

export class Meter {
  #entries: Entry[] = [];
  #shownAt: number[] = [];
  #busyAt = -Infinity;

  /** The camera showed a new picture, which may be sent or not. */
  shown(nowMs: number): void {
    this.#shownAt.push(nowMs);
    if (nowMs - (this.#shownAt[0] ?? nowMs) > WINDOW_MS) this.#shownAt.shift();
  }

  /** One answered picture: when it was taken, sent and answered, on one clock, and the server's own times. */
  answered(takenMs: number, sentMs: number, answeredMs: number, timings: Readonly<Record<string, number>>): void {
    this.#entries.push({
      at: answeredMs,
      delayMs: answeredMs - takenMs,
      captureMs: sentMs - takenMs,
      serverMs: timings.total ?? 0,
      queueMs: timings.queue ?? 0,
      timings,
    });
  }

  /** The server said it has too much to do. */
  busy(nowMs: number): void {
    this.#busyAt = nowMs;
  }

  clear(): void {
    this.#entries = [];
    this.#shownAt = [];
    this.#busyAt = -Infinity;
  }

  /** The last two seconds; null before the second answer of that time. `cameraFps` null: not known. */
  pace(nowMs: number, cameraFps: number | null): Pace | null {
    this.#entries = this.#entries.filter((entry) => nowMs - entry.at < WINDOW_MS);
    const entries = this.#entries;
    if (entries.length < 2) return null;
    const rate = perSecond(entries.map((entry) => entry.at), nowMs);
    const delayMs = mean(entries.map((entry) => entry.delayMs));
    const serverMs = mean(entries.map((entry) => entry.serverMs));
    const captureMs = mean(entries.map((entry) => entry.captureMs));
    const queueMs = mean(entries.map((entry) => entry.queueMs));
    const networkMs = Math.max(0, delayMs - serverMs - captureMs);
    let slowness: Slowness = null;
    if (nowMs - this.#busyAt < WINDOW_MS) slowness = "server";
    else if (delayMs > SLOW_MS || rate < LOW_RATE) {
      if (networkMs > serverMs && networkMs > 200) slowness = "network";
      else if (queueMs > 100 || serverMs > 200) slowness = "server";
      else if (cameraFps !== null && cameraFps < LOW_RATE + 2) slowness = "camera";
    }
    return {
      answersPerSecond: Math.round(rate),
      picturesPerSecond: Math.round(perSecond(this.#shownAt, nowMs)),
      delayMs: Math.round(delayMs),
      slowness,
      parts: [
        { name: "Taking the picture", ms: captureMs },
        { name: "Network", ms: networkMs },
        ...PART_NAMES.map(([key, name]) => ({ name, ms: mean(entries.map((entry) => entry.timings[key] ?? 0)) })),
      ],
    };
  }
}
