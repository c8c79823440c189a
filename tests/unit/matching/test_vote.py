from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.matching.vote import NameVote, VoteRules
from facegate.types import Match, PersonRef


def _frame(symbol: str, similarity: float = 0.95) -> Match:
    """A letter is that person, "." an unknown, "-" a face that could not be compared."""
    if symbol == "-":
        return Match("pending", reason="face_too_small")
    if symbol == ".":
        return Match("unknown", similarity=0.8, threshold=0.93, fmr=0.7, fpir=0.9, reason="below_threshold")
    return Match(
        "matched", PersonRef(symbol, symbol), similarity=similarity, threshold=0.93, fmr=1e-4, fpir=1e-3, margin=0.05
    )


def _run(frames: str, vote: NameVote | None = None) -> NameVote:
    vote = vote or NameVote()
    for symbol in frames:
        vote = vote.add(_frame(symbol))
    return vote


def _shown(vote: NameVote) -> str:
    if vote.match.person is not None:
        return vote.match.person.id
    return {"unknown": ".", "pending": "?"}[vote.status]


@pytest.mark.parametrize(
    ("frames", "shown"),
    [
        ("", "?"),
        ("A", "?"),
        ("AA", "?"),
        ("AAA", "A"),
        ("A.A", "?"),
        ("A.A.A", "A"),
        ("...", "."),
        ("ABC", "?"),
        ("ABCAB", "?"),
        ("...AA", "."),
        ("...AAA", "A"),  # unknown is no name: three of five replace it
        ("AAA...", "A"),  # a turned head does not take the name away
        ("AAA....", "."),  # four of five frames without it do
        ("AAABBB", "A"),  # three for another person do not replace a shown name
        ("AAABBBB", "B"),  # four do
        ("AAA.B.B.", "."),
        ("AAA.A.A..", "A"),
        ("AAA.A.A...", "."),
        ("AA---A", "A"),
        ("-----", "?"),
        ("AAA----------", "A"),
    ],
)
def test_what_is_shown(frames: str, shown: str) -> None:
    assert _shown(_run(frames)) == shown


def test_votes_counted() -> None:
    assert [_run("AA.AA"[:n]).have for n in range(5)] == [0, 1, 2, 2, 3]
    assert _run("AAA").needed == 3
    assert _run("AAA...").have == 3


def test_pending_names_nobody_but_says_why() -> None:
    match = _run("AA").match
    assert (match.status, match.person, match.reason) == ("pending", None, "needs_more_frames")
    assert match.similarity == 0.95
    assert NameVote().match == Match("pending", reason="needs_more_frames")


def test_the_shown_match_is_the_newest_for_that_person() -> None:
    vote = _run("AAA").add(_frame("A", 0.99)).add(_frame("."))
    assert vote.match.similarity == 0.99
    assert vote.match.status == "matched"


def test_a_state_is_never_changed() -> None:
    before = _run("AA")
    before.add(_frame("A"))
    assert before == _run("AA")


@given(st.text("AB.-", max_size=40))
def test_invariants(frames: str) -> None:
    vote, before = NameVote(), "?"
    counted = ""
    for symbol in frames:
        vote = vote.add(_frame(symbol))
        counted = (counted + symbol.replace("-", ""))[-5:]
        now = _shown(vote)
        assert (vote.match.person is not None) == (vote.status == "matched")
        assert now != "?" or before == "?", "once decided, never pending again"
        if now in "AB":
            assert counted.count(now) >= 2, "a name is only shown while recent frames speak for it"
        if now != before and now in "AB":
            assert Counter(counted)[now] >= (4 if before in "AB" and counted.count(before) >= 2 else 3)
        before = now


@pytest.mark.parametrize("rules", [(5, 2, 1, 4), (5, 3, 0, 4), (5, 3, 4, 4), (3, 4, 2, 4), (5, 3, 2, 6), (5, 4, 2, 3)])
def test_rules_that_cannot_work(rules: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="VoteRules"):
        VoteRules(*rules)
