import { useId, useState } from "react";
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";

import { CheckIcon } from "@/components/icons";
import type { Person, ServerState } from "@/lib/api/client";

import type { Subject } from "./machine";
import { counted, nameContains, sameName, tellApart, tidyName } from "./names";

interface Props {
  readonly people: readonly Person[];
  readonly consent: ServerState["consent"];
  /** Whether pictures can be taken now. */
  readonly ready: boolean;
  readonly onStart: (subject: Subject) => void;
  readonly onCancel: () => void;
}

const NEW = "new";
/** As many names as the browser lists without delay. */
const MOST = 300;

/** Who, and with whose agreement. */
export function EnrolForm({ people, consent, ready, onStart, onCancel }: Props) {
  const [text, setText] = useState("");
  // A choice holds for the name it was made for, and for no other that is typed later.
  const [chosen, setChosen] = useState<{ readonly name: string; readonly id: string } | null>(null);
  const [agreed, setAgreed] = useState(false);
  const name = tidyName(text);
  const namesakes = people.filter((person) => sameName(person.name, name));
  const choice = namesakes.length === 0 ? NEW : chosen && sameName(chosen.name, name) ? chosen.id : null;

  const offered = people.length <= MOST ? people : people.filter((person) => nameContains(person.name, name)).slice(0, MOST);

  const group = useId();
  const submit = () => {
    if (name === "" || !agreed || choice === null || !ready) return;
    const person = namesakes.find((namesake) => namesake.id === choice);
    onStart(person ? { kind: "existing", person: { id: person.id, name: person.name } } : { kind: "new", name });
  };

  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ComboBox
        className="field"
        allowsCustomValue
        menuTrigger="input"
        inputValue={text}
        onInputChange={setText}
        onChange={(key) => {
          const person = people.find(({ id }) => id === key);
          if (person) setChosen(person);
        }}
        // A full name needs no suggestion any more: the choice below is about it.
        defaultFilter={(candidate, typed) => nameContains(candidate, typed) && !sameName(candidate, typed)}
        isRequired
        validationBehavior="aria"
      >
        <Label>Name</Label>
        <Input maxLength={80} autoFocus autoComplete="off" spellCheck="false" dir="auto" placeholder="For example Ana Silva" />
        <Popover className="popover list">
          <ListBox className="list-box">
            {offered.map((person) => (
              <ListBoxItem key={person.id} id={person.id} textValue={person.name} className="list-item">
                <bdi>{person.name}</bdi>
                <span className="muted">{counted(person.samples)}</span>
              </ListBoxItem>
            ))}
          </ListBox>
        </Popover>
      </ComboBox>

      {namesakes.length > 0 && (
        <div className="choices" role="radiogroup" aria-labelledby={`${group}-title`}>
          <p id={`${group}-title`}>
            <bdi>{namesakes[0]?.name}</bdi> exists already
          </p>
          {namesakes.map((person) => (
            <label key={person.id} className="choice">
              <input type="radio" name={group} checked={choice === person.id} onChange={() => setChosen(person)} />
              <span className="dot" />
              <span>
                Add pictures to <bdi>{person.name}</bdi>
                <span className="muted">{tellApart(person)}</span>
              </span>
            </label>
          ))}
          <label className="choice">
            <input type="radio" name={group} checked={choice === NEW} onChange={() => setChosen({ name, id: NEW })} />
            <span className="dot" />
            <span>A new person of the same name</span>
          </label>
        </div>
      )}

      <label className="consent">
        <input type="checkbox" checked={agreed} onChange={(event) => setAgreed(event.target.checked)} />
        <span className="box">
          <CheckIcon />
        </span>
        <span>{consent.text}</span>
      </label>

      <div className="row">
        <Button type="submit" className="button primary" isDisabled={name === "" || !agreed || choice === null || !ready}>
          Start
        </Button>
        <Button className="button quiet" onPress={onCancel}>
          Cancel
        </Button>
      </div>
      {!ready && <p className="muted">Start the camera first: the pictures are taken from it.</p>}
    </form>
  );
}
