import { describe, expect, it } from "vitest";

import type { FrameAnswer, LiveFace } from "@/lib/live/protocol";

import { boxAt, nextScene, visibility } from "./tracks";

const face = (id: number, x: number, over: Partial<LiveFace> = {}): LiveFace => ({
  track_id: id,
  bbox: { pixels: { x, y: 100, width: 80, height: 100 } },
  status: "unknown",
  person: null,
  reason: "below_threshold",
  votes: { have: 3, needed: 3 },
  strength: null,
  odds: null,
  quality: null,
  ...over,
});
const answer = (...faces: LiveFace[]): FrameAnswer => ({
  seq: 1,
  faces,
  skipped: 0,
  gallery_size: 1,
  width: 640,
  height: 480,
  timings_ms: {},
});
const matched = (name: string): Partial<LiveFace> => ({ status: "matched", reason: null, person: { id: name, name } });
const only = (scene: ReturnType<typeof nextScene>) => {
  const [track] = scene.tracks;
  if (!track) throw new Error("the scene is empty");
  return track;
};

describe("movement", () => {
  it("starts in place, then eases to the new place in 80 ms and never past it", () => {
    const first = nextScene(null, answer(face(1, 100)), 0);
    expect(boxAt(only(first), 0).x).toBe(100);
    const second = nextScene(first, answer(face(1, 200)), 50);
    expect(boxAt(only(second), 50).x).toBe(100);
    const half = boxAt(only(second), 90).x;
    expect(half).toBeGreaterThan(150);
    expect(half).toBeLessThan(200);
    expect(boxAt(only(second), 130).x).toBe(200);
    expect(boxAt(only(second), 5000).x).toBe(200);
  });

  it("goes on from where the box is drawn when the next answer is early", () => {
    const first = nextScene(null, answer(face(1, 100)), 0);
    const second = nextScene(first, answer(face(1, 200)), 100);
    const drawn = boxAt(only(second), 140).x;
    const third = nextScene(second, answer(face(1, 300)), 140);
    expect(boxAt(only(third), 140).x).toBe(drawn);
  });

  it("does not slide when the size of the pictures changes", () => {
    const first = nextScene(null, answer(face(1, 100)), 0);
    const second = nextScene(first, { ...answer(face(1, 50)), width: 320, height: 240 }, 50);
    expect(boxAt(only(second), 50).x).toBe(50);
  });
});

describe("age", () => {
  it("fades boxes out within 600 ms after an answer", () => {
    const scene = nextScene(null, answer(face(1, 100)), 1000);
    expect(visibility(scene, 1000)).toBe(1);
    expect(visibility(scene, 1400)).toBe(1);
    expect(visibility(scene, 1500)).toBeCloseTo(0.5);
    expect(visibility(scene, 1600)).toBe(0);
    expect(visibility(scene, 9000)).toBe(0);
  });

  it("drops a face with the first answer that does not hold it", () => {
    const first = nextScene(null, answer(face(1, 100), face(2, 300)), 0);
    expect(nextScene(first, answer(face(2, 300)), 50).tracks.map((t) => t.id)).toEqual(["2"]);
  });
});

describe("labels", () => {
  it("name the named and count the unknown only when there are several", () => {
    expect(only(nextScene(null, answer(face(1, 0)), 0)).label).toBe("Unknown");
    const scene = nextScene(null, answer(face(7, 0), face(2, 200), face(3, 400, matched("Ana"))), 0);
    expect(scene.tracks.map((t) => t.label)).toEqual(["Unknown 2", "Unknown 1", "Ana"]);
  });

  it("say nothing of a pending face for 600 ms", () => {
    const pending: Partial<LiveFace> = { status: "pending", reason: "needs_more_frames", votes: { have: 1, needed: 4 } };
    const first = nextScene(null, answer(face(1, 0, pending)), 0);
    expect(only(first)).toMatchObject({ mark: "pending", label: null, progress: 0.25 });
    const second = nextScene(first, answer(face(1, 0, pending)), 599);
    expect(only(second).label).toBeNull();
    expect(only(nextScene(second, answer(face(1, 0, pending)), 600)).label).toBe("Looking…");
  });

  it("leave a face that cannot be judged without a word", () => {
    const small = face(1, 0, { status: "pending", reason: "face_too_small" });
    const first = nextScene(null, answer(small), 0);
    expect(only(nextScene(first, answer(small), 2000))).toMatchObject({ mark: "poor", label: null });
  });

  it("remember since when a name is shown, and start over with another name", () => {
    const first = nextScene(null, answer(face(1, 0, matched("Ana"))), 10);
    const second = nextScene(first, answer(face(1, 0, matched("Ana"))), 20);
    expect(only(second).namedAtMs).toBe(10);
    expect(only(nextScene(second, answer(face(1, 0, matched("Ben"))), 30)).namedAtMs).toBe(30);
  });
});
