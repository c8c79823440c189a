import { useEffect, useState, useSyncExternalStore } from "react";

import type { LiveSession } from "@/features/live/live-session";
import { refusalLine } from "@/lib/words";

import { type HintState, NO_HINT, nextHint } from "./hint";
import type { Enrolment } from "./machine";

/** One line near the camera, so that the eyes stay up: what to do for the next picture. */
export function StageHint({ session }: { readonly session: LiveSession }) {
  const enrolment = useSyncExternalStore(session.enrolment.subscribe, session.enrolment.get);
  const wanted = hintFor(enrolment);
  const shown = useSteadyHint(wanted);
  if (shown === null) return null;
  return (
    <p className="stage-hint" role="status" key={shown}>
      {shown}
    </p>
  );
}

function hintFor(enrolment: Enrolment): string | null {
  if (enrolment.step !== "collecting") return null;
  const { refusal } = enrolment;
  return refusal ? refusalLine(refusal.reason, refusal.quality) : "Move your head a little";
}

/** The wanted hint, kept long enough to be read. */
function useSteadyHint(wanted: string | null): string | null {
  const [state, setState] = useState<HintState>(NO_HINT);
  useEffect(() => {
    const step = () => setState((before) => nextHint(before, wanted, performance.now()));
    step();
    const timer = setInterval(step, 100);
    return () => clearInterval(timer);
  }, [wanted]);
  return state.shown;
}
