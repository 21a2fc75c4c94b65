"""Plans where one person's shifts clash in chains (09–12, 11–14, 13–16), which no flow can say exactly.

1. The flow that forbids clashes within groups only is a **relaxation**: no plan is worth more, so its worth is the bound. If what it
   makes has no clash, it is a best plan, and proved. `matching.assignment_bounds` brings it nearer, often to that end.
2. Otherwise some pairs are left out, so that no clash across groups remains: a flow over the rest is a plan that breaks no rule.
   Each further round keeps what the best plan so far makes, fills up with others, those first that the relaxation prices
   best, and solves again: a plan that was there may always stay, so none is worse.
3. Parts of the problem that share nobody are looked at one by one. A part whose relaxation clashes and that is small enough
   goes to `matching.assignment_search`, which may find a better plan and often proves a lower bound of its own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching import assignment_bounds, assignment_network, assignment_search
from matching.assignment_bounds import Relaxation
from matching.assignment_places import Worth
from matching.assignment_problem import Integers
from matching.assignment_table import Made, Table, part, parts

ROUNDS: Final = 6
"""Flows that try to make a plan better."""

EFFORT: Final = 4.0
"""Deterministic time of the search over all parts: some seconds to a minute."""

MOST_SEARCHED: Final = 10_000
"""Undecided pairs in a part beyond which it is not searched."""


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """The relaxation with its groups, and the clashes across them."""

    flow: Relaxation
    group: Integers
    clashes: tuple[Integers, Integers]

    @property
    def breaks_a_rule(self) -> bool:
        """Whether somebody got two shifts that clash."""
        first, second = self.clashes
        return bool((self.flow.made[first] & self.flow.made[second]).any())


def resolve(table: Table, relaxed: Relaxed) -> tuple[Made, Worth]:
    """A plan that breaks no rule, and its bound."""
    nearest, is_a_plan = assignment_bounds.tighten(table, relaxed.group, relaxed.flow)
    if is_a_plan:
        return nearest.made, nearest.bound
    made, lowered = _searched(table, relaxed)
    return made, min(nearest.bound, relaxed.flow.bound + lowered)


def _searched(table: Table, relaxed: Relaxed) -> tuple[Made, Worth]:
    """A plan that breaks no rule, and by how much the search can lower the bound of the relaxation."""
    made, cost = _rounds(table, relaxed)
    lowered = Worth(0, 0)
    first, second = relaxed.clashes
    clashing = np.zeros(len(made), dtype=bool)
    clashing[first[relaxed.flow.made[first] & relaxed.flow.made[second]]] = True
    of_person, of_shift = parts(table)
    undecided = np.abs(_beyond(relaxed)) < cost - relaxed.flow.least
    sizes = np.bincount(of_person[table.person], undecided)
    effort = EFFORT
    for number in np.unique(of_person[table.person[clashing]]).tolist():
        if sizes[number] > MOST_SEARCHED or effort <= 0:
            continue
        here = of_person[table.person] == number
        found = assignment_search.search(
            part(table, of_person == number, of_shift == number), made[here], effort
        )
        made[here] = found.made
        lowered += found.lowered
        effort -= found.effort
    return made, lowered


def _rounds(table: Table, relaxed: Relaxed) -> tuple[Made, int]:
    """The best plan of some rounds of leaving out and solving, and its cost."""
    beyond = _beyond(relaxed)
    drawn = np.random.PCG64(table.problem.seed % 2**64)
    spread = max(int(table.score.max(initial=0)) // 4, 1)
    made, cost = _without_clashes(table, relaxed, np.where(relaxed.flow.made, -1, np.maximum(beyond, 0)))
    for _ in range(ROUNDS):
        noise = (drawn.random_raw(len(beyond)) % spread).astype(np.int64)
        other, other_cost = _without_clashes(
            table, relaxed, np.where(made, -1, np.maximum(beyond, 0) + noise)
        )
        if other_cost < cost:
            made, cost = other, other_cost
    return made, cost


def _without_clashes(table: Table, relaxed: Relaxed, rank: Integers) -> tuple[Made, int]:
    """What a best flow makes of a selection of pairs without clashes across groups, lower ranks first; and its cost."""
    order = np.empty(len(rank), dtype=np.int64)
    order[np.lexsort((-table.score, rank))] = np.arange(len(rank))
    keep = selection(relaxed.clashes, order)
    network = relaxed.flow.network
    flow = assignment_network.solve(network.without(network.pair_arcs[~keep]))
    return network.made(flow), network.cost(flow)


def _beyond(relaxed: Relaxed) -> Integers:
    """What each pair costs beyond its price."""
    return relaxed.flow.beyond[relaxed.flow.network.pair_arcs]


def selection(clashes: tuple[Integers, Integers], rank: Integers) -> NDArray[np.bool_]:
    """Pairs without a clash among `clashes`, none of which could be added; lower rank first. Ranks are distinct.

    Luby's rounds: whoever ranks before all that it clashes with is in, and what these clash with is out.
    """
    first, second = clashes
    is_open = np.ones(len(rank), dtype=bool)
    keep = np.zeros(len(rank), dtype=bool)
    while len(first):
        beaten = np.zeros(len(rank), dtype=bool)
        beaten[np.where(rank[first] < rank[second], second, first)] = True
        winners = is_open & ~beaten
        keep |= winners
        is_open &= ~winners
        is_open[second[winners[first]]] = False
        is_open[first[winners[second]]] = False
        still = is_open[first] & is_open[second]
        first, second = first[still], second[still]
    return keep | is_open
