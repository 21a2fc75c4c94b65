"""Assignment of a city: 20,000 volunteers, 5,000 shifts, a million pairs, against the bare flow solve of the same arcs.

Goal: the optimum proved, in at most 3 times the bare solve. `--pairs 10000` and the like make it smaller in proportion.
"""

import argparse
import time

import numpy as np
from ortools.graph.python import min_cost_flow

from benchmarks.ground import report
from matching import assignment_conflicts, assignment_network, assignment_table
from matching.assignment import Person, Plan, Problem, Shift, assign, assign_greedily
from matching.index import Point

PEOPLE, SHIFTS, PAIRS = 20_000, 5_000, 1_000_000
DAYS, PARTS = 28, 3
DAY, HOUR = 86_400, 3_600


def slots(chance: np.random.Generator, number: int) -> Shift:
    """A morning, an afternoon or an evening of four weeks: shifts clash in groups."""
    day, part = divmod(int(chance.integers(DAYS * PARTS)), PARTS)
    minimum = int(chance.integers(2, 9))
    begin = day * DAY + (8 + 4 * part) * HOUR
    return Shift(f"s{number}", begin, begin + 3 * HOUR, minimum + int(chance.integers(0, 5)), minimum)


def anywhen(chance: np.random.Generator, number: int) -> Shift:
    """Any half hour between 8 and 20, one to four hours, anywhere within 25 km: shifts clash in chains."""
    minimum = int(chance.integers(2, 9))
    begin = int(chance.integers(DAYS)) * DAY + int(chance.integers(16, 40)) * HOUR // 2
    return Shift(
        f"s{number}",
        begin,
        begin + int(chance.integers(2, 9)) * HOUR // 2,
        minimum + int(chance.integers(0, 5)),
        minimum,
        place=Point(31.1 + float(chance.random()) / 4, 121.3 + float(chance.random()) / 4),
    )


def city(pairs: int, *, chains: bool) -> Problem:
    """A city of that many pairs, with people and shifts in proportion; the same each time."""
    chance = np.random.default_rng(2026)
    people, shifts = max(PEOPLE * pairs // PAIRS, 1), max(SHIFTS * pairs // PAIRS, 1)
    # Twice the pairs are drawn so that as many different ones remain, whatever falls on the same spot.
    keys = np.unique(chance.integers(0, people * shifts, 2 * pairs))
    keys = np.sort(chance.permutation(keys)[:pairs])
    make = anywhen if chains else slots
    return Problem(
        people=tuple(
            Person(f"p{one}", int(chance.integers(1, 3)), int(chance.integers(0, 6))) for one in range(people)
        ),
        shifts=tuple(make(chance, one) for one in range(shifts)),
        pair_people=keys // shifts,
        pair_shifts=keys % shifts,
        pair_scores=chance.integers(0, 1001, len(keys)),
        fairness=20,
        rest_minutes=30 if chains else 0,
        metres_per_minute=250 if chains else None,
    )


def bare(problem: Problem) -> float:
    """Seconds that the solver needs for the same arcs, handed over as arrays."""
    pairs = assignment_table.table(problem)
    network = assignment_network.build(pairs, assignment_conflicts.groups(pairs))
    tails, heads = network.tails.astype(np.int32), network.heads.astype(np.int32)
    nodes = np.arange(len(network.supplies), dtype=np.int32)
    begun = time.perf_counter()
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(tails, heads, network.capacities, network.costs)
    flow.set_nodes_supplies(nodes, network.supplies)
    assert flow.solve() == flow.OPTIMAL
    return time.perf_counter() - begun


def measured(problem: Problem) -> tuple[Plan, float]:
    """The plan and the seconds it took, hash and staffing included."""
    begun = time.perf_counter()
    plan = assign(problem)
    return plan, time.perf_counter() - begun


def staffing(problem: Problem, plan: Plan) -> str:
    """How many needed places are covered after the plan, and were before."""
    needed = sum(shift.needed for shift in problem.shifts)
    before, after = sum(one.covered for one in plan.before), sum(one.covered for one in plan.after)
    return f"needed places covered {before} → {after} of {needed}, {len(plan.placed)} pairs made"


def main() -> int:
    """Measures both kinds of clashes and prints a line each, then greedy beside the optimum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    many = parser.parse_args().pairs
    for kind, chains, goal in (("slots", False, "≤ 3"), ("chains", True, "reported")):
        problem = city(many, chains=chains)
        bare(city(1_000, chains=chains))
        solver = bare(problem)
        plan, ours = measured(problem)
        print(
            f"{len(problem.people)} people, {len(problem.shifts)} shifts, {len(problem.pair_people)} pairs: {plan.summary}"
        )
        print(staffing(problem, plan))
        report(
            "assignment against the bare flow solve",
            kind,
            ours / solver,
            goal,
            f"{ours:.2f} s against {solver:.2f} s",
        )
        quick = assign_greedily(problem)
        report("greedy's minimum places against the plan's", kind, quick.worth.minimum_places / plan.worth.minimum_places, "reported",
               f"{quick.worth.minimum_places} against {plan.worth.minimum_places}; value {quick.worth.value / plan.worth.value:.4f} of it")  # fmt: skip
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
