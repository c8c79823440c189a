import numpy as np
import pytest

from facegate.evaluation.fusion import EXPONENTS, draw_templates, fit_exponent, measure_fusion
from facegate.evaluation.galleries import MARGINS, fit_margin, measure_galleries, search_galleries
from facegate.evaluation.scores import ScoreCounts, different_person_pairs
from facegate.types import Embedding, Template


def _people(population) -> np.ndarray:
    return np.array([int(key.person[1:]) for key in population.keys])


def _threshold(population, rate: float) -> float:
    counts = ScoreCounts.of(b.steps for b in different_person_pairs(population.vectors, _people(population)))
    return counts.step_for(rate) / 1e5


def test_templates_are_what_the_product_stores(population) -> None:
    people = _people(population)
    drawn = draw_templates(population.vectors, people, np.array([7]), 3, np.random.default_rng(0))
    left = set(drawn.probes.tolist())
    used = [index for index in np.flatnonzero(people == 7) if index not in left]
    assert len(used) == 3
    template = Template.fuse([Embedding(population.vectors[index], "r") for index in used])
    assert drawn.vectors[0] == pytest.approx(template.vector, abs=1e-6)
    assert drawn.agreement[0] == pytest.approx(template.agreement)
    assert template.agreement < 0.99


def test_fusing_raises_false_matches_and_the_exponent_takes_it_back(population) -> None:
    people = _people(population)
    targets = (1e-2, 1e-3)
    thresholds = [_threshold(population, rate) for rate in targets]
    measured = measure_fusion(population.vectors, people, photos=3, thresholds=thresholds, seed=1)
    assert measured is not None
    assert (measured.photos, measured.people) == (3, 300)
    assert (measured.fmr[0] > 1.4 * np.array(targets)).all(), "uncorrected, strangers pass more often"
    exponent = fit_exponent([measured], targets)
    assert 0 < exponent <= 1
    corrected = measured.fmr[EXPONENTS.index(exponent)]
    assert np.prod(corrected / targets) <= 1
    assert (np.diff(measured.fmr, axis=0) <= 0).all()
    assert (np.diff(measured.fnmr, axis=0) >= 0).all()


def test_nothing_measured_is_the_safest_exponent(population) -> None:
    people = _people(population)
    assert measure_fusion(population.vectors, people, photos=4, thresholds=[0.9], seed=1) is None
    assert fit_exponent([], (1e-3,)) == 1.0


def test_galleries_keep_their_target(population) -> None:
    rates = search_galleries(
        population.vectors,
        _people(population),
        size=50,
        photos=1,
        threshold=_threshold(population, 1e-2 / 50),
        exponent=0.5,
        seed=1,
    )
    assert rates is not None
    assert rates.strangers == 10 * 250 * 4
    assert rates.known == 10 * 50 * 3
    assert 0.003 < rates.fpir[0] < 0.03
    assert (np.diff(rates.fpir) <= 0).all()
    assert (np.diff(rates.fnir) >= 0).all()
    assert (rates.misnamed + (1 - rates.fnir) <= 1).all()


def test_the_margin_is_the_largest_that_costs_next_to_nothing(population) -> None:
    galleries = measure_galleries(
        population.vectors,
        _people(population),
        threshold=lambda size: _threshold(population, 1e-2 / size),
        exponent=0.5,
        seed=1,
    )
    assert {(g.size, g.photos) for g in galleries} == {(50, 1), (200, 1), (50, 3), (200, 3)}
    index = MARGINS.index(fit_margin(galleries))
    assert max(g.fnir[index] - g.fnir[0] for g in galleries) <= 0.005
    assert max(g.fnir[index + 1] - g.fnir[0] for g in galleries) > 0.005
