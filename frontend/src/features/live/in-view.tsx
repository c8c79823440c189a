import { useSyncExternalStore } from "react";

import { strengthWord, whyNoName } from "@/lib/words";

import type { LiveSession } from "./live-session";
import type { Mark, Track } from "./overlay/tracks";

const ORDER: Readonly<Record<Mark, number>> = { matched: 0, unknown: 1, pending: 2, poor: 3 };

/** Who is before the camera, as rows with the same shapes and colours as the overlay. */
export function InView({ session, onName }: { readonly session: LiveSession; readonly onName: (() => void) | null }) {
  const faces = useSyncExternalStore(session.faces.subscribe, session.faces.get);
  const silent = useSyncExternalStore(session.silent.subscribe, session.silent.get);
  const rows = [...faces].sort((a, b) => ORDER[a.mark] - ORDER[b.mark] || a.firstSeenMs - b.firstSeenMs);
  return (
    <section className="card" aria-label="In view">
      <h2>In view</h2>
      {rows.length === 0 ? (
        <p className="muted">{silent ? "Not known: the server does not answer." : "Nobody at the moment."}</p>
      ) : (
        <ul className="rows">
          {rows.map((track) => (
            <li key={track.id} data-mark={track.mark}>
              <span className="glyph" aria-hidden="true" />
              <span className="row-text">
                <strong dir="auto">{title(track)}</strong>
                <span className="muted">{line(track)}</span>
              </span>
              {track.mark === "unknown" && onName && (
                <button type="button" className="link" onClick={onName}>
                  Who is this?
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function title(track: Track): string {
  if (track.mark === "matched") return track.face.person?.name ?? "";
  if (track.mark === "unknown") return track.label ?? "Unknown";
  return track.mark === "poor" ? "Not clear enough" : "Looking…";
}

function line(track: Track): string {
  if (track.mark !== "matched") return whyNoName(track.face);
  const since = track.namedAtMs === null ? null : new Date(performance.timeOrigin + track.namedAtMs);
  const parts = [strengthWord(track.face.strength), since && `since ${since.toLocaleTimeString([], { timeStyle: "short" })}`];
  return parts.filter(Boolean).join(" · ");
}
