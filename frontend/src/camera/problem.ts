/** Why there is no camera picture, as a closed list the page has words for. */

export type CameraProblem =
  | "insecure"
  | "policy"
  | "denied"
  | "missing"
  | "busy"
  | "coarse"
  | "unplugged"
  | "failed";

const LONG_SIDE_PX = 480;
const SHORT_SIDE_PX = 360;
const PICTURES_PER_SECOND = 10;

/** Whether a camera gives too little for naming people; what the browser does not tell counts as enough. */
export function isCoarse({ width, height, frameRate }: Pick<MediaTrackSettings, "width" | "height" | "frameRate">): boolean {
  if (frameRate !== undefined && frameRate > 0 && frameRate < PICTURES_PER_SECOND) return true;
  if (!width || !height) return false;
  return Math.max(width, height) < LONG_SIDE_PX || Math.min(width, height) < SHORT_SIDE_PX;
}

/** @param allowedByPolicy false when the site around this page forbids the camera; true when allowed or not known. */
export function problemFrom(errorName: string, allowedByPolicy: boolean): CameraProblem {
  switch (errorName) {
    case "NotAllowedError":
    case "SecurityError":
      return allowedByPolicy ? "denied" : "policy";
    case "NotFoundError":
    case "DevicesNotFoundError":
      return "missing";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    case "OverconstrainedError":
      return "coarse";
    default:
      return "failed";
  }
}
