"""What the REST interface takes and answers; the OpenAPI document is made from these."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorBody(_Answer):
    """Code, sentence and facts of a failure."""

    code: Annotated[str, Field(description="Stable snake_case code.")]
    message: Annotated[str, Field(description="What happened, why, and what to do.")]
    details: Annotated[dict[str, str | int | float | bool | None], Field(description="Facts for programs, by name.")]


class ErrorEnvelope(_Answer):
    """Every failure has this form."""

    error: ErrorBody
    request_id: Annotated[str, Field(description="Also in the server's log.")]


class Health(_Answer):
    """The process is alive."""

    status: Literal["ok"]


class Session(_Answer):
    """Who is signed in."""

    role: Literal["owner", "operator"]
    permissions: Annotated[list[Literal["recognize", "enroll", "manage"]], Field(description="Sorted by name.")]
    expires_at: Annotated[datetime, Field(description="End of the session if nothing more is heard from it.")]


class ConsentText(_Answer):
    """What a person must agree to before their face is stored."""

    version: str
    text: str


class Engine(_Answer):
    """What looks at the pictures."""

    preset: str
    recipe_id: str


class ServerState(_Answer):
    """What the page needs to know first."""

    claimed: Annotated[bool, Field(description="Whether the server has an owner.")]
    live_access: Annotated[
        Literal["session", "open"], Field(description="`open`: live recognition and enrolment need no sign-in.")
    ]
    session: Session | None
    version: Annotated[str, Field(description="Of facegate.")]
    consent: ConsentText
    engine: Engine


class SetupRequest(_Request):
    """An owner link's token."""

    token: Annotated[str, Field(min_length=1, max_length=200, description="What follows `#setup=` in the link.")]


class Ticket(_Answer):
    """A pass for one socket."""

    ticket: Annotated[str, Field(description="Send it once as `auth.ticket` when connecting to `/live`.")]
    expires_in_s: int


class Person(_Answer):
    """One enrolled person."""

    id: str
    name: str
    samples: Annotated[int, Field(description="Pictures behind the person's template.")]
    created_at: datetime
    has_consent: bool


class People(_Answer):
    """Everybody enrolled."""

    people: list[Person]
    total: int
