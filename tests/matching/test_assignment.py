"""Assignment: the best plan, proved; checked against all plans that there are."""

import dataclasses
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from matching import assignment_bounds, assignment_overlaps
from matching.assignment import Method, Person, Plan, Problem, Role, Shift, assign, assign_greedily
from matching.index import Point
from tests.matching.assignments import HOUR, best, by_chance, may, problem, shift


def pairs_of(plan: Plan) -> set[tuple[int, int]]:
    return {(one.person, one.shift) for one in plan.placed}


@pytest.mark.parametrize("roles", [False, True])
def test_in_time_slots_a_plan_is_as_good_as_the_best_of_all_plans(roles: bool) -> None:
    for seed in range(250):
        asked = by_chance(seed, slots=True, roles=roles)
        plan = assign(asked)
        assert may(asked, [(one.person, one.shift, one.score) for one in plan.placed]), seed
        assert plan.worth == best(asked) == plan.bound, seed
        assert plan.method is Method.FLOW and plan.is_optimal and plan.gap == 0


@pytest.mark.parametrize("roles", [False, True])
def test_a_plan_of_shifts_that_overlap_at_will_breaks_no_rule_and_its_bound_holds(roles: bool) -> None:
    proved = 0
    for seed in range(300):
        asked = by_chance(seed, slots=False, roles=roles, places=seed % 2 == 0)
        plan = assign(asked)
        assert may(asked, [(one.person, one.shift, one.score) for one in plan.placed]), seed
        assert plan.worth <= best(asked) <= plan.bound, seed
        proved += plan.is_optimal
    assert proved == 300


def test_other_groups_and_branches_prove_what_the_search_need_not_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assignment_overlaps, "MOST_SEARCHED", 0)
    asked = [by_chance(seed, slots=False, roles=seed % 3 == 0) for seed in range(200)]
    plans = [assign(one) for one in asked]
    assert sum(plan.is_optimal for plan in plans) == len(plans)
    assert [plan.worth for plan in plans] == [best(one) for one in asked]
    assert sum(plan.method is Method.SEARCH for plan in plans) > 5


def test_without_either_a_plan_still_breaks_no_rule_and_its_gap_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assignment_overlaps, "MOST_SEARCHED", 0)
    monkeypatch.setattr(assignment_bounds, "ROUNDS", 0)
    monkeypatch.setattr(assignment_bounds, "FEW", 0)
    open_gaps = 0
    for seed in range(400):
        asked = by_chance(seed, slots=False, roles=seed % 3 == 0, places=True)
        plan = assign(asked)
        assert may(asked, [(one.person, one.shift, one.score) for one in plan.placed]), seed
        assert plan.worth <= best(asked) <= plan.bound, seed
        assert (plan.gap == 0) == plan.is_optimal, seed
        open_gaps += not plan.is_optimal
        if not plan.is_optimal:
            assert plan.gap is not None and plan.gap > 0 and "gap" in plan.summary
    assert open_gaps > 0


def test_a_needed_place_comes_before_any_score() -> None:
    asked = problem(
        [Person("ann"), Person("bo")],
        [shift("wanted", capacity=2, minimum=0), shift("needed")],
        [(0, 0, 1000), (0, 1, 1), (1, 0, 1000)],
    )
    assert pairs_of(assign(asked)) == {(0, 1), (1, 0)}


def test_a_role_is_filled_by_the_qualified_only() -> None:
    aider = Person("aider", qualifications=frozenset({"first_aid"}))
    care = shift("care", capacity=1, roles=(Role("aider", 1, "first_aid"),))
    plan = assign(problem([Person("any"), aider], [care], [(0, 0, 900), (1, 0, 10)]))
    assert [(one.person, one.role) for one in plan.placed] == [(1, "aider")]
    assert (plan.before[0].covered, plan.after[0].covered) == (0, 1)


def test_a_confirmed_person_fills_a_role_and_frees_it_for_nobody_else() -> None:
    aider = Person("aider", qualifications=frozenset({"first_aid"}))
    other = Person("other", qualifications=frozenset({"first_aid"}))
    care = shift("care", capacity=2, minimum=2, taken=1, roles=(Role("aider", 1, "first_aid"),))
    plan = assign(problem([aider, other, Person("any")], [care], [(1, 0, 10), (2, 0, 20)], fixed=((0, 0),)))
    assert [(one.person, one.role) for one in plan.placed] == [(2, None)]
    assert (plan.before[0].covered, plan.after[0].covered) == (1, 2)


