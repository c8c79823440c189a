import { useSyncExternalStore } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";

import type { Pace, Slowness } from "@/lib/live/meter";

import type { LiveSession } from "./live-session";

const CAUSE: Readonly<Record<Exclude<Slowness, null>, { readonly word: string; readonly advice: string }>> = {
  network: {
    word: "slow network",
    advice: "Most of the delay is on the way to the server and back. Recognition itself is fine.",
  },
  server: {
    word: "server busy",
    advice: "The server has more pictures than it can answer at once. Names come later than usual.",
  },
  camera: {
    word: "slow camera",
    advice: "The camera gives few pictures a second, often because the room is dark.",
  },
};

function rate({ slowness, answersPerSecond, picturesPerSecond }: Pace): string {
  if (slowness === "server") return `${answersPerSecond} of ${picturesPerSecond} frames/s`;
  return `${answersPerSecond} ${answersPerSecond === 1 ? "answer" : "answers"}/s`;
}

/** Answers per second and delay, amber with the cause when they are poor: people blame recognition for latency. */
export function CornerChip({ session }: { readonly session: LiveSession }) {
  const pace = useSyncExternalStore(session.pace.subscribe, session.pace.get);
  const trouble = useSyncExternalStore(session.trouble.subscribe, session.trouble.get);
  if (!pace) {
    if (!trouble) return null;
    return <span className="chip slow">{trouble.code === "overloaded" ? "server busy" : trouble.message}</span>;
  }
  const cause = pace.slowness ? CAUSE[pace.slowness] : null;
  return (
    <DialogTrigger>
      <Button className={cause ? "chip slow" : "chip"} data-obstacle="">
        <span className="sr-only">Speed: </span>
        {cause && <span className="chip-cause">{cause.word}</span>}
        <span className="figures">
          {rate(pace)}
          <span className="chip-delay"> · {pace.delayMs} ms</span>
        </span>
      </Button>
      <Popover className="popover" placement="bottom right" isNonModal>
        <Dialog className="pace" aria-label="Where the time goes">
          <h3>From camera to name: {pace.delayMs} ms</h3>
          {cause && <p>{cause.advice}</p>}
          <dl>
            {pace.parts.map((part) => (
              <div key={part.name}>
                <dt>{part.name}</dt>
                <dd>{part.ms < 10 ? part.ms.toFixed(1) : Math.round(part.ms)} ms</dd>
              </div>
            ))}
          </dl>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
