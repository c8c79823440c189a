import { useEffect, useRef, useSyncExternalStore } from "react";
import { Button } from "react-aria-components";

import { CameraOffIcon, HourglassIcon, LinkOffIcon, LockIcon } from "@/components/icons";
import { Notice } from "@/components/notice";
import { Spinner } from "@/components/spinner";
import type { Connection } from "@/lib/live/connection";

import { CameraInvitation, CameraNotice, CameraPicker } from "./camera-notice";
import { CornerChip } from "./corner-chip";
import { StageHint } from "./enrol/stage-hint";
import type { LiveSession } from "./live-session";
import { Overlay } from "./overlay/overlay";

interface Props {
  readonly session: LiveSession;
  readonly onName: (() => void) | null;
}

/** The camera's picture with everything that lies on it. */
export function Stage({ session, onName }: Props) {
  const { camera, client } = session;
  const state = useSyncExternalStore(camera.state.subscribe, camera.state.get);
  const choices = useSyncExternalStore(camera.choices.subscribe, camera.choices.get);
  const connection = useSyncExternalStore(client.connection.subscribe, client.connection.get);
  const black = useSyncExternalStore(session.black.subscribe, session.black.get);
  const silent = useSyncExternalStore(session.silent.subscribe, session.silent.get);
  const spoken = useSyncExternalStore(session.spoken.subscribe, session.spoken.get);
  const video = useRef<HTMLVideoElement>(null);
  const section = useRef<HTMLElement>(null);
  const focusWithin = useRef(false);
  const on = state.phase === "on" ? state : null;
  const stream = on?.stream;
  const live = on !== null && connection.phase === "open";
  const lost = on !== null && isLost(connection);

  useEffect(() => {
    const element = video.current;
    if (!element || !stream) return;
    element.srcObject = stream;
    void element.play().catch(() => undefined);
    const detach = session.attach(element);
    return () => {
      detach();
      element.srcObject = null;
    };
  }, [session, stream]);

  // Buttons here vanish when they have done their work; the focus then stays on the picture they belong to.
  useEffect(() => {
    if (focusWithin.current && document.activeElement === document.body) section.current?.focus({ preventScroll: true });
  }, [state.phase, connection.phase]);

  return (
    <section
      className="stage"
      ref={section}
      tabIndex={-1}
      aria-label="Camera"
      onFocus={() => (focusWithin.current = true)}
      onBlur={() => (focusWithin.current = false)}
      data-phase={on ? (lost ? "lost" : "on") : "off"}
    >
      {on && <video ref={video} className={on.mirrored ? "mirrored" : ""} muted playsInline autoPlay aria-label="Camera picture" />}
      {live && !black && <Overlay session={session} mirrored={on.mirrored} onName={onName} />}
      {live && !black && <StageHint session={session} />}
      {live && (
        <div className="stage-corner">
          <CornerChip session={session} />
        </div>
      )}
      {on && (
        <div className="stage-bottom">
          <CameraPicker choices={choices} chosen={on.deviceId} onChoose={(id) => camera.choose(id)} />
          <Button className="pill" onPress={() => camera.stop()}>
            <CameraOffIcon /> <span className="pill-word">Stop camera</span>
          </Button>
        </div>
      )}
      {live && black && (
        <div className="stage-cover">
          <Notice icon={<CameraOffIcon />} title="The picture is black" role="alert">
            <p>Is the camera covered or switched off? Many laptops have a shutter or a key for it.</p>
          </Notice>
        </div>
      )}
      {live && silent && !black && (
        <div className="stage-veil">
          <Notice icon={<LinkOffIcon />} title="The server does not answer" role="alert">
            <p>Names come back by themselves as soon as it does.</p>
          </Notice>
        </div>
      )}
      {state.phase === "off" && (
        <div className="stage-cover">
          <CameraInvitation onStart={() => void camera.start()} />
        </div>
      )}
      {state.phase === "asking" && (
        <div className="stage-cover">
          <Notice icon={<Spinner />} title="Starting the camera…">
            <p>Allow it when the browser asks. No question? Press the camera symbol in the address bar.</p>
          </Notice>
        </div>
      )}
      {state.phase === "problem" && (
        <div className="stage-cover">
          <CameraNotice problem={state.problem} onRetry={() => void camera.start()}>
            <CameraPicker choices={choices} chosen={state.deviceId ?? null} onChoose={(id) => camera.choose(id)} />
          </CameraNotice>
        </div>
      )}
      {on && !live && (
        <div className={lost ? "stage-veil" : "stage-cover dim"}>
          <ConnectionNotice connection={connection} onRetry={() => client.retryNow()} />
        </div>
      )}
      <p className="sr-only" role="status" aria-live="polite">
        {spoken}
      </p>
    </section>
  );
}

/** Whether the socket had been open and is being made again. */
function isLost(connection: Connection): boolean {
  return (connection.phase === "waiting" || connection.phase === "connecting") && connection.before;
}

function ConnectionNotice({ connection, onRetry }: { readonly connection: Connection; readonly onRetry: () => void }) {
  if (connection.phase === "signed_out") {
    return (
      <Notice icon={<LockIcon />} title="You were signed out" role="alert">
        <p>
          Run <code>facegate open</code> on the server's computer, or ask for a new link.
        </p>
      </Notice>
    );
  }
  const cause = connection.phase === "waiting" || connection.phase === "connecting" ? connection.cause : null;
  const retry = (
    <Button className="button" onPress={onRetry}>
      Try now
    </Button>
  );
  if (cause === "overloaded") {
    return (
      <Notice icon={<HourglassIcon />} title="Busy right now" actions={retry}>
        <p>All places on this server are taken. This page tries again by itself.</p>
      </Notice>
    );
  }
  if (cause === "not_ready") {
    return (
      <Notice icon={<Spinner />} title="Getting ready">
        <p>The server is loading its models. This takes a few seconds.</p>
      </Notice>
    );
  }
  if (cause === "forbidden") {
    return (
      <Notice icon={<LockIcon />} title="Not allowed here" role="alert">
        <p>This sign-in may not use the live picture. Ask the owner for another link.</p>
      </Notice>
    );
  }
  if (isLost(connection)) {
    return (
      <Notice icon={<LinkOffIcon />} title="Reconnecting…" role="alert" actions={retry}>
        <p>The connection to the server was lost. The picture is paused.</p>
      </Notice>
    );
  }
  if (cause === "unreachable") {
    return (
      <Notice icon={<LinkOffIcon />} title="The server does not answer" role="alert" actions={retry}>
        <p>This page tries again by itself.</p>
      </Notice>
    );
  }
  return <Notice icon={<Spinner />} title="Connecting…" />;
}
