/** The events of the `/live` namespace, as the page uses them. */

export type FaceStatus = "matched" | "unknown" | "pending";

export interface PersonRef {
  readonly id: string;
  readonly name: string;
}

export interface FaceQuality {
  readonly eye_distance_px: number;
  readonly sharpness: number;
  readonly brightness: number;
  readonly contrast: number;
  readonly nose_offset: number;
  readonly roll_degrees: number;
}

/** One face of an answer; the raw score also travels, and is left out here so that no page can show it. */
export interface LiveFace {
  readonly track_id: number | string;
  readonly bbox: { readonly pixels: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } };
  readonly status: FaceStatus;
  readonly person: PersonRef | null;
  readonly reason: string | null;
  readonly votes: { readonly have: number; readonly needed: number };
  readonly strength: string | null;
  readonly odds: string | null;
  readonly quality: FaceQuality | null;
}

export interface LiveError {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface FrameAnswer {
  readonly seq: number;
  readonly faces: readonly LiveFace[];
  readonly skipped: number;
  readonly gallery_size: number;
  readonly width: number;
  readonly height: number;
  readonly timings_ms: Readonly<Record<string, number>>;
}

/** What came back for one frame. */
export type FrameReply =
  | { readonly kind: "answer"; readonly answer: FrameAnswer }
  | { readonly kind: "superseded" }
  | { readonly kind: "error"; readonly error: LiveError };

export interface SampleAnswer {
  readonly accepted: boolean;
  readonly reason: string | null;
  readonly hint: string | null;
  readonly samples: number;
  readonly needed: number;
  readonly minimum: number;
  readonly done: boolean;
  readonly conflict: PersonRef | null;
}

export interface SavedAnswer {
  readonly person: PersonRef;
  readonly samples: number;
}

export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: LiveError };

/** Whom new pictures are for. */
export type EnrollTarget = { readonly name: string } | { readonly person_id: string };
export type EnrollConsent = { readonly consent: true; readonly consent_version: string };
export type FinishChoice = { readonly person_id: string } | { readonly new: true } | Record<string, never>;

/** The socket closed before the answer: what was asked for may or may not have happened. */
export const CONNECTION_LOST: LiveError = { code: "connection_lost", message: "The connection to the server was lost." };
/** The socket is open, and the answer did not come in time. */
export const NO_ANSWER: LiveError = { code: "no_answer", message: "The server does not answer." };

const UNREADABLE: LiveError = { code: "internal", message: "The server's answer could not be read. Reload the page." };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function errorOf(raw: unknown): LiveError | null {
  if (!isRecord(raw) || !isRecord(raw.error)) return null;
  const { code, message, details } = raw.error;
  return {
    code: typeof code === "string" ? code : "internal",
    message: typeof message === "string" ? message : UNREADABLE.message,
    ...(isRecord(details) ? { details } : {}),
  };
}

export function readFrameReply(raw: unknown): FrameReply {
  const error = errorOf(raw);
  if (error) return { kind: "error", error };
  if (!isRecord(raw)) return { kind: "error", error: UNREADABLE };
  if (raw.superseded === true) return { kind: "superseded" };
  if (!Array.isArray(raw.faces) || typeof raw.width !== "number" || typeof raw.height !== "number") {
    return { kind: "error", error: UNREADABLE };
  }
  return { kind: "answer", answer: raw as unknown as FrameAnswer };
}

/** An answer that is an object with the given keys, or the error it carries. */
export function readReply<T>(raw: unknown, ...keys: (keyof T & string)[]): Reply<T> {
  const error = errorOf(raw);
  if (error) return { ok: false, error };
  if (!isRecord(raw) || keys.some((key) => !(key in raw))) return { ok: false, error: UNREADABLE };
  return { ok: true, value: raw as T };
}
