import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from "react";
import { Button } from "react-aria-components";

import { CheckIcon } from "@/components/icons";
import { Spinner } from "@/components/spinner";
import type { LiveSession } from "@/features/live/live-session";
import { type Person, type ServerState, getPeople } from "@/lib/api/client";
import { CONNECTION_LOST, type PersonRef } from "@/lib/live/protocol";

import { EnrolForm } from "./form";
import { type Enrolment, type Progress, maySave, subjectName } from "./machine";
import { counted, sameName, tellApart } from "./names";
import { Slots } from "./slots";

interface Props {
  readonly session: LiveSession;
  readonly consent: ServerState["consent"];
  readonly ready: boolean;
}

/** Adding a person, beside the picture: the camera stays in view from the name to the proof. */
export function EnrolPanel({ session, consent, ready }: Props) {
  const enrolment = useSyncExternalStore(session.enrolment.subscribe, session.enrolment.get);
  const people = useQuery({ queryKey: ["people"], queryFn: getPeople });
  const close = () => session.closeEnrolment();
  const known = (someone: PersonRef) => people.data?.people.find(({ id }) => id === someone.id) ?? null;
  const { step } = enrolment;
  useEffect(() => {
    if (step !== "collecting" && step !== "question") return;
    const escape = (event: KeyboardEvent) => event.key === "Escape" && !event.defaultPrevented && session.closeEnrolment();
    document.addEventListener("keydown", escape);
    return () => document.removeEventListener("keydown", escape);
  }, [session, step]);

  switch (enrolment.step) {
    case "closed":
      return null;
    case "form":
      return (
        <Card title="Add a person">
          <EnrolForm
            people={people.data?.people ?? []}
            consent={consent}
            ready={ready}
            onStart={(subject) => session.startCollecting(subject, consent.version)}
            onCancel={close}
          />
        </Card>
      );
    case "collecting":
      return <Collecting session={session} state={enrolment} ready={ready} onCancel={close} />;
    case "question":
      return <Question session={session} state={enrolment} known={known(enrolment.lookalike)} onCancel={close} />;
    case "saving":
      return (
        <Card title={<bdi>{subjectName(enrolment.subject)}</bdi>}>
          <Slots session={session} progress={enrolment.progress} />
          <p className="working" role="status">
            <Spinner /> Saving…
          </p>
        </Card>
      );
    case "saved":
      return <Saved state={enrolment} onMore={() => session.openEnrolment()} onDone={close} />;
    case "failed":
      return <Failed session={session} state={enrolment} people={people.data?.people ?? []} ready={ready} onCancel={close} />;
  }
}

/** One step of adding a person. Its headline takes the focus unless a field of it has it, so that keyboards and screen readers follow. */
function Card({ title, className, children }: { readonly title: ReactNode; readonly className?: string; readonly children: ReactNode }) {
  const headline = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const within = headline.current?.parentElement?.contains(document.activeElement);
    if (!within) headline.current?.focus();
  }, []);
  return (
    <section className="card enrol" aria-label="Add a person">
      <h2 ref={headline} tabIndex={-1} className={className}>
        {title}
      </h2>
      {children}
    </section>
  );
}

interface FailedProps {
  readonly session: LiveSession;
  readonly state: Extract<Enrolment, { step: "failed" }>;
  readonly people: readonly Person[];
  readonly ready: boolean;
  readonly onCancel: () => void;
}

function Failed({ session, state, people, ready, onCancel }: FailedProps) {
  const { subject, error, maybeSaved } = state;
  const name = subjectName(subject);
  const listed = people.filter((person) => (subject.kind === "new" ? sameName(person.name, name) : person.id === subject.person.id));
  return (
    <Card title={<bdi>{name}</bdi>}>
      <p role="alert">
        {error.message} {maybeSaved ? "It may have been saved all the same." : error.code === CONNECTION_LOST.code && "Nothing was saved."}
      </p>
      {maybeSaved && listed.length > 0 && (
        <p>
          Saved under this name: {listed.map(tellApart).join("; ")}. If that is right, press Cancel.
        </p>
      )}
      <div className="row">
        <Button className="button primary" isDisabled={!ready} onPress={() => session.tryAgain()}>
          Try again
        </Button>
        <Button className="button" onPress={onCancel}>
          Cancel
        </Button>
      </div>
    </Card>
  );
}

