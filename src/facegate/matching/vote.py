"""A vote over the frames of one track, so that one odd frame neither names nor un-names anybody."""

from collections import Counter
from dataclasses import dataclass, field, replace

from facegate.types import Match, MatchStatus


@dataclass(frozen=True, slots=True)
class VoteRules:
    """How many of the last frames decide.

    Attributes:
        window: frames that count, newest last.
        needed: frames of the window that must agree on a first answer (a name, or unknown).
        keep: frames of the window that must go on speaking for a name that is shown; with fewer it is given up.
        overturn: frames of the window another person needs to replace a name that is shown.
    """

    window: int = 5
    needed: int = 3
    keep: int = 2
    overturn: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.keep <= self.needed <= self.overturn <= self.window:
            raise ValueError(f"VoteRules: expected 1 <= keep <= needed <= overturn <= window, got {self}")
        if 2 * self.needed <= self.window:
            raise ValueError(f"VoteRules: {self.needed} of {self.window} is no majority, two answers could both win")


@dataclass(frozen=True, slots=True)
class NameVote:
    """Who a track is, after the frames so far. Immutable: :meth:`add` answers the next state.

    Attributes:
        rules: of the vote.
        ballots: decisions of the newest frames, oldest first, at most `rules.window`.
        status: pending until `rules.needed` frames agree.
        shown: the newest match that speaks for the person shown; None unless matched.
    """

    rules: VoteRules = field(default_factory=VoteRules)
    ballots: tuple[Match, ...] = ()
    status: MatchStatus = "pending"
    shown: Match | None = None

    def add(self, match: Match) -> "NameVote":
        """The state after one more embedded frame.

        A match of status pending (a face too small to compare) is no vote and changes nothing.
        """
        if match.status == "pending":
            return self
        ballots = (*self.ballots, match)[-self.rules.window :]
        votes = Counter(_choice(ballot) for ballot in ballots)
        winner, count = votes.most_common(1)[0]
        if self.shown is not None:
            person_id = _choice(self.shown)
            overturned = winner not in (None, person_id) and count >= self.rules.overturn
            if overturned or votes[person_id] >= self.rules.keep:
                return replace(self, ballots=ballots, shown=_newest(ballots, winner if overturned else person_id))
        if count < self.rules.needed:
            # Once decided never pending again: a name too few frames speak for becomes unknown.
            status: MatchStatus = "pending" if self.status == "pending" else "unknown"
            return replace(self, ballots=ballots, status=status, shown=None)
        status = "unknown" if winner is None else "matched"
        return replace(self, ballots=ballots, status=status, shown=None if winner is None else _newest(ballots, winner))

    @property
    def needed(self) -> int:
        """Frames that must agree on a first answer."""
        return self.rules.needed

    @property
    def have(self) -> int:
        """Frames that agree so far, at most :attr:`needed`."""
        if self.status != "pending":
            return self.needed
        return max(Counter(_choice(ballot) for ballot in self.ballots).values(), default=0)

    @property
    def match(self) -> Match:
        """The decision to show: the shown person's newest match, the newest unknown, or a pending without a name."""
        if self.shown is not None:
            return self.shown
        if self.status == "unknown":
            return next((b for b in reversed(self.ballots) if b.status == "unknown"), Match("unknown"))
        if not self.ballots:
            return Match("pending", reason="needs_more_frames")
        return replace(self.ballots[-1], status="pending", person=None, reason="needs_more_frames")


def _choice(match: Match | None) -> str | None:
    """The person voted for; None is a vote for unknown."""
    return match.person.id if match is not None and match.person is not None else None


def _newest(ballots: tuple[Match, ...], person_id: str | None) -> Match | None:
    return next((ballot for ballot in reversed(ballots) if _choice(ballot) == person_id), None)
