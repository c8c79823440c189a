import { describe, expect, it } from "vitest";

import { CONNECTION_LOST, NO_ANSWER, type SampleAnswer } from "@/lib/live/protocol";

import { NO_HINT, nextHint } from "./hint";
import { type Enrolment, type EnrolmentEvent, nextEnrolment } from "./machine";
import { nameContains, sameName, tidyName } from "./names";

const run = (...events: EnrolmentEvent[]): Enrolment => events.reduce<Enrolment>(nextEnrolment, { step: "closed" });
const start: EnrolmentEvent = { type: "start", subject: { kind: "new", name: "Ana" } };
const sample = (samples: number, over: Partial<SampleAnswer> = {}): EnrolmentEvent => ({
  type: "sample",
  quality: null,
  answer: { accepted: true, reason: null, hint: null, samples, needed: 5, minimum: 2, done: samples === 5, conflict: null, ...over },
});
const ana = { id: "p1", name: "Ana" };

describe("nextEnrolment", () => {
  it("collects five pictures and saves by itself", () => {
    expect(run(start, sample(1), sample(2), sample(3), sample(4)).step).toBe("collecting");
    expect(run(start, sample(1), sample(2), sample(3), sample(4), sample(5)).step).toBe("saving");
  });

  it("saves early from two pictures on, marked basic", () => {
    expect(run(start, sample(1), { type: "save" }).step).toBe("collecting");
    const saved = run(start, sample(1), sample(2), { type: "save" }, { type: "saved", answer: { person: ana, samples: 2 } });
    expect(saved).toMatchObject({ step: "saved", basic: true, proof: "waiting" });
  });

  it("asks before saving somebody who looks like somebody else", () => {
    const ben = { id: "p2", name: "Ben" };
    const asked = run(start, sample(1), sample(5, { conflict: ben }));
    expect(asked).toMatchObject({ step: "question", lookalike: ben });
    expect(nextEnrolment(asked, { type: "decided", another: false })).toMatchObject({ step: "saving", lookalike: null });
    const error = { code: "identity_conflict", message: "m", details: { person_id: "p2", name: "Ben" } };
    expect(run(start, sample(5), { type: "failed", error })).toMatchObject({ step: "question", lookalike: ben });
  });

  it("does not add pictures to somebody they do not look like", () => {
    const more: EnrolmentEvent = { type: "start", subject: { kind: "existing", person: ana } };
    expect(run(more, sample(5, { conflict: ana }))).toMatchObject({ step: "failed", error: { code: "identity_conflict" } });
    expect(run(more, sample(5, { conflict: { id: "p2", name: "Ben" } })).step).toBe("question");
  });

  it("says why a picture was refused, and forgets it with the next good one", () => {
    const dark = sample(0, { accepted: false, reason: "too_dark", hint: "Dark.", done: false });
    expect(run(start, dark)).toMatchObject({ refusal: { reason: "too_dark" } });
    expect(run(start, dark, sample(0, { accepted: false, reason: "too_soon", done: false }))).toMatchObject({
      refusal: { reason: "too_dark" },
    });
    expect(run(start, dark, sample(1))).toMatchObject({ refusal: null, progress: { samples: 1 } });
  });

  it("is proved when the saved person is seen, not when somebody else is", () => {
    const saved = run(start, sample(5), { type: "saved", answer: { person: ana, samples: 5 } });
    expect(saved).toMatchObject({ step: "saved", basic: false });
    expect(nextEnrolment(saved, { type: "seen", personIds: new Set(["p2"]) })).toBe(saved);
    expect(nextEnrolment(saved, { type: "seen", personIds: new Set(["p1"]) })).toMatchObject({ proof: "proved" });
  });

  it("does not wait for ever for a name that cannot be shown", () => {
    const ben = { id: "p2", name: "Ben" };
    const saved = run(start, sample(5, { conflict: ben }), { type: "decided", another: true }, { type: "saved", answer: { person: ana, samples: 5 } });
    const late = nextEnrolment(saved, { type: "late" });
    expect(late).toMatchObject({ step: "saved", proof: "late", lookalike: ben });
    const seen: EnrolmentEvent = { type: "seen", personIds: new Set(["p1"]) };
    expect(nextEnrolment(late, seen)).toMatchObject({ proof: "proved" });
    expect(nextEnrolment(nextEnrolment(saved, seen), { type: "late" })).toMatchObject({ proof: "proved" });
  });

  it("does not say that nothing was saved when nobody knows", () => {
    for (const error of [CONNECTION_LOST, NO_ANSWER]) {
      expect(run(start, sample(5), { type: "failed", error })).toMatchObject({ step: "failed", maybeSaved: true });
      expect(run(start, sample(1), { type: "failed", error })).toMatchObject({ step: "failed", maybeSaved: false });
    }
    expect(run(start, sample(5), { type: "failed", error: { code: "storage_error", message: "m" } })).toMatchObject({ maybeSaved: false });
  });

  it("keeps whom it was for when something fails, and takes no late answers", () => {
    const failed = run(start, sample(1), { type: "failed", error: { code: "internal", message: "m" } });
    expect(failed).toMatchObject({ step: "failed", subject: { name: "Ana" } });
    expect(nextEnrolment(failed, sample(2))).toBe(failed);
    expect(run(start, { type: "close" }, sample(3))).toEqual({ step: "closed" });
  });
});

describe("nextHint", () => {
  it("keeps a hint readable before the next", () => {
    const first = nextHint(NO_HINT, "Move closer", 0);
    expect(nextHint(first, "Hold still", 1100).shown).toBe("Move closer");
    expect(nextHint(first, "Hold still", 1200).shown).toBe("Hold still");
    expect(nextHint(first, null, 100).shown).toBeNull();
  });
});

describe("names", () => {
  it("compare without case, spacing and form of accents", () => {
    expect(tidyName("  Ana \t Silva ")).toBe("Ana Silva");
    expect(sameName("ANA silva", "Ana  Silva")).toBe(true);
    expect(sameName("Zoe\u0308", "zoë")).toBe(true);
    expect(sameName("Ana", "Anna")).toBe(false);
  });

  it("are suggested without accents, in any script", () => {
    expect(nameContains("Zoë Müller", "muller")).toBe(true);
    expect(nameContains("王小明", "小明")).toBe(true);
    expect(nameContains("Ana", "Ben")).toBe(false);
  });
});
