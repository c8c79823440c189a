/** The camera as a small machine outside React: it owns the stream and always gives it back. */

import { Store } from "@/lib/store";

import { type CameraProblem, isCoarse, problemFrom } from "./problem";

export type CameraState =
  | { readonly phase: "off" }
  | { readonly phase: "asking" }
  | {
      readonly phase: "on";
      readonly stream: MediaStream;
      readonly deviceId: string | null;
      /** A camera that looks at the person is shown as a mirror; one that looks away is not. */
      readonly mirrored: boolean;
      readonly fps: number | null;
    }
  | {
      readonly phase: "problem";
      readonly problem: CameraProblem;
      /** Of the camera that is no good, where one was opened. */
      readonly deviceId?: string | null;
    };

export interface CameraChoice {
  readonly id: string;
  readonly label: string;
}

const CHOICE_KEY = "facegate-camera";

/** Whether the document may ask for the camera at all (an enclosing frame can forbid it). */
function allowedByPolicy(): boolean {
  const policy = (document as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy;
  return policy ? policy.allowsFeature("camera") : true;
}

function hasDevices(): boolean {
  return window.isSecureContext && (navigator as { mediaDevices?: MediaDevices }).mediaDevices !== undefined;
}

/** Whether the camera would start without a question, so that nothing needs explaining first. */
async function alreadyGranted(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "camera" })).state === "granted";
  } catch {
    return false;
  }
}

export class Camera {
  readonly state = new Store<CameraState>({ phase: "off" });
  readonly choices = new Store<readonly CameraChoice[]>([]);
  #run = 0;

  /** Starts at once where the person allowed the camera before; otherwise waits for a press of a button. */
  async startIfGranted(): Promise<void> {
    if (!hasDevices()) {
      this.state.set({ phase: "problem", problem: "insecure" });
      return;
    }
    if (!allowedByPolicy()) {
      this.state.set({ phase: "problem", problem: "policy" });
      return;
    }
    const run = this.#run;
    if ((await alreadyGranted()) && run === this.#run) await this.start();
  }

  async start(deviceId: string | null = rememberedCamera()): Promise<void> {
    this.stop();
    const run = this.#run;
    if (!hasDevices()) {
      this.state.set({ phase: "problem", problem: "insecure" });
      return;
    }
    this.state.set({ phase: "asking" });
    let stream: MediaStream;
    try {
      stream = await openStream(deviceId);
    } catch (error) {
      if (run !== this.#run) return;
      const name = error instanceof Error ? error.name : "";
      if (name === "OverconstrainedError" && deviceId !== null) {
        rememberCamera(null);
        await this.start(null);
        return;
      }
      this.state.set({ phase: "problem", problem: problemFrom(name, allowedByPolicy()) });
      return;
    }
    if (run !== this.#run) {
      stop(stream);
      return;
    }
    const track = stream.getVideoTracks()[0];
    const settings = track?.getSettings() ?? {};
    void this.#list();
    if (isCoarse(settings)) {
      stop(stream);
      this.state.set({ phase: "problem", problem: "coarse", deviceId: settings.deviceId ?? null });
      return;
    }
    track?.addEventListener("ended", () => {
      if (run !== this.#run) return;
      this.stop();
      this.state.set({ phase: "problem", problem: "unplugged" });
    });
    this.state.set({
      phase: "on",
      stream,
      deviceId: settings.deviceId ?? null,
      mirrored: settings.facingMode !== "environment",
      fps: settings.frameRate ?? null,
    });
  }

  choose(deviceId: string): void {
    rememberCamera(deviceId);
    void this.start(deviceId);
  }

  stop(): void {
    this.#run += 1;
    const state = this.state.get();
    if (state.phase === "on") stop(state.stream);
    this.state.set({ phase: "off" });
  }

  async #list(): Promise<void> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const cameras = devices.filter((device) => device.kind === "videoinput");
    this.choices.set(cameras.map((device, i) => ({ id: device.deviceId, label: device.label || `Camera ${i + 1}` })));
  }
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function openStream(deviceId: string | null): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: {
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30 },
      ...(deviceId === null ? { facingMode: "user" } : { deviceId: { exact: deviceId } }),
    },
  });
}

function rememberedCamera(): string | null {
  try {
    return localStorage.getItem(CHOICE_KEY);
  } catch {
    return null;
  }
}

function rememberCamera(deviceId: string | null): void {
  try {
    if (deviceId === null) localStorage.removeItem(CHOICE_KEY);
    else localStorage.setItem(CHOICE_KEY, deviceId);
  } catch {
    // Private windows may refuse storage; the choice then lasts until the page closes.
  }
}