interface CollectingProps {
  readonly session: LiveSession;
  readonly state: Extract<Enrolment, { step: "collecting" }>;
  readonly ready: boolean;
  readonly onCancel: () => void;
}

function Collecting({ session, state, ready, onCancel }: CollectingProps) {
  const { progress } = state;
  const enough = maySave(progress);
  return (
    <Card title={<bdi>{subjectName(state.subject)}</bdi>}>
      <Slots session={session} progress={progress} />
      <p className="verdict" role="status">
        {ready ? advice(progress) : "The camera is off. Start it again to go on."}
      </p>
      <div className="row">
        <Button className="button" isDisabled={!enough} onPress={() => session.save()}>
          {enough ? "Save now (basic)" : "Save now"}
        </Button>
        <Button className="button quiet" onPress={onCancel}>
          Cancel
        </Button>
      </div>
    </Card>
  );
}

function advice({ samples, needed, minimum }: Progress): string {
  if (samples === 0) return "Pictures are taken by themselves. Look at the camera.";
  if (samples < minimum) return `${samples} of ${needed}. Move your head a little between pictures.`;
  return `${samples} of ${needed}. More pictures recognise a face in more situations.`;
}

interface QuestionProps {
  readonly session: LiveSession;
  readonly state: Extract<Enrolment, { step: "question" }>;
  /** What the list of people says of the lookalike; null where it does not hold them. */
  readonly known: Person | null;
  readonly onCancel: () => void;
}

function Question({ session, state, known, onCancel }: QuestionProps) {
  const { lookalike, subject, progress } = state;
  return (
    <Card
      title={
        <>
          Same person as <bdi>{lookalike.name}</bdi>?
        </>
      }
    >
      <Slots session={session} progress={progress} />
      <p>
        This face looks very much like <bdi>{lookalike.name}</bdi>, who is saved already. Nothing has been saved yet.
      </p>
      <div className="stack">
        <Button className="button primary wide" onPress={() => session.decide({ person_id: lookalike.id })}>
          <span>
            Same person: add to <bdi>{lookalike.name}</bdi>
            {known && <small> ({tellApart(known)})</small>}
          </span>
        </Button>
        {subject.kind === "new" && (
          <Button className="button wide" onPress={() => session.decide({ new: true })}>
            <span>
              Someone else: save <bdi>{subject.name}</bdi>
            </span>
          </Button>
        )}
        <Button className="button quiet wide" onPress={onCancel}>
          Cancel
        </Button>
      </div>
    </Card>
  );
}

interface SavedProps {
  readonly state: Extract<Enrolment, { step: "saved" }>;
  readonly onMore: () => void;
  readonly onDone: () => void;
}

function Saved({ state, onMore, onDone }: SavedProps) {
  return (
    <Card
      className="saved-title"
      title={
        <>
          <span className="tick">
            <CheckIcon />
          </span>
          <span>
            <bdi>{state.person.name}</bdi> is saved
          </span>
        </>
      }
    >
      <p>
        {counted(state.samples)}
        {state.basic && (
          <>
            {" · "}
            <span className="tag">basic</span> Add more any time: press Add person and choose the same name.
          </>
        )}
      </p>
      <p className={state.proof === "proved" ? "proof proved" : "proof"} role="status">
        <ProofLine state={state} />
      </p>
      <div className="row">
        <Button className="button primary" onPress={onDone}>
          Done
        </Button>
        <Button className="button" onPress={onMore}>
          Add another
        </Button>
      </div>
    </Card>
  );
}

function ProofLine({ state: { proof, lookalike } }: Pick<SavedProps, "state">) {
  if (proof === "proved") {
    return (
      <>
        <CheckIcon /> Recognised: the frame is green.
      </>
    );
  }
  if (proof === "waiting") {
    return (
      <>
        <Spinner /> Look at the camera: the frame turns green.
      </>
    );
  }
  if (!lookalike) return <>Not recognised yet. In good light, looking at the camera, the frame turns green.</>;
  return (
    <span>
      This looks like <bdi>{lookalike.name}</bdi> as well, so no name may be shown.
    </span>
  );
}