def test_a_confirmed_person_is_never_displaced_and_their_shift_stands_in_the_way_of_others() -> None:
    asked = problem(
        [Person("confirmed", most_shifts=2), Person("better")],
        [shift("a", 9, taken=1), shift("a too", 10), shift("b", 20), shift("c", 30)],
        [(1, 0, 1000), (0, 1, 1000), (0, 2, 5), (0, 3, 9)],
        fixed=((0, 0),),
    )
    assert pairs_of(assign(asked)) == {(0, 3)}


def test_shifts_that_touch_go_together_and_rest_and_the_way_keep_them_apart() -> None:
    near, far = Point(31.20, 121.40), Point(31.29, 121.40)  # 10 km
    shifts = [shift("early", 9, 2, place=near), shift("late", 11, 2, place=far)]
    pairs = [(0, 0, 5), (0, 1, 5)]
    made = [
        len(assign(problem([Person("p")], shifts, pairs, **rules)).placed)
        for rules in ({}, {"rest_minutes": 1}, {"metres_per_minute": 250})
    ]
    assert made == [2, 1, 1]


def test_work_spreads_to_those_who_served_less() -> None:
    people = [Person("often", load=5), Person("new")]
    shifts = [shift("a", 0), shift("b", 24)]
    pairs = [(0, 0, 600), (0, 1, 600), (1, 0, 500), (1, 1, 500)]
    assert pairs_of(assign(problem(people, shifts, pairs))) == {(0, 0), (0, 1)}
    assert pairs_of(assign(problem(people, shifts, pairs, fairness=50))) == {(1, 0), (1, 1)}
    assert len({person for person, _ in pairs_of(assign(problem(people, shifts, pairs, fairness=18)))}) == 2


