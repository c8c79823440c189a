/** Adding a person as a pure state machine: who, five pictures, perhaps a question, saved, proved. */

import { CONNECTION_LOST, type FaceQuality, type LiveError, NO_ANSWER, type PersonRef, type SampleAnswer, type SavedAnswer } from "@/lib/live/protocol";

/** Whom the pictures are for: a new person or one who is there already. */
export type Subject = { readonly kind: "new"; readonly name: string } | { readonly kind: "existing"; readonly person: PersonRef };

export interface Progress {
  readonly samples: number;
  readonly needed: number;
  readonly minimum: number;
  readonly conflict: PersonRef | null;
}

export type Enrolment =
  | { readonly step: "closed" }
  | { readonly step: "form" }
  | { readonly step: "collecting"; readonly subject: Subject; readonly progress: Progress; readonly refusal: Refusal | null }
  | { readonly step: "question"; readonly subject: Subject; readonly progress: Progress; readonly lookalike: PersonRef }
  | { readonly step: "saving"; readonly subject: Subject; readonly progress: Progress; readonly lookalike: PersonRef | null }
  | {
      readonly step: "saved";
      readonly person: PersonRef;
      readonly samples: number;
      readonly basic: boolean;
      readonly proof: Proof;
      /** Somebody else who was said to be another person although the faces are much alike. */
      readonly lookalike: PersonRef | null;
    }
  | { readonly step: "failed"; readonly subject: Subject; readonly error: LiveError; readonly maybeSaved: boolean };

/** Whether the camera has named the saved person yet; `late`: it should have by now. */
export type Proof = "waiting" | "late" | "proved";

export interface Refusal {
  readonly reason: string;
  /** Of the face in that picture, where there was one. */
  readonly quality: FaceQuality | null;
}

export type EnrolmentEvent =
  | { readonly type: "open" }
  | { readonly type: "start"; readonly subject: Subject }
  | { readonly type: "sample"; readonly answer: SampleAnswer; readonly quality: FaceQuality | null }
  | { readonly type: "save" }
  | { readonly type: "decided"; readonly another: boolean }
  | { readonly type: "saved"; readonly answer: SavedAnswer }
  | { readonly type: "failed"; readonly error: LiveError }
  | { readonly type: "late" }
  | { readonly type: "seen"; readonly personIds: ReadonlySet<string> }
  | { readonly type: "close" };

const NONE_YET: Progress = { samples: 0, needed: 5, minimum: 2, conflict: null };

export const subjectName = (subject: Subject): string => (subject.kind === "new" ? subject.name : subject.person.name);

export const maySave = (progress: Progress): boolean => progress.samples >= progress.minimum;

export function nextEnrolment(state: Enrolment, event: EnrolmentEvent): Enrolment {
  switch (event.type) {
    case "open":
      return { step: "form" };
    case "close":
      return { step: "closed" };
    case "start":
      return { step: "collecting", subject: event.subject, progress: NONE_YET, refusal: null };
    case "sample":
      return state.step === "collecting" ? afterSample(state, event.answer, event.quality) : state;
    case "save":
      return state.step === "collecting" && maySave(state.progress) ? toSave(state.subject, state.progress) : state;
    case "decided":
      if (state.step !== "question") return state;
      return { step: "saving", subject: state.subject, progress: state.progress, lookalike: event.another ? state.lookalike : null };
    case "saved":
      if (state.step !== "saving") return state;
      return {
        step: "saved",
        person: event.answer.person,
        samples: event.answer.samples,
        basic: state.progress.samples < state.progress.needed && state.subject.kind === "new",
        proof: "waiting",
        lookalike: state.lookalike,
      };
    case "failed":
      return failed(state, event.error);
    case "late":
      return state.step === "saved" && state.proof === "waiting" ? { ...state, proof: "late" } : state;
    case "seen":
      return state.step === "saved" && state.proof !== "proved" && event.personIds.has(state.person.id)
        ? { ...state, proof: "proved" }
        : state;
  }
}

function afterSample(state: Extract<Enrolment, { step: "collecting" }>, answer: SampleAnswer, quality: FaceQuality | null): Enrolment {
  const progress: Progress = {
    samples: answer.samples,
    needed: answer.needed,
    minimum: answer.minimum,
    conflict: answer.conflict,
  };
  if (answer.done) return toSave(state.subject, progress);
  // A picture that only came too soon says nothing about the person before the camera.
  if (!answer.accepted && (answer.reason === "too_soon" || answer.reason === null)) return { ...state, progress };
  const refusal = answer.accepted || answer.reason === null ? null : { reason: answer.reason, quality };
  return { ...state, progress, refusal };
}

function toSave(subject: Subject, progress: Progress): Enrolment {
  if (subject.kind === "existing" && progress.conflict?.id === subject.person.id) {
    const message = `These pictures do not look like ${subject.person.name}, so nothing was saved.`;
    return { step: "failed", subject, error: { code: "identity_conflict", message }, maybeSaved: false };
  }
  return progress.conflict
    ? { step: "question", subject, progress, lookalike: progress.conflict }
    : { step: "saving", subject, progress, lookalike: null };
}

function failed(state: Enrolment, error: LiveError): Enrolment {
  if (state.step === "saving") {
    const { person_id: id, name } = error.details ?? {};
    if (error.code === "identity_conflict" && typeof id === "string" && typeof name === "string") {
      return toSave(state.subject, { ...state.progress, conflict: { id, name } });
    }
  }
  if (state.step === "saving" || state.step === "collecting" || state.step === "question") {
    const unknown = error.code === CONNECTION_LOST.code || error.code === NO_ANSWER.code;
    return { step: "failed", subject: state.subject, error, maybeSaved: state.step === "saving" && unknown };
  }
  return state;
}
