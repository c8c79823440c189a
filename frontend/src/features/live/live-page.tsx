import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { Button } from "react-aria-components";

import { PeopleIcon, PlusIcon } from "@/components/icons";
import { type ServerState, takeTicket } from "@/lib/api/client";

import { EnrolPanel } from "./enrol/panel";
import { InView } from "./in-view";
import { LiveSession } from "./live-session";
import { Stage } from "./stage";

interface Props {
  readonly server: ServerState;
}

/** Recognise and enrol, on one page: the picture on one side, words and actions on the other. */
export function LivePage({ server }: Props) {
  const queries = useQueryClient();
  const [session] = useState(
    () =>
      new LiveSession({
        ticket: () => (server.session ? takeTicket() : Promise.resolve(null)),
        onPeopleChanged: () => void queries.invalidateQueries({ queryKey: ["people"] }),
      }),
  );
  useEffect(() => session.start(), [session]);

  const camera = useSyncExternalStore(session.camera.state.subscribe, session.camera.state.get);
  const connection = useSyncExternalStore(session.client.connection.subscribe, session.client.connection.get);
  const enrolment = useSyncExternalStore(session.enrolment.subscribe, session.enrolment.get);
  const gallerySize = useSyncExternalStore(session.gallerySize.subscribe, session.gallerySize.get);
  const aspect = useSyncExternalStore(session.aspect.subscribe, session.aspect.get);
  const page = useRef<HTMLDivElement>(null);
  const addButton = useRef<HTMLButtonElement>(null);
  const wasClosed = useRef(true);
  const signedOut = connection.phase === "signed_out";
  const ready = camera.phase === "on" && connection.phase === "open";

  useEffect(() => {
    if (signedOut) void queries.invalidateQueries({ queryKey: ["session"] });
  }, [signedOut, queries]);

  useEffect(() => {
    page.current?.style.setProperty("--aspect", String(aspect));
  }, [aspect]);

  const closed = enrolment.step === "closed";
  const empty = gallerySize === 0 && closed;
  const mayAdd = server.session?.permissions.includes("enroll") ?? server.live_access === "open";
  const add = () => session.openEnrolment();
  // While somebody is being added, the pictures are for them and for nobody else.
  const name = mayAdd && (closed || enrolment.step === "saved") ? add : null;

  useEffect(() => {
    if (closed && !wasClosed.current) addButton.current?.focus();
    wasClosed.current = closed;
  }, [closed]);

  return (
    <div className="live" ref={page} data-step={enrolment.step}>
      <h1 className="sr-only">Live</h1>
      <Stage session={session} onName={name} />
      <aside className="side">
        {closed && !empty && mayAdd && (
          <Button className="button primary wide large" ref={addButton} onPress={add}>
            <PlusIcon /> Add person
          </Button>
        )}
        {empty && mayAdd && (
          <section className="card empty">
            <span className="notice-icon">
              <PeopleIcon />
            </span>
            <h2>Nobody here yet</h2>
            <p>Add the first person. It takes about ten seconds before the camera.</p>
            <Button className="button primary wide large" ref={addButton} onPress={add}>
              <PlusIcon /> Add the first person
            </Button>
          </section>
        )}
        <EnrolPanel session={session} consent={server.consent} ready={ready} />
        {ready && <InView session={session} onName={name} />}
        <p className="fine">Pictures go to this server only. They are looked at and dropped, not kept.</p>
      </aside>
    </div>
  );
}
