/** The life of the socket as a pure state machine; `live-client.ts` performs what it says. */

export type DropCause = "lost" | "overloaded" | "not_ready" | "unreachable" | "forbidden";

export type Connection =
  | { readonly phase: "idle" }
  | { readonly phase: "connecting"; readonly attempt: number; readonly before: boolean; readonly cause: DropCause | null }
  | { readonly phase: "open" }
  | {
      readonly phase: "waiting";
      readonly attempt: number;
      readonly before: boolean;
      readonly cause: DropCause;
      readonly delayMs: number;
    }
  | { readonly phase: "signed_out" };

export type ConnectionEvent =
  | { readonly type: "start" }
  | { readonly type: "opened" }
  | { readonly type: "dropped"; readonly cause: DropCause; readonly random: number }
  | { readonly type: "retry" }
  | { readonly type: "signed_out" }
  | { readonly type: "stop" };

const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 10_000;

/** Doubling waits with a cap; `random` in [0, 1) spreads many pages by a quarter either way. */
export function backoffMs(attempt: number, random: number): number {
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(delay * (0.75 + random / 2));
}

/** `before` says whether the socket had been open: a lost connection freezes the picture, a first one does not. */
export function nextConnection(state: Connection, event: ConnectionEvent): Connection {
  if (event.type === "stop") return { phase: "idle" };
  if (event.type === "signed_out") return { phase: "signed_out" };
  switch (state.phase) {
    case "idle":
    case "signed_out":
      return event.type === "start" ? { phase: "connecting", attempt: 0, before: false, cause: null } : state;
    case "connecting":
      if (event.type === "opened") return { phase: "open" };
      // A new value, so that an attempt nobody answers is dropped and made again.
      if (event.type === "retry") return { ...state };
      if (event.type === "dropped") return waiting(state.attempt, state.before, event.cause, event.random);
      return state;
    case "open":
      return event.type === "dropped" ? waiting(0, true, event.cause, event.random) : state;
    case "waiting":
      if (event.type !== "retry") return state;
      return { phase: "connecting", attempt: state.attempt + 1, before: state.before, cause: state.cause };
  }
}

function waiting(attempt: number, before: boolean, cause: DropCause, random: number): Connection {
  return { phase: "waiting", attempt, before, cause, delayMs: backoffMs(attempt, random) };
}
