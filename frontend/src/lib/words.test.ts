import { describe, expect, it } from "vitest";

import type { LiveFace } from "@/lib/live/protocol";

import { isPoor, shorten, spokenSummary, strengthLine, whyNoName } from "./words";

const face = (over: Partial<LiveFace>): LiveFace => ({
  track_id: 1,
  bbox: { pixels: { x: 0, y: 0, width: 10, height: 10 } },
  status: "unknown",
  person: null,
  reason: "below_threshold",
  votes: { have: 3, needed: 3 },
  strength: null,
  odds: null,
  quality: null,
  ...over,
});

describe("strengthLine", () => {
  it("joins word and odds", () => {
    expect(strengthLine("very strong", "1 in 40,000")).toBe("Very strong · 1 in 40,000 strangers look this alike");
  });
  it("turns the end of the table into a sentence", () => {
    expect(strengthLine("very strong", "better than 1 in 100,000")).toBe(
      "Very strong · fewer than 1 in 100,000 strangers look this alike",
    );
  });
  it("says nothing where nothing speaks for a person", () => {
    expect(strengthLine("none", "1 in 3")).toBeNull();
    expect(strengthLine(null, null)).toBeNull();
  });
});

describe("whyNoName", () => {
  it("gives the number that is missing", () => {
    const quality = { eye_distance_px: 14.2, sharpness: 50, brightness: 50, contrast: 50, nose_offset: 0, roll_degrees: 0 };
    expect(whyNoName(face({ status: "pending", reason: "face_too_small", quality }))).toContain("14 pixels");
    expect(whyNoName(face({ status: "pending", reason: "needs_more_frames", votes: { have: 2, needed: 3 } }))).toContain("2 of 3");
  });
  it("never shows a code", () => {
    for (const reason of ["ambiguous", "empty_gallery", "gallery_too_large_for_target", "something_new", null]) {
      expect(whyNoName(face({ reason }))).not.toMatch(/_/);
    }
  });
});

describe("isPoor", () => {
  it("is about pictures that cannot be judged, never about named faces", () => {
    expect(isPoor(face({ status: "pending", reason: "face_too_small" }))).toBe(true);
    expect(isPoor(face({ status: "matched", reason: "face_too_small" }))).toBe(false);
    expect(isPoor(face({ reason: "below_threshold" }))).toBe(false);
  });
});

describe("shorten", () => {
  it("counts characters as people do", () => {
    expect(shorten("Ana Silva")).toBe("Ana Silva");
    expect(shorten("a".repeat(24))).toBe("a".repeat(24));
    expect(shorten("a".repeat(40))).toBe(`${"a".repeat(24)}…`);
    expect(shorten("👨‍👩‍👧".repeat(24))).toBe("👨‍👩‍👧".repeat(24));
    expect(shorten("👨‍👩‍👧".repeat(25))).toBe(`${"👨‍👩‍👧".repeat(24)}…`);
  });
});

describe("spokenSummary", () => {
  it("names people once, counts strangers, leaves out what cannot be judged", () => {
    const ana = face({ status: "matched", reason: null, person: { id: "a", name: "Ana" } });
    const ben = face({ status: "matched", reason: null, person: { id: "b", name: "Ben" } });
    const small = face({ status: "pending", reason: "face_too_small" });
    expect(spokenSummary([ben, ana, ana, face({}), small])).toBe("Ana, Ben, 1 unknown");
    expect(spokenSummary([])).toBe("Nobody named");
  });
});
