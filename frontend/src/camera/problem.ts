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
