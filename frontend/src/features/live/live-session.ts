/** Everything the Live page does over time, outside React: camera, socket, one picture in flight, enrolment. */

import { watchForBlack } from "@/camera/black";
import { Camera } from "@/camera/camera";
import { FrameGrabber, type Shot, onEachFrame } from "@/camera/frame-source";
import { PictureSize } from "@/camera/picture-size";
import { videoPx } from "@/lib/geometry";
import type { Connection } from "@/lib/live/connection";
import { LiveClient } from "@/lib/live/live-client";
import { Meter, type Pace } from "@/lib/live/meter";
import {
  CONNECTION_LOST,
  type EnrollConsent,
  type FinishChoice,
  type FrameAnswer,
  type FrameReply,
  type LiveError,
  NO_ANSWER,
} from "@/lib/live/protocol";
import { Store } from "@/lib/store";
import { spokenSummary } from "@/lib/words";

import { type Enrolment, type EnrolmentEvent, type Subject, nextEnrolment } from "./enrol/machine";
import { type Thumbnail, cropFace } from "./enrol/thumbnail";
import { type Scene, type Track, largestFace, nextScene, visibility } from "./overlay/tracks";

const SHORTEST_GAP_MS = 30;
const BUSY_PAUSE_MS = 500;
const PACE_EVERY_MS = 500;
const SPEAK_EVERY_MS = 2000;
const WATCH_EVERY_MS = 100;
const SILENT_AFTER_MS = 2500;
const REWORD_EVERY_MS = 500;
const SAMPLE_EVERY_MS = 280;
const SAMPLE_AFTER_ACCEPTED_MS = 620;
const OLDEST_SAMPLE_MS = 400;
const PROOF_WITHIN_MS = 5000;

/** What the server says when the next picture may well be taken. */
const PASSING: ReadonlySet<string> = new Set(["rate_limited", "overloaded", NO_ANSWER.code]);

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export interface LiveSessionOptions {
  /** A single-use ticket, or null where the server asks for none. */
  readonly ticket: () => Promise<string | null>;
  /** Told when the people who are saved may have changed. */
  readonly onPeopleChanged: () => void;
}

export class LiveSession {
  readonly camera = new Camera();
  readonly client: LiveClient;
  /** The faces in view: replaced at once when a name or a mark changes, else often enough for the words about them. */
  readonly faces = new Store<readonly Track[]>([]);
  readonly pace = new Store<Pace | null>(null);
  readonly gallerySize = new Store<number | null>(null);
  readonly black = new Store(false);
  /** What the server last said instead of an answer; null after the next answer. */
  readonly trouble = new Store<LiveError | null>(null);
  /** Whether the server has left a picture unanswered for so long that people must be told. */
  readonly silent = new Store(false);
  readonly spoken = new Store("");
  readonly enrolment = new Store<Enrolment>({ step: "closed" });
  readonly thumbnails = new Store<readonly Thumbnail[]>([]);
  /** Width over height of the camera's picture. */
  readonly aspect = new Store(4 / 3);

  /** Read by the overlay at every screen refresh. */
  scene: Scene | null = null;

  readonly #options: LiveSessionOptions;
  readonly #meter = new Meter();
  readonly #grabber = new FrameGrabber();
  readonly #size = new PictureSize();
  #video: HTMLVideoElement | null = null;
  #fresh = false;
  #inFlight = false;
  #sequence = 0;
  #lastSentMs = 0;
  #pausedUntilMs = 0;
  #wordedMs = 0;
  /** When the oldest picture was sent that nothing came back for; null: none. */
  #unansweredSinceMs: number | null = null;
  #lastShot: Shot | null = null;
  #consent: EnrollConsent | null = null;
  #collection = 0;

  constructor(options: LiveSessionOptions) {
    this.#options = options;
    this.client = new LiveClient({ ticket: options.ticket });
  }

