import type { DropCause } from "./connection";

/** Thrown by a ticket source whose session has ended. */
export class SignedOut extends Error {}
/** Thrown by a ticket source when the server answers, but has no place or is not ready. */
export class Refused extends Error {
  constructor(readonly reason: DropCause) {
    super(reason);
  }
}
