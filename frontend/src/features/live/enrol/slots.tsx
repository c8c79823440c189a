import { useEffect, useRef, useSyncExternalStore } from "react";

import type { LiveSession } from "@/features/live/live-session";

import type { Progress } from "./machine";
import type { Thumbnail } from "./thumbnail";

/** As many places as pictures are wanted, filling one by one. */
export function Slots({ session, progress }: { readonly session: LiveSession; readonly progress: Progress }) {
  const thumbnails = useSyncExternalStore(session.thumbnails.subscribe, session.thumbnails.get);
  return (
    <ol className="slots" aria-label={`${progress.samples} of ${progress.needed} pictures taken`}>
      {Array.from({ length: progress.needed }, (_, i) => (
        <li key={i} data-state={i < progress.samples ? "taken" : i === progress.samples ? "next" : "empty"}>
          <Slot thumbnail={i < progress.samples ? (thumbnails[i] ?? null) : null} />
        </li>
      ))}
    </ol>
  );
}

function Slot({ thumbnail }: { readonly thumbnail: Thumbnail | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (thumbnail && thumbnail.width > 0) canvas.current?.getContext("2d")?.drawImage(thumbnail, 0, 0, 128, 128);
  }, [thumbnail]);
  return thumbnail && <canvas ref={canvas} width={128} height={128} aria-hidden="true" />;
}
