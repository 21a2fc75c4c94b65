"""Relaxations that come nearer to the truth, where one person's shifts clash in chains. All of them are sound: no plan is worth more.

1. **Other groups.** Whichever way a person's pairs are divided into groups that clash within, at most one of each can be: a flow over
   any such division is a relaxation. Where a flow makes two pairs that clash, the next one has them in one group.
2. **Branches.** Where that comes to no end (a clashes with b, b with c, a not with c), a plan either goes without a, or without all that
   clashes with a. The branch that may be worth most is looked at first; one without a clash is a best plan, and proved.

Each flow is first sought among the pairs that the last one prices well, a small part of all. Its prices are then put to every pair, and
those that they ask for come in: so it is as cheap as a flow over all, and its bound holds for all.
"""

import heapq
from dataclasses import dataclass
from typing import Final

import numpy as np

from matching import assignment_network, assignment_proof
from matching.assignment_network import Network
from matching.assignment_places import Worth
from matching.assignment_problem import Integers
from matching.assignment_table import Made, Table

ROUNDS: Final = 6
"""Divisions that are tried."""

BRANCHES: Final = 12
"""How often the best branch is divided."""

FEW: Final = 4
"""So many clashes are branched on. More would ask for too many branches: each doubles them."""

NEAR: Final = 20
"""A pair is likely if it costs less beyond its price than this part of the highest score."""

Clash = tuple[int, int]
"""Two pairs of one person that exclude each other, by index, the earlier first."""


@dataclass(frozen=True, slots=True, eq=False)
class Relaxation:
    """A cheapest flow: the pairs it makes, a cost that no flow undercuts, and what each arc costs beyond its price."""

    network: Network
    made: Made
    least: int
    beyond: Integers

    @property
    def bound(self) -> Worth:
        """No plan is worth more."""
        return self.network.scale.worth(self.least)

    def near(self, reach: int) -> Made:
        """The pairs that cost less than so much beyond their price."""
        near: Made = self.made | (self.beyond[self.network.pair_arcs] < reach)
        return near


def relax(network: Network, likely: Made | None = None) -> Relaxation:
    """A cheapest flow of the network, sought among the likely pairs first."""
    pair_arcs = network.pair_arcs
    keep = np.ones(len(pair_arcs), dtype=bool) if likely is None else likely
    while True:
        few = network.without(pair_arcs[~keep])
        flow = assignment_network.solve(few)
        least, beyond = assignment_proof.least_cost(network, flow, few)
        asked = ~keep & (beyond[pair_arcs] < 0) & (network.capacities[pair_arcs] > 0)
        if not asked.any():
            return Relaxation(network, network.made(flow), least, beyond)
        keep = keep | asked


def clashes_in(table: Table, made: Made) -> list[Clash]:
    """The clashes among the pairs that are made."""
    at = np.flatnonzero(made)
    found: list[Clash] = []
    step = 1
    while step < len(at):
        first, second = at[:-step], at[step:]
        same = table.person[first] == table.person[second]
        if not same.any():
            break
        first, second = first[same], second[same]
        both = table.times.clash(table.shift[first], table.shift[second])
        found += zip(first[both].tolist(), second[both].tolist(), strict=True)
        step += 1
    return sorted(found)


def tighten(table: Table, group: Integers, start: Relaxation) -> tuple[Relaxation, bool]:
    """The relaxation with the lowest bound that was found, and whether it breaks no rule: then it is a best plan."""
    best, seen = start, dict[int, list[Clash]]()
    reach = max(int(table.score.max(initial=0)) // NEAR, 1)
    for _ in range(ROUNDS):
        clashes = clashes_in(table, best.made)
        if len(clashes) <= FEW:
            break
        for clash in clashes:
            seen.setdefault(int(table.person[clash[0]]), []).append(clash)
        group = _regrouped(table, group, {int(table.person[one]) for one, _ in clashes}, seen)
        tried = relax(assignment_network.build(table, group), best.near(reach))
        if tried.bound >= best.bound:
            break
        best = tried
    return _branched(table, best, reach)


def _regrouped(table: Table, group: Integers, people: set[int], seen: dict[int, list[Clash]]) -> Integers:
    """The division in which these people's last clashes stand in groups of their own."""
    group, number = group.copy(), int(group.max()) + 1
    for person in sorted(people):
        begin, end = np.searchsorted(table.person, [person, person + 1]).tolist()
        clash = _matrix(table, begin, end)
        cliques: list[list[int]] = []
        for pair in [*(pair for one in reversed(seen[person]) for pair in one), *range(begin, end)]:
            at = pair - begin
            if any(at in clique for clique in cliques):
                continue
            home = next((clique for clique in cliques if clash[at, clique].all()), None)
            if home is None:
                cliques.append([at])
            else:
                home.append(at)
        for clique in cliques:
            group[begin + np.array(clique)] = number
            number += 1
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def _matrix(table: Table, begin: int, end: int) -> Made:
    """Which of one person's pairs clash with which."""
    first, second = np.triu_indices(end - begin, 1)
    clash = np.zeros((end - begin, end - begin), dtype=bool)
    clash[first, second] = table.times.clash(table.shift[begin + first], table.shift[begin + second])
    both: Made = clash | clash.T
    return both


def _branched(table: Table, root: Relaxation, reach: int) -> tuple[Relaxation, bool]:
    """The branch that may be worth most when it is proved best, or when the patience ends."""
    open_ones = [(root.least, 0, root)]
    for number in range(1, 2 * BRANCHES, 2):
        node = open_ones[0][2]
        clashes = clashes_in(table, node.made)
        if not clashes or len(clashes) > FEW:
            return node, not clashes
        heapq.heappop(open_ones)
        pair_arcs = node.network.pair_arcs
        for more, closed in enumerate(_either(table, clashes[0][0])):
            child = relax(node.network.without(pair_arcs[closed]), node.near(reach))
            heapq.heappush(open_ones, (child.least, number + more, child))
    best = open_ones[0][2]
    return best, not clashes_in(table, best.made)


def _either(table: Table, pair: int) -> tuple[Integers, Integers]:
    """The pair itself, and all that it clashes with: a plan goes without the one or without the others."""
    person = int(table.person[pair])
    begin, end = np.searchsorted(table.person, [person, person + 1]).tolist()
    return np.array([pair]), begin + np.flatnonzero(_matrix(table, begin, end)[pair - begin])
