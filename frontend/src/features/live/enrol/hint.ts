/** Which hint stands on the screen: never a flicker of words while conditions come and go. */

export interface HintState {
  readonly shown: string | null;
  readonly shownSinceMs: number;
}

export const NO_HINT: HintState = { shown: null, shownSinceMs: -Infinity };

const SHORTEST_MS = 1200;

/** A hint stays at least 1.2 s; the end of all hints is shown at once. */
export function nextHint(state: HintState, wanted: string | null, nowMs: number): HintState {
  if (wanted === state.shown) return state;
  if (wanted !== null && state.shown !== null && nowMs - state.shownSinceMs < SHORTEST_MS) return state;
  return { shown: wanted, shownSinceMs: nowMs };
}
