/** What people read: never a raw score, never a code. */

import type { FaceQuality, LiveFace } from "@/lib/live/protocol";

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** "Very strong · 1 in 40,000 strangers look this alike", from the server's two phrases. */
export function strengthLine(strength: string | null, odds: string | null): string | null {
  if (!strength || strength === "none") return null;
  const word = capital(strength);
  if (!odds) return word;
  const share = odds.startsWith("better than ") ? odds.replace("better than ", "fewer than ") : odds;
  return `${word} · ${share} strangers look this alike`;
}

export function strengthWord(strength: string | null): string | null {
  return strength && strength !== "none" ? capital(strength) : null;
}

/** Reasons for which a face is in the picture and yet cannot be judged. */
const POOR = new Set([
  "face_too_small",
  "low_detection_score",
  "low_quality",
  "too_blurry",
  "too_dark",
  "too_bright",
  "extreme_pose",
  "occluded",
]);

export function isPoor(face: Pick<LiveFace, "status" | "reason">): boolean {
  return face.status !== "matched" && face.reason !== null && POOR.has(face.reason);
}

/** Why this face has no name (yet), in words. */
export function whyNoName(face: LiveFace): string {
  const quality = face.quality;
  switch (face.reason) {
    case "needs_more_frames":
      return `Still looking: ${face.votes.have} of ${face.votes.needed} good pictures.`;
    case "face_too_small":
      return quality
        ? `Too far away: the eyes are only ${Math.round(quality.eye_distance_px)} pixels apart. Come closer.`
        : "Too far away. Come closer.";
    case "too_blurry":
      return "The picture is blurred. Hold still for a moment.";
    case "too_dark":
      return "Too dark. Find more light.";
    case "too_bright":
      return "Too bright. Step out of the strong light.";
    case "extreme_pose":
      return "Turn towards the camera.";
    case "occluded":
      return "Part of the face is covered.";
    case "low_detection_score":
    case "low_quality":
      return "The face is hard to see. Turn towards the camera.";
    case "empty_gallery":
      return "Nobody has been added yet.";
    case "ambiguous":
      return "Looks like more than one person here, so no name is shown.";
    case "gallery_too_large_for_target":
      return "Too many people are saved to be sure enough of one name.";
    case "below_threshold":
      return "Looks like nobody saved here.";
    default:
      return face.status === "pending" ? "Still looking." : "Looks like nobody saved here.";
  }
}

/** The picture's quality of one face in words. */
export function qualityLine(quality: FaceQuality): string {
  const sharp = quality.sharpness >= 60 ? "sharp" : quality.sharpness >= 52 ? "a little soft" : "blurred";
  const light = quality.brightness < 25 ? "dark" : quality.brightness > 85 ? "very bright" : "good light";
  const turned = Math.abs(quality.nose_offset) > 0.25 ? ", turned away" : "";
  return `${capital(sharp)}, ${light}${turned} · eyes ${Math.round(quality.eye_distance_px)} pixels apart`;
}

/** Why a picture was not taken for a person, with the number where a number helps. */
export function refusalLine(reason: string, quality: FaceQuality | null): string {
  switch (reason) {
    case "face_not_found":
      return "No face in the picture. Move into view.";
    case "multiple_faces":
      return "Only one person in the picture, please.";
    case "face_too_small":
      return `Too far away${quality ? `: the eyes are only ${Math.round(quality.eye_distance_px)} pixels apart` : ""}. Come closer.`;
    case "too_blurry":
      return `Blurred${quality ? `: ${Math.round(quality.sharpness)} of 100 sharp` : ""}. Hold still for a moment.`;
    case "too_dark":
      return `Too dark${quality ? `: ${Math.round(quality.brightness)} of 100` : ""}. Find more light.`;
    case "too_bright":
      return `Too bright${quality ? `: ${Math.round(quality.brightness)} of 100` : ""}. Step out of the strong light.`;
    case "extreme_pose":
      return "Look towards the camera.";
    case "occluded":
      return "Show your whole face (hat, mask, dark glasses off).";
    case "identity_inconsistent":
      return "This looks like somebody else than in the pictures before. One person at a time.";
    case "identity_conflict":
      return "This looks like somebody else.";
    default:
      return "The face is hard to see. Turn towards the camera.";
  }
}

/** At most `limit` characters as people count them, then an ellipsis. */
export function shorten(name: string, limit = 24): string {
  const parts = [...new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(name)];
  if (parts.length <= limit) return name;
  return `${parts.slice(0, limit).map((part) => part.segment).join("").trimEnd()}…`;
}

/** One sentence for screen readers: "Ana, Ben, 1 unknown". */
export function spokenSummary(faces: readonly Pick<LiveFace, "status" | "person" | "reason">[]): string {
  const names = faces.flatMap((face) => (face.status === "matched" && face.person ? [face.person.name] : []));
  const unknown = faces.filter((face) => face.status === "unknown" && !isPoor(face)).length;
  const parts = [...new Set(names)].sort((a, b) => a.localeCompare(b));
  if (unknown > 0) parts.push(`${unknown} unknown`);
  return parts.length > 0 ? parts.join(", ") : "Nobody named";
}
