"""The REST interface under /v1, and the probes."""

from typing import Any, cast

from flask import Response, jsonify
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from facegate.accounts.access import LoginSession
from facegate.gallery.consent import CURRENT_CONSENT
from facegate.gallery.values import Person
from facegate.http import schemas
from facegate.http.router import ApiApp
from facegate.http.security import (
    clear_session_cookie,
    current_session,
    require,
    require_session,
    set_session_cookie,
)
from facegate.http.services import HttpServices

_SESSIONS = Tag(name="Sessions", description="Taking the server, signing out, passes for sockets.")
_PEOPLE = Tag(name="People", description="Who is enrolled.")
_PROBES = Tag(name="Probes", description="For supervisors and load balancers.")
_CHANGE = " Needs the header `X-Facegate: 1` and this server's own Origin."


def register_api(app: ApiApp, services: HttpServices) -> None:
    """Add the routes."""
    _register_probes(app, services)
    _register_sessions(app, services)
    _register_people(app, services)


def _register_probes(app: ApiApp, services: HttpServices) -> None:
    @app.documented(
        "get",
        "/healthz",
        tag=_PROBES,
        summary="Alive",
        description="Answers as long as the process does.",
        answers={200: schemas.Health},
        fails=(),
    )
    def healthz() -> Response:
        return _json(schemas.Health(status="ok"))

    @app.documented(
        "get",
        "/readyz",
        tag=_PROBES,
        summary="Ready",
        description="Answers 200 when networks and database can do their work.",
        answers={200: schemas.Health},
        fails=(503,),
    )
    def readyz() -> Response:
        services.check_ready()
        return _json(schemas.Health(status="ok"))


def _register_sessions(app: ApiApp, services: HttpServices) -> None:
    settings, access = services.settings, services.access

    @app.documented(
        "get",
        "/v1/session",
        tag=_SESSIONS,
        summary="State",
        description="What the page needs to know first: owner, access, the caller's session, consent text, engine.",
        answers={200: schemas.ServerState},
        fails=(503,),
    )
    def session() -> Response:
        return _json(_state(services, current_session(services)))

    @app.documented(
        "post",
        "/v1/setup",
        tag=_SESSIONS,
        summary="Take the server",
        description="Trades the token of an owner link for a session, once." + _CHANGE,
        answers={201: schemas.ServerState},
        fails=(401, 403, 410, 413, 503),
    )
    def setup(body: schemas.SetupRequest) -> Response:
        before = current_session(services)
        sid, login = access.claim(body.token)
        if before is not None:
            access.revoke(before.id)
        response = _json(_state(services, login), 201)
        set_session_cookie(response, settings, sid)
        return response

    @app.documented(
        "delete",
        "/v1/session",
        tag=_SESSIONS,
        summary="Sign out",
        description="Ends the session and its sockets." + _CHANGE,
        answers={204: None},
        fails=(401, 403, 503),
        session=True,
    )
    def sign_out() -> Response:
        access.revoke(require_session(services).id)
        response = Response(status=204)
        clear_session_cookie(response, settings)
        return response

    @app.documented(
        "post",
        "/v1/tickets",
        tag=_SESSIONS,
        summary="Pass for a socket",
        description="A single-use pass to connect to the `/live` namespace; sockets take no cookies." + _CHANGE,
        answers={201: schemas.Ticket},
        fails=(401, 403, 503),
        session=True,
    )
    def tickets() -> Response:
        ticket = access.issue_ticket(require_session(services).id)
        return _json(schemas.Ticket(ticket=ticket, expires_in_s=settings.ticket_seconds), 201)


def _register_people(app: ApiApp, services: HttpServices) -> None:
    @app.documented(
        "get",
        "/v1/people",
        tag=_PEOPLE,
        summary="Everybody",
        description="Everybody enrolled, by name.",
        answers={200: schemas.People},
        fails=(401, 403, 503),
        session=True,
    )
    def people() -> Response:
        require(services, "recognize")
        found = [_person(person) for person in services.people()]
        return _json(schemas.People(people=found, total=len(found)))


def _state(services: HttpServices, login: LoginSession | None) -> schemas.ServerState:
    return schemas.ServerState(
        claimed=services.access.claimed,
        live_access=services.settings.live_access,
        session=None if login is None else _session(login),
        version=services.version,
        consent=schemas.ConsentText(version=CURRENT_CONSENT.version, text=CURRENT_CONSENT.text),
        engine=schemas.Engine(preset="default", recipe_id=services.recipe_id()),
    )


def _session(login: LoginSession) -> schemas.Session:
    return schemas.Session(
        role=login.role, permissions=cast(Any, sorted(login.permissions)), expires_at=login.expires_at
    )


def _person(person: Person) -> schemas.Person:
    return schemas.Person(
        id=person.id,
        name=person.name,
        samples=person.samples,
        created_at=person.created_at,
        has_consent=person.consent is not None,
    )


def _json(answer: BaseModel, status: int = 200) -> Response:
    response = jsonify(answer.model_dump(mode="json"))
    response.status_code = status
    return response
