"""The kernels give everybody in the arrays the score that an explanation gives, bit for bit, and name the best."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching import scanning
from matching.arrays import VolunteerArrays
from matching.features import Opportunity, Volunteer
from matching.questions import Question
from matching.quickest import QuickestScan
from matching.ranking import rank
from matching.scanning import NOBODY, Scan
from matching.scoring import explain
from matching.weights import VOLUNTEER_FACTORS, VOLUNTEER_WEIGHTS, Weights
from tests.matching import people
from tests.matching.people import TREE

SCANS = [
    pytest.param(lambda: scanning.scan, id="numpy"),
    pytest.param(lambda: pytest.importorskip("matching.compiled").scan, id="numba"),
]


def filled(folder: Path, volunteers: list[Volunteer]) -> VolunteerArrays:
    arrays = VolunteerArrays(folder, TREE)
    with arrays.rebuilding() as writer:
        writer.upsert((volunteer.id, volunteer) for volunteer in volunteers)
    return arrays


@pytest.fixture(scope="module")
def volunteers() -> list[Volunteer]:
    """Codes of the first one, who knows a great deal, push those of the others into two words."""
    random = Random(11)
    much = frozenset(f"a_{number}" for number in range(60))
    scholar = Volunteer(id=UUID(int=1), age=70, skills=much, interests=much, training=much)
    return [scholar, *(people.volunteer(random) for _ in range(2999))]


Explained = list[tuple[Opportunity, dict[UUID, int]]]


@pytest.fixture(scope="module")
def explained(volunteers: list[Volunteer]) -> Explained:
    """Some opportunities, each with the score of everybody whom nothing bars, explained one by one."""
    random = Random(3)
    found: Explained = [(replace(people.opportunity(random), is_uninsured=False), {}) for _ in range(12)]
    for volunteer in volunteers:
        for opportunity, scores in found:
            explanation = explain(volunteer, opportunity, VOLUNTEER_WEIGHTS, TREE)
            if not explanation.blocks:
                scores[volunteer.id] = explanation.score
    return found


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory, volunteers: list[Volunteer]) -> VolunteerArrays:
    return filled(tmp_path_factory.mktemp("arrays"), volunteers)


@pytest.mark.parametrize("scan_of", SCANS)
def test_every_row_has_the_score_of_its_explanation(
    scan_of: Callable[[], Scan], arrays: VolunteerArrays, volunteers: list[Volunteer], explained: Explained
) -> None:
    scan = scan_of()
    generation, vocabulary = arrays.reading().snapshot()
    row_of = dict(
        zip(
            (volunteer.id for volunteer in volunteers),
            generation.find(volunteer.id for volunteer in volunteers).tolist(),
            strict=True,
        )
    )
    for opportunity, scores in explained:
        question = Question(opportunity, VOLUNTEER_WEIGHTS, vocabulary, TREE)
        found = scan(generation.columns, generation.used, question, NOBODY, len(volunteers))
        scanned = dict(zip(found.rows.tolist(), found.scores.tolist(), strict=True))
        assert scanned == {row_of[identity]: score for identity, score in scores.items()}


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), points=st.lists(st.integers(0, 40), min_size=7, max_size=7))
def test_both_kernels_agree_whatever_the_weights_and_the_opportunity(
    arrays: VolunteerArrays, seed: int, points: list[int]
) -> None:
    compiled = pytest.importorskip("matching.compiled")
    shares = [point * 100 // max(1, sum(points) + 10) for point in points]
    weights = Weights(1, dict(zip(VOLUNTEER_FACTORS, [100 - sum(shares), *shares], strict=True)))
    generation, vocabulary = arrays.reading().snapshot()
    question = Question(people.opportunity(Random(seed)), weights, vocabulary, TREE)
    shut = np.arange(0, generation.used, 60)
    plain, quick = (
        scan(generation.columns, generation.used, question, shut, 10_000)
        for scan in (scanning.scan, compiled.scan)
    )
    assert plain.rows.tolist() == quick.rows.tolist()
    assert plain.scores.tolist() == quick.scores.tolist()
    assert not np.isin(shut, quick.rows).any()


@pytest.mark.parametrize("scan_of", SCANS)
@pytest.mark.parametrize("k", [1, 20, 700, 5000])
def test_the_best_are_the_best_of_all_explanations(
    scan_of: Callable[[], Scan],
    k: int,
    arrays: VolunteerArrays,
    volunteers: list[Volunteer],
    explained: Explained,
) -> None:
    random, scan = Random(k), scan_of()
    for opportunity, everybody in explained:
        excluded = {volunteer.id for volunteer in random.sample(volunteers, 200)}
        scores = {identity: score for identity, score in everybody.items() if identity not in excluded}
        ranked = rank(arrays, opportunity, VOLUNTEER_WEIGHTS, k, excluded, TREE, scan)
        assert [one.score for one in ranked] == sorted(scores.values(), reverse=True)[:k]
        assert all(scores[one.id] == one.score for one in ranked)
        assert len({one.id for one in ranked}) == len(ranked)


def test_ties_fall_the_same_way_each_time_and_another_way_for_another_opportunity(tmp_path: Path) -> None:
    alike = [Volunteer(id=UUID(int=number), age=40) for number in range(1, 301)]
    arrays = filled(tmp_path, alike)
    first, second = (
        replace(people.opportunity(Random(1)), minimum_age=0, is_uninsured=False, qualifications=frozenset()),
        replace(
            people.opportunity(Random(1)),
            id=UUID(int=99),
            minimum_age=0,
            is_uninsured=False,
            qualifications=frozenset(),
        ),
    )
    once = rank(arrays, first, VOLUNTEER_WEIGHTS, 20)
    assert once == rank(arrays, first, VOLUNTEER_WEIGHTS, 20, scan=scanning.scan)
    assert {one.id for one in once} != {one.id for one in rank(arrays, second, VOLUNTEER_WEIGHTS, 20)}
    assert {one.id for one in once} != {volunteer.id for volunteer in alike[:20]}


def test_a_need_that_nobody_may_take_ranks_nobody(arrays: VolunteerArrays) -> None:
    opportunity = people.opportunity(Random(2))
    assert rank(arrays, replace(opportunity, is_uninsured=True), VOLUNTEER_WEIGHTS, 20) == []
    rare = replace(opportunity, qualifications=frozenset({"astronaut"}))
    assert rank(arrays, rare, VOLUNTEER_WEIGHTS, 20) == []
    assert rank(arrays, opportunity, VOLUNTEER_WEIGHTS, 0) == []


def test_numpy_answers_until_the_compiled_scan_is_ready_and_both_say_the_same(
    arrays: VolunteerArrays,
) -> None:
    compiled = pytest.importorskip("matching.compiled")
    opportunity, scan = people.opportunity(Random(2)), QuickestScan(large=1)
    while_it_compiles = rank(arrays, opportunity, VOLUNTEER_WEIGHTS, 20, tree=TREE, scan=scan)
    assert scan.compiled.result(timeout=120) is compiled.scan
    assert rank(arrays, opportunity, VOLUNTEER_WEIGHTS, 20, tree=TREE, scan=scan) == while_it_compiles


def test_where_nothing_can_be_compiled_numpy_goes_on(
    arrays: VolunteerArrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matching.compiled", None)
    monkeypatch.delattr("matching.compiled", raising=False)
    opportunity, scan = people.opportunity(Random(2)), QuickestScan(large=1)
    before = rank(arrays, opportunity, VOLUNTEER_WEIGHTS, 20, tree=TREE, scan=scan)
    assert scan.compiled.result(timeout=10) is None
    assert before == rank(arrays, opportunity, VOLUNTEER_WEIGHTS, 20, tree=TREE, scan=scan) != []


def test_a_small_city_compiles_nothing(arrays: VolunteerArrays) -> None:
    scan = QuickestScan()
    rank(arrays, people.opportunity(Random(2)), VOLUNTEER_WEIGHTS, 20, tree=TREE, scan=scan)
    assert not scan.compiled.running() and not scan.compiled.done()
