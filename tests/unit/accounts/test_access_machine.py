"""Any order of signing in, using, waiting, revoking and connecting, against the rules written down once more."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from facegate.accounts.access import Access
from facegate.config import Settings
from facegate.errors import Expired, Unauthorized
from facegate.storage.database import Database

IDLE, ABSOLUTE, TICKET, LINK, TOUCH = 3600.0, 24 * 3600.0, 30.0, 30 * 60.0, 60.0


@dataclass
class Modelled:
    sid: str
    id: str
    created: float
    used: float
    recorded: float
    revoked: bool = False


@dataclass
class Pass:
    secret: str
    made: float
    session: Modelled | None = None
    spent: bool = False


@dataclass
class Model:
    now: float = 1_700_000_000.0
    sessions: list[Modelled] = field(default_factory=list)

    def alive(self, session: Modelled) -> bool:
        return not session.revoked and self.now < session.recorded + IDLE and self.now < session.created + ABSOLUTE


class AccessMachine(RuleBasedStateMachine):
    sessions = Bundle("sessions")
    tickets = Bundle("tickets")
    links = Bundle("links")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database = Database.open(self.folder)
        self.model = Model()
        self.access = Access(self.database, Settings(), lambda: self.model.now)
        self.newest_link: Pass | None = None
        self.claims = 0

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    @rule(seconds=st.sampled_from([0.5, 29.0, 31.0, 61.0, 29 * 60.0, 45 * 60.0, 3599.0, 3600.0, 7 * 3600.0]))
    def wait(self, seconds: float) -> None:
        self.model.now += seconds

    @rule(target=links)
    def make_link(self) -> Pass:
        self.newest_link = Pass(self.access.create_setup_link(), self.model.now)
        return self.newest_link

    @rule(target=sessions, link=links)
    def claim(self, link: Pass) -> Modelled | None:
        good = link is self.newest_link and not link.spent and self.model.now < link.made + LINK
        try:
            sid, session = self.access.claim(link.secret)
        except (Expired, Unauthorized):
            assert not good
            return None
        assert good
        link.spent = True
        self.claims += 1
        modelled = Modelled(sid, session.id, self.model.now, self.model.now, self.model.now)
        self.model.sessions.append(modelled)
        return modelled

    @rule(session=sessions)
    def use(self, session: Modelled | None) -> None:
        if session is None:
            return
        found = self.access.resolve(session.sid)
        assert (found is not None) == self.model.alive(session)
        if found is not None:
            # The two promises to people: never beyond an hour unused nor a day in all.
            assert self.model.now - session.used < IDLE
            assert self.model.now - session.created < ABSOLUTE
            session.used = self.model.now
            if self.model.now - session.recorded >= TOUCH:
                session.recorded = self.model.now
            assert session.used - session.recorded < TOUCH, "use counts up to a minute"
            ends = min(session.recorded + IDLE, session.created + ABSOLUTE)
            assert abs(found.expires_at.timestamp() - ends) < 1e-3

    @rule(session=sessions)
    def revoke(self, session: Modelled | None) -> None:
        if session is not None:
            self.access.revoke(session.id)
            session.revoked = True

    @rule(target=tickets, session=sessions)
    def issue(self, session: Modelled | None) -> Pass | None:
        if session is None:
            return None
        try:
            ticket = self.access.issue_ticket(session.id)
        except Unauthorized:
            assert not self.model.alive(session)
            return None
        assert self.model.alive(session)
        return Pass(ticket, self.model.now, session)

    @rule(ticket=tickets)
    def redeem(self, ticket: Pass | None) -> None:
        if ticket is None or ticket.session is None:
            return
        good = not ticket.spent and self.model.now < ticket.made + TICKET and self.model.alive(ticket.session)
        try:
            session = self.access.redeem_ticket(ticket.secret)
        except (Expired, Unauthorized):
            assert not good
            return
        assert good
        assert session.id == ticket.session.id
        ticket.spent = True

    @rule(ticket=consumes(tickets))
    def redeem_twice(self, ticket: Pass | None) -> None:
        self.redeem(ticket)
        if ticket is not None:
            spent = ticket.spent
            ticket.spent = True
            if spent:
                self.redeem(ticket)

    @invariant()
    def valid_sessions_are_those_of_the_model(self) -> None:
        ids = [session.id for session in self.model.sessions]
        expected = {session.id for session in self.model.sessions if self.model.alive(session)}
        assert self.access.still_valid(ids) == expected
        assert self.access.claimed == (self.claims > 0)


AccessMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestAccessMachine = AccessMachine.TestCase
