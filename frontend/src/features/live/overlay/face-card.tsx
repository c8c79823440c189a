import { useEffect, useLayoutEffect, useRef } from "react";
import { Button } from "react-aria-components";

import { CloseIcon } from "@/components/icons";
import { qualityLine, strengthLine, whyNoName } from "@/lib/words";

import type { Track } from "./tracks";

interface Props {
  readonly track: Track;
  readonly anchor: () => HTMLElement | null;
  readonly takeFocus: boolean;
  readonly onClose: () => void;
  readonly onName: (() => void) | null;
  readonly onPointerEnter: () => void;
  readonly onPointerLeave: () => void;
}

const GAP = 12;
const EDGE = 8;

/** Right of the face, else left of it, else over its lower end: never over the eyes where there is another place. */
function besideFace(card: HTMLElement, face: DOMRect, frame: DOMRect): { left: number; top: number } {
  const needed = card.offsetWidth + GAP + EDGE;
  const mostLeft = frame.width - card.offsetWidth - EDGE;
  const mostTop = frame.height - card.offsetHeight - EDGE;
  const within = (value: number, most: number) => Math.max(EDGE, Math.min(most, value));
  if (frame.right - face.right >= needed) return { left: face.right - frame.left + GAP, top: within(face.top - frame.top, mostTop) };
  if (face.left - frame.left >= needed) return { left: face.left - frame.left - needed + EDGE, top: within(face.top - frame.top, mostTop) };
  const middle = face.left - frame.left + face.width / 2 - card.offsetWidth / 2;
  return { left: within(middle, mostLeft), top: within(face.bottom - frame.top - card.offsetHeight * 0.4, mostTop) };
}

/** What is known of one face, in words. It opens beside the face and stays there, so that it can be read. */
export function FaceCard({ track, anchor, takeFocus, onClose, onName, onPointerEnter, onPointerLeave }: Props) {
  const card = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const element = card.current;
    const stage = element?.parentElement;
    const face = anchor();
    if (!element || !stage || !face) return;
    const { left, top } = besideFace(element, face.getBoundingClientRect(), stage.getBoundingClientRect());
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
    // Placed once, when it opens: a card that follows a moving head cannot be read.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  useEffect(() => {
    if (takeFocus) card.current?.focus();
  }, [takeFocus]);

  const { face, mark } = track;
  return (
    <div
      className="face-card"
      ref={card}
      role="dialog"
      aria-label={track.label ?? "Face"}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onClose();
        }
      }}
      onPointerEnter={onPointerEnter}
      onPointerLeave={onPointerLeave}
    >
      <div className="face-card-head">
        <strong dir="auto">{mark === "matched" ? face.person?.name : mark === "unknown" ? "Unknown" : "Not named yet"}</strong>
        <Button className="icon-button small" aria-label="Close" onPress={onClose}>
          <CloseIcon />
        </Button>
      </div>
      {mark === "matched" ? <Matched track={track} /> : <p>{whyNoName(face)}</p>}
      {face.quality && (
        <p className="muted">
          <span className="field-name">Picture</span> {qualityLine(face.quality)}
        </p>
      )}
      {mark === "unknown" && onName && (
        <Button className="button primary wide" onPress={onName}>
          Who is this?
        </Button>
      )}
    </div>
  );
}

function Matched({ track }: { readonly track: Track }) {
  const line = strengthLine(track.face.strength, track.face.odds);
  const since = track.namedAtMs === null ? null : new Date(performance.timeOrigin + track.namedAtMs);
  return (
    <>
      {line && <p>{line}.</p>}
      {since && (
        <p className="muted">
          <span className="field-name">In view</span> since <time>{since.toLocaleTimeString()}</time>
        </p>
      )}
    </>
  );
}
