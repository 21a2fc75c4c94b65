"""Choosing among all that is open: the same list as if every pair were explained, however the needs lie."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from marketplace.areas.queries import Point
from marketplace.identity.volunteers import VolunteerProfile
from marketplace.kernel.clock import local_day
from marketplace.recommendations.choosing import MOST_OF_A_KIND, Chosen, best
from marketplace.recommendations.facts import Known
from marketplace.recommendations.openings import Opening, Times
from matching import index as port
from matching.features import Busy, Opportunity, Stretch, TagTree, Volunteer
from matching.scoring import explain
from matching.weights import VOLUNTEER_WEIGHTS, Weights

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
SKILLS = ("teaching", "english_teaching", "accompanying", "computing", "repairing")
TREE = TagTree({"english_teaching": "teaching"})
FAIRER = Weights(2, {**VOLUNTEER_WEIGHTS.points, "skill": 2, "fairness": 30})


def _known(chance: Random) -> Known:
    volunteer = Volunteer(
        id=UUID(int=1),
        age=chance.choice([17, 30, 60]),
        qualifications=frozenset(chance.sample(["first_aid"], chance.randint(0, 1))),
        skills=frozenset(chance.sample(SKILLS, chance.randint(0, 3))),
        interests=frozenset(chance.sample(["elderly_care", "education"], chance.randint(0, 2))),
        availability=tuple(Stretch(day, 540, 1080) for day in chance.sample(range(7), chance.randint(0, 5))),
        home=port.Point(31.22, 121.42),
        district="310105",
        radius_metres=chance.choice([None, 3000, 9000]),
        last_served_on=chance.choice([None, local_day(NOW - timedelta(days=chance.randint(1, 80)))]),
        recommended=chance.randint(0, 4),
        busy=tuple(
            Busy(starts, starts + timedelta(hours=5))
            for starts in (NOW + timedelta(hours=chance.randint(1, 900)) for _ in range(5))
        ),
    )
    profile = VolunteerProfile(
        person_id=volunteer.id,
        name="林小满",
        birth_date=local_day(NOW).replace(year=2026 - (volunteer.age or 0)),
        home_area_code=None,
        point=Point(31.22, 121.42),
        travel_radius_metres=volunteer.radius_metres,
        created_at=NOW,
        tag_codes=volunteer.skills,
        stretches=(),
        held=(),
        stated_codes=frozenset(),
        guardian_consented=chance.random() < 0.5,
        may_be_ranked=True,
        may_be_invited=True,
    )
    return Known(profile, (), volunteer)


def _opening(chance: Random, number: int) -> Opening:
    hours = sorted(chance.sample(range(1, 24 * 84), chance.randint(1, 6)))
    starts = [NOW + timedelta(hours=one) for one in hours]
    times = [
        Times(UUID(int=100 * number + at), one, one + timedelta(hours=chance.choice([1, 2, 3])))
        for at, one in enumerate(starts, 100)
    ]
    asks = Opportunity(
        id=times[0].shift_id,
        starts_at=times[0].starts_at,
        ends_at=times[0].ends_at,
        minimum_age=chance.choice([0, 0, 18, 40]),
        is_uninsured=chance.random() < 0.1,
        qualifications=frozenset(chance.sample(["first_aid"], chance.random() < 0.2)),
        skills=frozenset(chance.sample(SKILLS, chance.randint(0, 2))),
        subjects=frozenset(chance.sample(["elderly_care", "education", "sport"], 1)),
        place=chance.choice([None, port.Point(31.22 + chance.random() / 10, 121.42 + chance.random() / 10)]),
        district=chance.choice(["310105", "310106"]),
    )
    return Opening(UUID(int=number), chance.choice(["a", "b", "c", "d"]), asks, times)


def _of_need(known: Known, opening: Opening, weights: Weights, without: set[UUID]) -> Chosen | None:
    """By explaining every shift: what the person can best, of these the soonest."""
    free = []
    for times in opening.shifts:
        one = replace(opening.asks, id=times.shift_id, starts_at=times.starts_at, ends_at=times.ends_at)
        explanation = explain(known.on(local_day(one.starts_at)), one, weights, TREE)
        if not explanation.blocks and times.shift_id not in without:
            points = {factor.name: factor.points for factor in explanation.factors}
            free.append((-points["availability"], one.starts_at, one, explanation))
    if not free:
        return None
    *_, one, explanation = min(free, key=lambda found: found[:2])
    return Chosen(opening.need_id, opening.category, one, explanation)


@pytest.mark.parametrize("weights", [VOLUNTEER_WEIGHTS, FAIRER])
@pytest.mark.parametrize("seed", range(12))
def test_the_list_is_the_one_that_explaining_every_pair_gives(seed: int, weights: Weights) -> None:
    chance = Random(seed)
    known = _known(chance)
    found = [_opening(chance, number) for number in range(1, chance.choice([5, 60, 120]))]
    without = {times.shift_id for opening in found[::5] for times in opening.shifts[:1]}
    every = [one for opening in found if (one := _of_need(known, opening, weights, without))]
    wanted: list[Chosen] = []
    kinds: Counter[str] = Counter()
    for one in sorted(every, key=lambda one: one.order):
        if kinds[one.category] < MOST_OF_A_KIND and len(wanted) < 10:
            kinds[one.category] += 1
            wanted.append(one)
    assert best(known, found, weights, TREE, 10, without) == wanted


def test_few_pairs_of_many_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    explained = []

    def counted(*given: object) -> object:
        explained.append(given)
        return explain(*given)  # type: ignore[arg-type]

    chance = Random(7)
    known, found = _known(chance), [_opening(chance, number) for number in range(1, 2000)]
    monkeypatch.setattr("marketplace.recommendations.choosing.explain", counted)
    assert len(best(known, found, VOLUNTEER_WEIGHTS, TREE, 10)) == 10
    assert len(explained) < 60


def test_where_nothing_is_open_nothing_is_chosen() -> None:
    assert best(_known(Random(1)), [], VOLUNTEER_WEIGHTS, TREE, 10) == []
