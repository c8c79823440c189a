import { useEffect, useRef, useState, useSyncExternalStore } from "react";

import type { LiveSession } from "@/features/live/live-session";
import { type Box, type ScreenPx, type Size, type View, screenPx, toScreen } from "@/lib/geometry";

import { drawMark } from "./draw";
import { FaceCard } from "./face-card";
import { type LabelWish, placeLabels } from "./labels";
import { boxAt, visibility } from "./tracks";

interface Props {
  readonly session: LiveSession;
  readonly mirrored: boolean;
  /** Add the person whose face is unknown; null while that cannot be begun. */
  readonly onName: (() => void) | null;
}

/** The HTML of one face, found by its track's id. */
interface Parts {
  readonly areas: Map<string, HTMLElement>;
  readonly labels: Map<string, HTMLElement>;
  /** Of the plates: they are measured once, because reading sizes at every refresh would lay out the page each time. */
  readonly sizes: WeakMap<HTMLElement, Size<ScreenPx>>;
}

/** What paintScene needs beside the scene; the obstacles are other things on the picture that no name may cover. */
interface Surface {
  readonly root: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  size: Size<ScreenPx>;
  obstacles: readonly Box<ScreenPx>[];
}

const MEASURE_EVERY_MS = 120;

/** A ref that keeps the element in `map` under `id` for as long as it is on the page. */
function keep(map: Map<string, HTMLElement>, id: string) {
  return (element: HTMLElement | null) => {
    if (!element) return;
    map.set(id, element);
    return () => {
      if (map.get(id) === element) map.delete(id);
    };
  };
}

/** Boxes on a canvas, plates and press areas as HTML over it, all placed together at every screen refresh. */
export function Overlay({ session, mirrored, onName }: Props) {
  const faces = useSyncExternalStore(session.faces.subscribe, session.faces.get);
  const layer = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [parts] = useState<Parts>(() => ({ areas: new Map(), labels: new Map(), sizes: new WeakMap() }));
  const [openId, setOpenId] = useState<string | null>(null);
  const [byHover, setByHover] = useState(false);
  const hover = useRef<ReturnType<typeof setTimeout>>(undefined);
  const opened = faces.find((face) => face.id === openId);

  useEffect(() => {
    const root = layer.current;
    const context = canvas.current?.getContext("2d");
    if (!root || !canvas.current || !context) return;
    const surface: Surface = { root, canvas: canvas.current, context, ...measure(root) };
    const timer = setInterval(() => Object.assign(surface, measure(root)), MEASURE_EVERY_MS);
    const observer = new ResizeObserver(() => Object.assign(surface, measure(root)));
    observer.observe(root);
    let handle = requestAnimationFrame(function paint() {
      paintScene(session, parts, surface, mirrored);
      handle = requestAnimationFrame(paint);
    });
    return () => {
      cancelAnimationFrame(handle);
      clearInterval(timer);
      observer.disconnect();
    };
  }, [session, parts, mirrored]);

  const close = () => {
    clearTimeout(hover.current);
    if (openId !== null && !byHover) parts.areas.get(openId)?.focus();
    setOpenId(null);
  };
  const enter = (id: string) => {
    clearTimeout(hover.current);
    hover.current = setTimeout(() => {
      setOpenId((current) => {
        if (current === null) setByHover(true);
        return current ?? id;
      });
    }, 300);
  };
  const leave = () => {
    clearTimeout(hover.current);
    if (byHover) hover.current = setTimeout(() => setOpenId(null), 250);
  };

  return (
    <div className="overlay" ref={layer}>
      <canvas className="overlay-canvas" ref={canvas} aria-hidden="true" />
      {faces.map((face) => (
        <div className="face" key={face.id}>
          <button
            type="button"
            className="face-area"
            ref={keep(parts.areas, face.id)}
            data-mark={face.mark}
            aria-label={`${face.label ?? "Face"}: details`}
            aria-expanded={openId === face.id}
            onClick={() => {
              clearTimeout(hover.current);
              setByHover(false);
              setOpenId((current) => (current === face.id && !byHover ? null : face.id));
            }}
            onPointerEnter={(event) => event.pointerType === "mouse" && enter(face.id)}
            onPointerLeave={leave}
          />
          {face.label !== null && (
            <span
              className="face-label"
              key={face.label}
              ref={keep(parts.labels, face.id)}
              dir="auto"
              data-mark={face.mark}
              aria-hidden="true"
            >
              {face.label}
            </span>
          )}
        </div>
      ))}
      {opened && (
        <FaceCard
          key={opened.id}
          track={opened}
          anchor={() => parts.areas.get(opened.id) ?? null}
          takeFocus={!byHover}
          onClose={close}
          onName={
            onName &&
            (() => {
              setOpenId(null);
              onName();
            })
          }
          onPointerEnter={() => clearTimeout(hover.current)}
          onPointerLeave={leave}
        />
      )}
    </div>
  );
}

function measure(root: HTMLElement): Pick<Surface, "size" | "obstacles"> {
  const frame = root.getBoundingClientRect();
  const others = root.parentElement?.querySelectorAll<HTMLElement>("[data-obstacle]") ?? [];
  return {
    size: { width: screenPx(root.clientWidth), height: screenPx(root.clientHeight) },
    obstacles: [...others].map((other) => {
      const box = other.getBoundingClientRect();
      return {
        x: screenPx(box.left - frame.left),
        y: screenPx(box.top - frame.top),
        width: screenPx(box.width),
        height: screenPx(box.height),
      };
    }),
  };
}

function sizeOf(label: HTMLElement, sizes: Parts["sizes"]): Size<ScreenPx> {
  const known = sizes.get(label);
  if (known) return known;
  const size = { width: screenPx(label.offsetWidth), height: screenPx(label.offsetHeight) };
  sizes.set(label, size);
  return size;
}

function paintScene(
  session: LiveSession,
  parts: Parts,
  { root, canvas, context, size, obstacles }: Surface,
  mirrored: boolean,
): void {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.round(size.width * ratio);
  const height = Math.round(size.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  const scene = session.scene;
  const now = performance.now();
  const alpha = scene ? visibility(scene, now) : 0;
  root.style.setProperty("--faces", String(alpha));
  root.toggleAttribute("data-empty", alpha === 0);
  if (!scene || alpha === 0) return;
  const view: View = { picture: scene.picture, screen: size, mirrored };
  const wishes: LabelWish[] = [];
  for (const track of scene.tracks) {
    const box = toScreen(boxAt(track, now), view);
    drawMark(context, box, track.mark, track.progress, alpha);
    const area = parts.areas.get(track.id);
    if (area) place(area, box);
    const label = parts.labels.get(track.id);
    if (label) wishes.push({ id: track.id, box, size: sizeOf(label, parts.sizes) });
  }
  for (const [id, box] of placeLabels(wishes, size, obstacles)) {
    const label = parts.labels.get(id);
    if (label) label.style.transform = `translate(${Math.round(box.x)}px, ${Math.round(box.y)}px)`;
  }
}

function place(element: HTMLElement, box: Box<ScreenPx>): void {
  element.style.transform = `translate(${Math.round(box.x)}px, ${Math.round(box.y)}px)`;
  element.style.width = `${Math.round(box.width)}px`;
  element.style.height = `${Math.round(box.height)}px`;
}