  /** Connects and starts the camera where that needs no question; returns what ends it all. */
  start(): () => void {
    const unsubscribe = this.client.connection.subscribe(() => this.#connectionChanged(this.client.connection.get()));
    const pace = setInterval(() => this.pace.set(this.#meter.pace(performance.now(), this.#cameraFps())), PACE_EVERY_MS);
    const speak = setInterval(() => this.#speak(), SPEAK_EVERY_MS);
    const watch = setInterval(() => this.#watch(), WATCH_EVERY_MS);
    const online = () => this.client.retryNow();
    const visible = () => {
      if (document.hidden) this.#clearScene();
    };
    window.addEventListener("online", online);
    document.addEventListener("visibilitychange", visible);
    this.client.start();
    void this.camera.startIfGranted();
    return () => {
      clearInterval(pace);
      clearInterval(speak);
      clearInterval(watch);
      window.removeEventListener("online", online);
      document.removeEventListener("visibilitychange", visible);
      unsubscribe();
      this.closeEnrolment();
      this.client.stop();
      this.camera.stop();
    };
  }

  /** Sends the pictures of this element until the returned function is called. */
  attach(video: HTMLVideoElement): () => void {
    this.#video = video;
    const measure = () => {
      if (video.videoHeight > 0) this.aspect.set(video.videoWidth / video.videoHeight);
    };
    measure();
    video.addEventListener("resize", measure);
    const stopFrames = onEachFrame(video, () => {
      this.#fresh = true;
      this.#meter.shown(performance.now());
      void this.#send();
    });
    const stopWatch = watchForBlack(video, (black) => this.black.set(black));
    return () => {
      stopFrames();
      stopWatch();
      video.removeEventListener("resize", measure);
      this.#video = null;
      this.#lastShot = null;
      this.black.set(false);
      this.#clearScene();
    };
  }

  // --- pictures ---------------------------------------------------------------------------------------------------

  async #send(): Promise<void> {
    const video = this.#video;
    const now = performance.now();
    if (!video || this.#inFlight || !this.#fresh || document.hidden) return;
    if (this.client.connection.get().phase !== "open") return;
    if (now < this.#pausedUntilMs || now - this.#lastSentMs < SHORTEST_GAP_MS) return;
    this.#inFlight = true;
    this.#fresh = false;
    this.#lastSentMs = now;
    try {
      const shot = await this.#grabber.grab(video, this.#size.longSide);
      if (!shot) return;
      this.#lastShot = shot;
      const sentMs = performance.now();
      this.#unansweredSinceMs ??= sentMs;
      this.#sequence += 1;
      const reply = await this.client.sendFrame(shot.jpeg, this.#sequence, performance.timeOrigin + shot.takenMs);
      if (this.#video === video) this.#replied(reply, shot.takenMs, sentMs);
    } finally {
      this.#inFlight = false;
    }
    // Where the camera has shown a newer picture meanwhile, it goes at once instead of at the next one.
    void this.#send();
  }

  #replied(reply: FrameReply, takenMs: number, sentMs: number): void {
    const now = performance.now();
    const unanswered = reply.kind === "error" && (reply.error.code === CONNECTION_LOST.code || reply.error.code === NO_ANSWER.code);
    if (unanswered) return;
    this.#unansweredSinceMs = null;
    switch (reply.kind) {
      case "superseded":
        return;
      case "error":
        if (reply.error.code === "overloaded") this.#meter.busy(now);
        this.#pausedUntilMs = now + BUSY_PAUSE_MS;
        this.trouble.set(reply.error);
        return;
      case "answer":
        this.trouble.set(null);
        this.#meter.answered(takenMs, sentMs, now, reply.answer.timings_ms);
        this.#show(reply.answer, now);
        this.#fitSize(reply.answer, now - takenMs, now);
    }
  }

  #show(answer: FrameAnswer, now: number): void {
    this.scene = nextScene(this.scene, answer, now);
    this.gallerySize.set(answer.gallery_size);
    if (now - this.#wordedMs >= REWORD_EVERY_MS || !sameFaces(this.faces.get(), this.scene.tracks)) {
      this.#wordedMs = now;
      this.faces.set(this.scene.tracks);
    }
    const personIds = new Set(this.scene.tracks.flatMap((t) => (t.mark === "matched" && t.face.person ? [t.face.person.id] : [])));
    this.#enrol({ type: "seen", personIds });
  }

  #fitSize(answer: FrameAnswer, delayMs: number, now: number): void {
    const eyes = answer.faces.flatMap((face) => (face.quality ? [face.quality.eye_distance_px] : []));
    this.#size.answered({ width: videoPx(answer.width), height: videoPx(answer.height) }, eyes, delayMs, now);
  }

  #clearScene(): void {
    this.scene = null;
    this.faces.set([]);
  }

  /** Takes back what an old answer said, and tells when the server has gone quiet. */
  #watch(): void {
    const now = performance.now();
    // The scene itself stays: with the next answer faces go on as they were.
    if (this.faces.get().length > 0 && this.scene && visibility(this.scene, now) === 0) this.faces.set([]);
    this.silent.set(this.#unansweredSinceMs !== null && now - this.#unansweredSinceMs >= SILENT_AFTER_MS);
  }

  #speak(): void {
    const on = this.camera.state.get().phase === "on" && this.client.connection.get().phase === "open" && !this.silent.get();
    this.spoken.set(on ? spokenSummary(this.faces.get().map((track) => track.face)) : "");
  }

  #cameraFps(): number | null {
    const state = this.camera.state.get();
    return state.phase === "on" ? state.fps : null;
  }

  #connectionChanged(connection: Connection): void {
    this.#unansweredSinceMs = null;
    if (connection.phase === "open") {
      void this.#video?.play().catch(() => undefined);
      this.#options.onPeopleChanged();
      return;
    }
    this.#clearScene();
    this.#meter.clear();
    this.pace.set(null);
    this.trouble.set(null);
    if (connection.phase === "waiting" && connection.before) this.#video?.pause();
    this.#enrol({ type: "failed", error: CONNECTION_LOST });
  }

  // --- adding a person --------------------------------------------------------------------------------------------

  openEnrolment(): void {
    this.closeEnrolment();
    this.#enrol({ type: "open" });
  }

  closeEnrolment(): void {
    const step = this.enrolment.get().step;
    if (step === "collecting" || step === "question" || step === "failed") void this.client.cancel();
    this.#forgetPictures();
    this.#enrol({ type: "close" });
  }

  startCollecting(subject: Subject, consentVersion: string): void {
    this.#consent = { consent: true, consent_version: consentVersion };
    this.#forgetPictures();
    this.#enrol({ type: "start", subject });
    void this.#collect(subject, this.#collection);
  }

  tryAgain(): void {
    const state = this.enrolment.get();
    if (state.step !== "failed" || !this.#consent) return;
    this.startCollecting(state.subject, this.#consent.consent_version);
  }

  save(): void {
    this.#enrol({ type: "save" });
    if (this.enrolment.get().step === "saving") void this.#finish({});
  }

  decide(choice: FinishChoice): void {
    this.#enrol({ type: "decided", another: "new" in choice });
    if (this.enrolment.get().step === "saving") void this.#finish(choice);
  }

  async #collect(subject: Subject, collection: number): Promise<void> {
    const target = subject.kind === "new" ? { name: subject.name } : { person_id: subject.person.id };
    const active = () => this.enrolment.get().step === "collecting" && collection === this.#collection;
    // The server may still hold pictures of an earlier try; they must not count for this one.
    while (active() && !(await this.client.cancel())) await wait(SAMPLE_EVERY_MS);
    while (active()) {
      const shot = this.#lastShot;
      let pause = SAMPLE_EVERY_MS;
      if (this.#consent && shot && performance.now() - shot.takenMs < OLDEST_SAMPLE_MS) {
        const scene = this.scene;
        const reply = await this.client.sendSample(target, this.#consent, shot.jpeg);
        if (!active()) return;
        if (reply.ok) {
          if (reply.value.accepted) {
            pause = SAMPLE_AFTER_ACCEPTED_MS;
            void this.#keepThumbnail(shot, scene, collection);
          }
          this.#enrol({ type: "sample", answer: reply.value, quality: largestFace(scene)?.face.quality ?? null });
        } else if (!PASSING.has(reply.error.code)) {
          this.#enrol({ type: "failed", error: reply.error });
        }
      }
      if (active()) await wait(pause);
    }
    if (this.enrolment.get().step === "saving" && collection === this.#collection) await this.#finish({});
  }

  async #finish(choice: FinishChoice): Promise<void> {
    const collection = this.#collection;
    const reply = await this.client.finish(choice);
    if (collection !== this.#collection) return;
    if (reply.ok) {
      this.#enrol({ type: "saved", answer: reply.value });
      setTimeout(() => collection === this.#collection && this.#enrol({ type: "late" }), PROOF_WITHIN_MS);
    } else {
      this.#enrol({ type: "failed", error: reply.error });
    }
    // After a failure too: it may be that the answer was lost, and not the save.
    this.#options.onPeopleChanged();
  }

  async #keepThumbnail(shot: Shot, scene: Scene | null, collection: number): Promise<void> {
    const thumbnail = await cropFace(shot, scene).catch(() => null);
    if (thumbnail && collection === this.#collection) this.thumbnails.set([...this.thumbnails.get(), thumbnail]);
  }

  #forgetPictures(): void {
    this.#collection += 1;
    for (const thumbnail of this.thumbnails.get()) thumbnail.close();
    this.thumbnails.set([]);
  }

  #enrol(event: EnrolmentEvent): void {
    this.enrolment.set(nextEnrolment(this.enrolment.get(), event));
  }
}

/** Whether two answers say the same of the same faces, the finer points of each aside. */
function sameFaces(a: readonly Track[], b: readonly Track[]): boolean {
  return a.length === b.length && a.every((track, i) => said(track) === said(b[i]));
}

function said(track: Track | undefined): string {
  return JSON.stringify([track?.id, track?.mark, track?.label, track?.face.person?.id]);
}
