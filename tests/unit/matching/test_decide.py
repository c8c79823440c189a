import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.errors import CalibrationMissing
from facegate.matching.decide import comparison_fmr, fpir, identify, largest_gallery, verify
from facegate.matching.table import CalibrationTable, TableRow
from facegate.types import Candidate, PersonRef


def _table(margin: float = 0.005) -> CalibrationTable:
    """One decade of FMR per 0.02 of similarity, from 1 at 0.84 to 1e-5 at 0.94."""
    row = TableRow(
        fmr=1e-3, threshold=0.9, threshold_low=0.89, threshold_high=0.91, fmr_low=0, fmr_high=1, fnmr=0, fnmr_low=0,
        fnmr_high=1,
    )  # fmt: skip
    return CalibrationTable(
        scoring_id="default@0123/1v1", recipe_id="default@0123", level="1v1", data_set="made up", date="2026-01-31",
        people=100, photos=200, failures_to_acquire=0, genuine_trials=100, impostor_trials=300_000, seed=1,
        replicates=1, margin=margin, fusion_exponent=0.5, fusion_data_set="made up", rows=(row,),
        curve=tuple((round(0.84 + 0.02 * i, 4), 10.0**-i) for i in range(6)),
    )  # fmt: skip


TABLE = _table()


def _candidates(*similarities: float) -> list[Candidate]:
    return [Candidate(PersonRef(f"p{i}", f"Person {i}"), s) for i, s in enumerate(similarities)]


def test_verify_compares_with_the_threshold_of_the_target() -> None:
    yes = verify(0.91, TABLE, target_fmr=1e-3)
    assert yes.matched
    assert yes.threshold == pytest.approx(0.9)
    assert yes.fmr == pytest.approx(10**-3.5)
    assert verify(yes.threshold, TABLE, target_fmr=1e-3).matched
    assert not verify(0.91, TABLE, target_fmr=1e-4).matched
    with pytest.raises(CalibrationMissing):
        verify(0.99, TABLE, target_fmr=1e-6)


def test_fpir_is_the_chance_of_any_false_match() -> None:
    assert fpir(1e-3, 50) == pytest.approx(1 - 0.999**50)
    assert fpir(1e-9, 1) == pytest.approx(1e-9)
    assert fpir(1.0, 3) == 1.0
    assert fpir(1.0, 0) == 0.0
    assert fpir(0.5, 0) == 0.0


@given(st.floats(1e-4, 0.5), st.integers(1, 100_000))
def test_comparison_rate_keeps_the_gallery_at_its_target(target: float, size: int) -> None:
    rate = comparison_fmr(target, size)
    assert rate <= 1e-3
    assert fpir(rate, size) <= target * (1 + 1e-9)


def test_a_clear_match() -> None:
    match = identify(_candidates(0.95, 0.90), TABLE, target_fpir=1e-2, gallery_size=2)
    assert match.status == "matched"
    assert match.person == PersonRef("p0", "Person 0")
    assert match.reason is None
    assert match.threshold == pytest.approx(0.9)
    assert match.fmr == pytest.approx(1e-5)
    assert match.fpir == pytest.approx(2e-5, rel=1e-3)
    assert match.margin == pytest.approx(0.05)
    assert len(match.candidates) == 2


def test_the_threshold_rises_with_the_gallery() -> None:
    probe = _candidates(0.925, 0.85)
    assert identify(probe, TABLE, target_fpir=1e-2, gallery_size=10).status == "matched"
    crowded = identify(probe, TABLE, target_fpir=1e-2, gallery_size=1000)
    assert (crowded.status, crowded.reason, crowded.person) == ("unknown", "below_threshold", None)
    assert crowded.threshold == pytest.approx(0.94)


def test_two_people_too_close_to_each_other() -> None:
    match = identify(_candidates(0.951, 0.950), TABLE, target_fpir=1e-2, gallery_size=5)
    assert (match.status, match.reason, match.person) == ("unknown", "ambiguous", None)
    assert match.similarity == 0.951
    assert identify(_candidates(0.951, 0.950), _table(margin=0), target_fpir=1e-2, gallery_size=5).status == "matched"


def test_a_fused_template_has_no_head_start() -> None:
    fused = Candidate(PersonRef("fused", "Fused"), 0.95, agreement=0.96)
    single = Candidate(PersonRef("single", "Single"), 0.94)
    match = identify([fused, single], TABLE, target_fpir=1e-2, gallery_size=2)
    assert match.person == single.person
    assert match.similarity == 0.94
    assert [c.similarity for c in match.candidates] == pytest.approx([0.94, 0.95 * 0.96**0.5])
    assert {c.agreement for c in match.candidates} == {1.0}
    again = identify(match.candidates, TABLE, target_fpir=1e-2, gallery_size=2)
    assert again == match


def test_nobody_to_compare_with() -> None:
    match = identify([], TABLE, target_fpir=1e-2, gallery_size=0)
    assert (match.status, match.reason, match.similarity, match.fmr) == ("unknown", "empty_gallery", None, None)


def test_one_person_has_no_margin() -> None:
    match = identify(_candidates(0.95), TABLE, target_fpir=1e-2, gallery_size=1)
    assert match.status == "matched"
    assert match.margin is None


def test_a_gallery_beyond_the_table_names_nobody_but_ranks() -> None:
    assert largest_gallery(TABLE, 1e-2) == 1000
    at_the_limit = identify(_candidates(1.0, 0.8), TABLE, target_fpir=1e-2, gallery_size=1000)
    assert at_the_limit.status == "matched"
    beyond = identify(_candidates(1.0, 0.8), TABLE, target_fpir=1e-2, gallery_size=1001)
    assert (beyond.status, beyond.reason, beyond.person) == ("unknown", "gallery_too_large_for_target", None)
    assert [c.similarity for c in beyond.candidates] == [1.0, 0.8]
    assert beyond.threshold is not None
    assert beyond.fmr is not None


@given(st.floats(1e-5, 0.5))
def test_largest_gallery_is_the_largest(target: float) -> None:
    size = largest_gallery(TABLE, target)
    assert size >= 1
    assert identify(_candidates(1.0), TABLE, target_fpir=target, gallery_size=size).status == "matched"
    beyond = identify(_candidates(1.0), TABLE, target_fpir=target, gallery_size=size + 1)
    assert beyond.reason == "gallery_too_large_for_target"


def test_a_target_below_the_table_supports_no_gallery() -> None:
    assert largest_gallery(TABLE, 9e-6) == 0


@given(st.lists(st.floats(0.5, 1), min_size=1, max_size=20), st.integers(0, 2000))
def test_a_similarity_never_travels_alone(similarities: list[float], more: int) -> None:
    candidates = _candidates(*sorted(similarities, reverse=True))
    match = identify(candidates, TABLE, target_fpir=1e-2, gallery_size=len(candidates) + more)
    assert match.similarity is not None
    assert match.threshold is not None
    assert match.fmr is not None
    assert match.fpir is not None
    assert (match.status == "matched") == (match.person is not None) == (match.reason is None)
    assert len(match.candidates) <= 5


def test_callers_mistakes() -> None:
    with pytest.raises(ValueError, match="2 candidates from a gallery of 1"):
        identify(_candidates(0.9, 0.8), TABLE, target_fpir=1e-2, gallery_size=1)