def test_greedy_leaves_every_other_place_empty_where_the_flow_fills_all() -> None:
    """The n-th of ten steady people can do shift n only; each flexible one can do it, too, scores better there, and is needed elsewhere."""
    people = [Person(f"{kind} {number}") for number in range(10) for kind in ("steady", "flexible")]
    shifts = [shift(f"s{number}", 24 * (number // 2)) for number in range(20)]
    pairs = [(2 * n, 2 * n, 500) for n in range(10)]
    pairs += [(2 * n + 1, 2 * n, 501) for n in range(10)] + [(2 * n + 1, 2 * n + 1, 1) for n in range(10)]
    asked = problem(people, shifts, pairs)
    assert (assign_greedily(asked).worth.minimum_places, assign(asked).worth.minimum_places) == (10, 20)


def test_greedy_breaks_no_rule_and_covers_at_least_half_where_people_take_one_shift() -> None:
    for seed in range(300):
        asked = by_chance(seed, slots=seed % 3 == 0, roles=seed % 2 == 0, places=True)
        asked = dataclasses.replace(
            asked, people=tuple(dataclasses.replace(one, most_shifts=1) for one in asked.people)
        )
        plan = assign_greedily(asked)
        assert may(asked, [(one.person, one.shift, one.score) for one in plan.placed]), seed
        had = sum(one.covered for one in plan.before)
        assert 2 * (plan.worth.minimum_places - had) >= best(asked).minimum_places - had, seed
        assert plan.bound is None and plan.gap is None


def test_for_one_shift_greedy_is_as_good_as_any() -> None:
    for seed in range(300):
        asked = by_chance(seed, slots=True, roles=True)
        keep = asked.pair_shifts == 0
        asked = Problem(
            people=asked.people,
            shifts=(dataclasses.replace(asked.shifts[0], taken=0),),
            pair_people=asked.pair_people[keep],
            pair_shifts=asked.pair_shifts[keep],
            pair_scores=asked.pair_scores[keep],
            fairness=asked.fairness,
        )
        assert assign_greedily(asked).worth == assign(asked).worth, seed


def shuffled(asked: Problem, chance: random.Random) -> Problem:
    """The same problem, told in another order."""
    people, shifts = list(range(len(asked.people))), list(range(len(asked.shifts)))
    chance.shuffle(people)
    chance.shuffle(shifts)
    pairs = list(
        zip(asked.pair_people.tolist(), asked.pair_shifts.tolist(), asked.pair_scores.tolist(), strict=True)
    )
    chance.shuffle(pairs)
    return problem(
        [asked.people[at] for at in people],
        [asked.shifts[at] for at in shifts],
        [(people.index(person), shifts.index(at), score) for person, at, score in pairs],
        fixed=tuple((people.index(person), shifts.index(at)) for person, at in asked.fixed),
        rest_minutes=asked.rest_minutes,
        metres_per_minute=asked.metres_per_minute,
        fairness=asked.fairness,
        seed=asked.seed,
    )


def told(plan: Plan, asked: Problem) -> list[tuple[str, str, str | None]]:
    return [(asked.people[one.person].id, asked.shifts[one.shift].id, one.role) for one in plan.placed]


def test_the_same_problem_and_seed_give_the_same_plan_in_any_order() -> None:
    for seed in range(60):
        asked = by_chance(seed, slots=seed % 2 == 0, roles=True, places=True)
        again = shuffled(asked, random.Random(seed))
        first, second = assign(asked), assign(again)
        assert told(first, asked) == told(second, again), seed
        assert (first.input_hash, first.seed) == (second.input_hash, second.seed)


def tangle(seed: int = 3) -> Problem:
    """Thirty people, forty shifts of one long day that overlap in chains: too tangled for a flow alone."""
    chance = np.random.default_rng(seed)
    shifts = [
        shift(
            f"s{n}",
            float(chance.integers(0, 40)) / 2,
            float(chance.integers(2, 9)) / 2,
            minimum=1,
            capacity=2,
        )
        for n in range(40)
    ]
    keys = np.unique(chance.integers(0, 30 * 40, 500))
    return problem(
        [Person(f"p{n}", most_shifts=4) for n in range(30)],
        shifts,
        [(int(key) // 40, int(key) % 40, int(chance.integers(0, 100))) for key in keys],
        rest_minutes=30,
        seed=seed,
    )


def test_a_tangle_is_searched_and_proved() -> None:
    plan = assign(tangle())
    assert plan.method is Method.SEARCH
    assert may(tangle(), [(one.person, one.shift, one.score) for one in plan.placed])
    assert plan.is_optimal and "proved optimal" in plan.summary


def test_another_process_with_another_hash_seed_makes_the_same_plan() -> None:
    code = (
        "from tests.matching.test_assignment import *;"
        "from matching.assignment import assign;"
        "plans = [assign(one) for one in (tangle(), by_chance(8, slots=True, roles=True))];"
        "print([(plan.input_hash, plan.placed) for plan in plans])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_the_seed_decides_between_equals_and_is_not_part_of_the_hash() -> None:
    plans = [
        assign(
            problem(
                [Person(f"p{n}") for n in range(9)], [shift("s")], [(n, 0, 5) for n in range(9)], seed=seed
            )
        )
        for seed in range(30)
    ]
    assert len({plan.placed[0].person for plan in plans}) > 4
    assert len({plan.input_hash for plan in plans}) == 1


def test_whatever_matters_changes_the_hash() -> None:
    asked = by_chance(8, slots=True, roles=True)
    first = asked.people[0]
    others = [
        dataclasses.replace(asked, fairness=asked.fairness + 1),
        dataclasses.replace(asked, rest_minutes=7),
        dataclasses.replace(asked, pair_scores=asked.pair_scores + 1),
        dataclasses.replace(
            asked, people=(dataclasses.replace(first, load=first.load + 1), *asked.people[1:])
        ),
    ]
    assert len({one.input_hash() for one in [asked, *others]}) == 5


def test_nobody_and_nothing_make_an_empty_plan() -> None:
    for asked in (problem([], [], []), problem([Person("p")], [], []), problem([], [shift("s")], [])):
        plan = assign(asked)
        assert plan.placed == () and plan.is_optimal and plan.gap == 0
        assert assign_greedily(asked).placed == ()


def test_a_problem_too_large_for_exact_reckoning_is_refused_and_not_rounded() -> None:
    many = 3_000
    asked = problem(
        [Person(f"p{n}") for n in range(many)],
        [Shift("s", 0, HOUR, capacity=1_000_000, minimum=1_000_000)],
        [(n, 0, 1_000_000) for n in range(many)],
        fairness=1_000_000,
    )
    with pytest.raises(ValueError, match="too large for its scores"):
        assign(
            dataclasses.replace(
                asked, people=tuple(dataclasses.replace(one, load=1_000_000) for one in asked.people)
            )
        )
