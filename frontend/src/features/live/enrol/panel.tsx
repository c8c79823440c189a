import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from "react";
import { Button } from "react-aria-components";

import { CheckIcon } from "@/components/icons";
import { Spinner } from "@/components/spinner";
import type { LiveSession } from "@/features/live/live-session";
import { type ServerState, getPeople } from "@/lib/api/client";

import { EnrolForm } from "./form";
import { type Enrolment, type Progress, maySave, subjectName } from "./machine";
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
            initialName={enrolment.name}
            onStart={(subject) => session.startCollecting(subject, consent.version)}
            onCancel={close}
          />
        </Card>
      );
    case "collecting":
      return <Collecting session={session} state={enrolment} onCancel={close} />;
    case "question":
      return <Question session={session} state={enrolment} onCancel={close} />;
    case "saving":
      return (
        <Card title={subjectName(enrolment.subject)} dir="auto">
          <Slots session={session} progress={enrolment.progress} />
          <p className="working" role="status">
            <Spinner /> Saving…
          </p>
        </Card>
      );
    case "saved":
      return <Saved state={enrolment} onMore={() => session.openEnrolment()} onDone={close} />;
    case "failed":
      return (
        <Card title={subjectName(enrolment.subject)} dir="auto">
          <p role="alert">{enrolment.error.message}</p>
          <div className="row">
            <Button className="button primary" autoFocus onPress={() => session.tryAgain()}>
              Try again
            </Button>
            <Button className="button" onPress={close}>
              Cancel
            </Button>
          </div>
        </Card>
      );
  }
}

function Card({ title, dir, children }: { readonly title: string; readonly dir?: "auto"; readonly children: ReactNode }) {
  return (
    <section className="card enrol" aria-label="Add a person">
      <h2 dir={dir}>{title}</h2>
      {children}
    </section>
  );
}

interface CollectingProps {
  readonly session: LiveSession;
  readonly state: Extract<Enrolment, { step: "collecting" }>;
  readonly onCancel: () => void;
}

function Collecting({ session, state, onCancel }: CollectingProps) {
  const { progress } = state;
  const enough = maySave(progress);
  return (
    <Card title={subjectName(state.subject)} dir="auto">
      <Slots session={session} progress={progress} />
      <p className="verdict">{counted(progress)}</p>
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

function counted({ samples, needed, minimum }: Progress): string {
  if (samples === 0) return "Pictures are taken by themselves. Look at the camera.";
  if (samples < minimum) return `${samples} of ${needed}. Move your head a little between pictures.`;
  return `${samples} of ${needed}. More pictures recognise you in more situations.`;
}

interface QuestionProps {
  readonly session: LiveSession;
  readonly state: Extract<Enrolment, { step: "question" }>;
  readonly onCancel: () => void;
}

function Question({ session, state, onCancel }: QuestionProps) {
  const { lookalike, subject, progress } = state;
  const focus = useFocus<HTMLHeadingElement>();
  return (
    <section className="card enrol" aria-label="Add a person">
      <h2 ref={focus} tabIndex={-1}>
        Same person as <bdi>{lookalike.name}</bdi>?
      </h2>
      <Slots session={session} progress={progress} />
      <p>
        This face looks very much like <bdi>{lookalike.name}</bdi>, who is saved already. Nothing has been saved yet.
      </p>
      <div className="stack">
        <Button className="button primary wide" onPress={() => session.decide({ person_id: lookalike.id })}>
          <span>
            Same person: add to <bdi>{lookalike.name}</bdi>
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
    </section>
  );
}

interface SavedProps {
  readonly state: Extract<Enrolment, { step: "saved" }>;
  readonly onMore: () => void;
  readonly onDone: () => void;
}

function Saved({ state, onMore, onDone }: SavedProps) {
  const focus = useFocus<HTMLHeadingElement>();
  return (
    <section className="card enrol" aria-label="Add a person">
      <h2 ref={focus} tabIndex={-1} className="saved-title">
        <span className="tick">
          <CheckIcon />
        </span>
        <span>
          <bdi>{state.person.name}</bdi> is saved
        </span>
      </h2>
      <p>
        {state.samples === 1 ? "1 picture" : `${state.samples} pictures`}
        {state.basic && (
          <>
            {" · "}
            <span className="tag">basic</span> Add more any time: press Add person and choose the same name.
          </>
        )}
      </p>
      <p className={state.proved ? "proof proved" : "proof"} role="status">
        {state.proved ? (
          <>
            <CheckIcon /> Recognised: the frame is green.
          </>
        ) : (
          <>
            <Spinner /> Look at the camera: the frame turns green.
          </>
        )}
      </p>
      <div className="row">
        <Button className="button primary" onPress={onDone}>
          Done
        </Button>
        <Button className="button" onPress={onMore}>
          Add another
        </Button>
      </div>
    </section>
  );
}

/** Moves the focus to a headline that has just appeared, for keyboards and screen readers. */
function useFocus<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  useEffect(() => ref.current?.focus(), []);
  return ref;
}
