/** Faces between two answers of the server: where each is drawn at a moment, and for how long. */

import { type Box, type Size, type VideoPx, mixBoxes, videoPx } from "@/lib/geometry";
import type { FrameAnswer, LiveFace } from "@/lib/live/protocol";
import { isPoor, shorten } from "@/lib/words";

export type Mark = "matched" | "unknown" | "pending" | "poor";

export interface Track {
  readonly id: string;
  readonly mark: Mark;
  /** What stands beside the box; null: nothing. */
  readonly label: string | null;
  /** Votes gathered over votes needed, 0 to 1; 1 unless pending. */
  readonly progress: number;
  readonly from: Box<VideoPx>;
  readonly to: Box<VideoPx>;
  readonly movedAtMs: number;
  readonly firstSeenMs: number;
  /** When the name now shown was first shown; null unless matched. */
  readonly namedAtMs: number | null;
  readonly face: LiveFace;
}

/** All that is drawn: replaced whole by every answer. */
export interface Scene {
  readonly tracks: readonly Track[];
  readonly picture: Size<VideoPx>;
  readonly answeredMs: number;
}

const EASE_MS = 80;
const GONE_MS = 600;
const FADE_MS = 200;
const QUIET_MS = 600;

/** The scene after an answer: faces it does not hold are gone at once, the others move on from where they are drawn. */
export function nextScene(previous: Scene | null, answer: FrameAnswer, nowMs: number): Scene {
  const before = new Map(previous?.tracks.map((track) => [track.id, track]));
  const picture = { width: videoPx(answer.width), height: videoPx(answer.height) };
  const sameSize = previous?.picture.width === picture.width && previous.picture.height === picture.height;
  const tracks = answer.faces.map((face): Track => {
    const id = String(face.track_id);
    const old = before.get(id);
    const to = boxOf(face);
    const mark = markOf(face);
    const firstSeenMs = old?.firstSeenMs ?? nowMs;
    const sameName = old?.mark === "matched" && old.face.person?.id === face.person?.id;
    return {
      id,
      mark,
      label: null,
      progress: mark === "pending" ? Math.min(1, face.votes.have / Math.max(1, face.votes.needed)) : 1,
      from: old && sameSize ? boxAt(old, nowMs) : to,
      to,
      movedAtMs: nowMs,
      firstSeenMs,
      namedAtMs: mark === "matched" ? (sameName ? old.namedAtMs : nowMs) : null,
      face,
    };
  });
  return { tracks: labelled(tracks, nowMs), picture, answeredMs: nowMs };
}

function boxOf(face: LiveFace): Box<VideoPx> {
  const { x, y, width, height } = face.bbox.pixels;
  return { x: videoPx(x), y: videoPx(y), width: videoPx(width), height: videoPx(height) };
}

function markOf(face: LiveFace): Mark {
  return isPoor(face) ? "poor" : face.status;
}

/** Names for the named, numbers for the unknown when there are several, nothing for the first moments of the rest. */
function labelled(tracks: readonly Track[], nowMs: number): Track[] {
  const unknown = tracks
    .filter((track) => track.mark === "unknown")
    .sort((a, b) => a.firstSeenMs - b.firstSeenMs || a.id.localeCompare(b.id, undefined, { numeric: true }));
  return tracks.map((track): Track => {
    switch (track.mark) {
      case "matched":
        return { ...track, label: shorten(track.face.person?.name ?? "") };
      case "unknown":
        return { ...track, label: unknown.length > 1 ? `Unknown ${unknown.indexOf(track) + 1}` : "Unknown" };
      case "pending":
        return { ...track, label: nowMs - track.firstSeenMs >= QUIET_MS ? "Looking…" : null };
      case "poor":
        return track;
    }
  });
}

/** The face nearest to the camera. */
export function largestFace(scene: Scene | null): Track | null {
  const area = (track: Track) => track.to.width * track.to.height;
  return (scene?.tracks ?? []).reduce<Track | null>((a, b) => (a && area(a) >= area(b) ? a : b), null);
}

/** Where a track is drawn: an 80 ms ease-out from its last place to its new one. */
export function boxAt(track: Pick<Track, "from" | "to" | "movedAtMs">, nowMs: number): Box<VideoPx> {
  const share = Math.min(1, Math.max(0, (nowMs - track.movedAtMs) / EASE_MS));
  return mixBoxes(track.from, track.to, 1 - (1 - share) ** 2);
}

/** 0 from 600 ms after the answer on, after a fade: never a box where no face is any more. */
export function visibility(scene: Pick<Scene, "answeredMs">, nowMs: number): number {
  return Math.max(0, Math.min(1, (GONE_MS - (nowMs - scene.answeredMs)) / FADE_MS));
}
