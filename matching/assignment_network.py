"""The assignment as a network in which a cheapest flow is a best plan, and its solution by OR-tools.

    person ─ as many as they still may ─> group (one of the shifts that clash) ─ one ─> shift ─> minimum places, further places ─> sink
    person ─ what they do not take ─> sink

A shift with roles has a node for each set of its roles that somebody can fill, each leading to those roles' places and
to the common ones; its confirmed people flow in at their node, so that they fill roles, too, and are never displaced.

**One objective out of two.** A person on a minimum place is worth W, any pair its score, the n-th shift of a person costs
fairness × (load + n − 1) (convex, so a flow pays the cheap ones first). At most N pairs are made, and each adds a value from −F to S, so two plans differ by at most N × (S + F) in value;
W = N × (S + F) + 1 is more: minimum places come first, whatever the scores. The solver multiplies costs by the number of
nodes + 1 and needs the products and the total cost within 64 bits; `_scale` and `build` refuse a problem where that does not hold.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.assignment_places import Worth
from matching.assignment_problem import Integers, OutOfRange
from matching.assignment_table import Made, Table

LARGEST: Final = 2**62


@dataclass(slots=True)
class Arcs:
    """Lists of arrays that become the arcs, and how many nodes there are. Nodes are numbered as they are asked for."""

    tails: list[Integers]
    heads: list[Integers]
    capacities: list[Integers]
    costs: list[Integers]
    nodes: int = 0
    count: int = 0

    def new_nodes(self, many: int) -> Integers:
        """That many nodes."""
        self.nodes += many
        return np.arange(self.nodes - many, self.nodes)

    def add(self, tails: Integers, heads: Integers, capacities: Integers, costs: Integers) -> Integers:
        """Adds arcs and returns their numbers."""
        self.tails.append(tails)
        self.heads.append(heads)
        self.capacities.append(capacities)
        self.costs.append(costs)
        self.count += len(tails)
        return np.arange(self.count - len(tails), self.count)


@dataclass(frozen=True, slots=True)
class Scale:
    """One number for what a plan is worth: `weight` × minimum places + value = `constant` − cost of the flow.

    `lowest` is N × F: no value is below −`lowest`.
    """

    weight: int
    constant: int
    lowest: int

    def worth(self, cost: int) -> Worth:
        """What no plan exceeds if no flow undercuts this cost.

        If weight × places + value ≤ bound, places cannot exceed the quotient, and with so many the value cannot exceed the rest.
        """
        bound = self.constant - cost
        places = (bound + self.lowest) // self.weight
        return Worth(places, bound - places * self.weight)


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Arcs and supplies; a cheapest flow makes the pairs whose arc in `pair_arcs` it uses.

    `scale` leads from a cost back to what a plan is worth.
    """

    tails: Integers
    heads: Integers
    capacities: Integers
    costs: Integers
    supplies: Integers
    pair_arcs: Integers
    scale: Scale

    def without(self, arcs: Integers) -> "Network":
        """The same network in which nothing flows through these arcs."""
        capacities = self.capacities.copy()
        capacities[arcs] = 0
        return replace(self, capacities=capacities)

    def made(self, flow: Integers) -> Made:
        """The pairs that a flow makes."""
        return flow[self.pair_arcs] > 0

    def cost(self, flow: Integers) -> int:
        """What a flow costs."""
        return int((flow * self.costs).sum())


def build(table: Table, group: Integers) -> Network:
    """The network in which each person takes at most one pair of a group. `group` numbers from 0 without gaps."""
    arcs = Arcs([], [], [], [])
    sink = arcs.new_nodes(1)
    most = most_of_each(table, group)
    scale = _scale(table, most)
    people = arcs.new_nodes(len(table.people_at))
    _unspent(arcs, table, most, people, sink)
    entries, forced = _shifts(arcs, table, sink, scale.weight)
    doors = _doors(arcs, table, group, most, people)
    pair_arcs = arcs.add(doors, entries, np.ones(len(doors), dtype=np.int64), -table.score)
    supplies = np.zeros(arcs.nodes, dtype=np.int64)
    supplies[people] = most
    np.add.at(supplies, forced, 1)
    supplies[sink] -= supplies.sum()
    if scale.weight * (arcs.nodes + 1) >= LARGEST:
        raise OutOfRange("The problem is too large for its scores to be reckoned with exactly.")
    return Network(
        tails=np.concatenate(arcs.tails),
        heads=np.concatenate(arcs.heads),
        capacities=np.concatenate(arcs.capacities),
        costs=np.concatenate(arcs.costs),
        supplies=supplies,
        pair_arcs=pair_arcs,
        scale=scale,
    )


def solve(network: Network) -> Integers:
    """A cheapest flow on each arc."""
    flow = min_cost_flow.SimpleMinCostFlow()
    used = np.flatnonzero(network.capacities)
    tails, heads = network.tails[used].astype(np.int32), network.heads[used].astype(np.int32)
    flow.add_arcs_with_capacity_and_unit_cost(tails, heads, network.capacities[used], network.costs[used])
    flow.set_nodes_supplies(np.arange(len(network.supplies), dtype=np.int32), network.supplies)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the solver found no flow: {status}")
    flows = np.zeros(len(network.tails), dtype=np.int64)
    flows[used] = flow.flows(np.arange(len(used), dtype=np.int32))
    return flows


def most_of_each(table: Table, group: Integers) -> Integers:
    """How many pairs each person can make at most: what is left to them, and one a group."""
    person = np.zeros(int(group.max(initial=-1)) + 1, dtype=np.int64)
    person[group] = table.person
    return np.minimum(table.left, np.bincount(person, minlength=len(table.left)))


def _scale(table: Table, most: Integers) -> Scale:
    """The worth W of a person on a minimum place: more than all that pairs can add. Raises OutOfRange."""
    shifts = [table.problem.shifts[at] for at in table.shifts_at]
    fairness = table.problem.fairness
    made = min(int(most.sum()), sum(shift.capacity - shift.taken for shift in shifts))
    dearest = fairness * (int(table.load.max(initial=0)) + int(most.max(initial=0)))
    weight = made * (int(table.score.max(initial=0)) + dearest) + 1
    if weight * (sum(shift.needed for shift in shifts) + 1) >= LARGEST:
        raise OutOfRange("The problem is too large for its scores to be reckoned with exactly.")
    covered = sum(min(shift.needed, shift.taken) for shift in shifts if not shift.roles)
    if_all_taken = fairness * int((most * table.load + most * (most - 1) // 2).sum())
    return Scale(weight, weight * covered - if_all_taken, made * dearest)


def _unspent(arcs: Arcs, table: Table, most: Integers, people: Integers, sink: Integers) -> None:
    """What people do not take flows past. The n-th shift that somebody does not take saves what it would have cost."""
    if table.problem.fairness == 0:
        nothing = np.zeros(len(people), dtype=np.int64)
        arcs.add(people, np.full(len(people), sink[0]), most, nothing)
        return
    person = np.repeat(np.arange(len(people)), most)
    nth = np.arange(len(person)) - np.repeat(np.cumsum(most) - most, most)
    saved = -table.problem.fairness * (table.load[person] + nth)
    arcs.add(people[person], np.full(len(person), sink[0]), np.ones(len(person), dtype=np.int64), saved)


def _doors(arcs: Arcs, table: Table, group: Integers, most: Integers, people: Integers) -> Integers:
    """The node from which each pair's arc leaves: its group's, or its person's where the group is no limit."""
    sizes = np.bincount(group)
    person = np.zeros(len(sizes), dtype=np.int64)
    person[group] = table.person
    limits = np.flatnonzero((sizes > 1) & (most[person] > 1))
    nodes = arcs.new_nodes(len(limits))
    one, nothing = np.ones(len(limits), dtype=np.int64), np.zeros(len(limits), dtype=np.int64)
    arcs.add(people[person[limits]], nodes, one, nothing)
    door = people[person]
    door[limits] = nodes
    return door[group]


def _shifts(arcs: Arcs, table: Table, sink: Integers, weight: int) -> tuple[Integers, Integers]:
    """Adds the shifts. Returns the node that each pair's arc enters, and a node for each person who is there already."""
    shifts = [table.problem.shifts[at] for at in table.shifts_at]
    nodes = arcs.new_nodes(len(shifts))
    plain = np.array([not shift.roles for shift in shifts], dtype=bool)
    needed = np.array([shift.needed for shift in shifts], dtype=np.int64)
    capacity = np.array([shift.capacity for shift in shifts], dtype=np.int64)
    taken = np.array([shift.taken for shift in shifts], dtype=np.int64)
    wanting = np.where(plain, np.maximum(needed - taken, 0), 0)
    further = np.where(plain, capacity - np.maximum(needed, taken), 0)
    ends = np.full(len(shifts), sink[0])
    arcs.add(nodes, ends, wanting, np.full(len(shifts), -weight))
    arcs.add(nodes, ends, further, np.zeros(len(shifts), dtype=np.int64))
    entries = nodes[table.shift]
    if plain.all():
        return entries, np.zeros(0, dtype=np.int64)
    return _with_roles(arcs, table, nodes, entries, sink, weight)


def _with_roles(
    arcs: Arcs, table: Table, nodes: Integers, entries: Integers, sink: Integers, weight: int
) -> tuple[Integers, Integers]:
    """As `_shifts`, for those with roles: a node for each set of roles that somebody fills, one for each role, one for all."""
    pair_skills = skills(table, table.person, table.shift)
    fixed_skills = skills(table, table.fixed[:, 0], table.fixed[:, 1])
    entries = entries.copy()
    forced: list[int] = []
    rows = _Rows()
    nobody = np.zeros(0, dtype=np.int64)
    pairs_of, fixed_of = _where(table.shift), _where(table.fixed[:, 1])
    for number, at in enumerate(table.shifts_at):
        shift = table.problem.shifts[at]
        if not shift.roles:
            continue
        common = int(nodes[number])
        total, *role_nodes = arcs.new_nodes(1 + len(shift.roles)).tolist()
        rows.add(total, int(sink[0]), shift.capacity, 0)
        rows.add(common, total, shift.needed - sum(role.minimum for role in shift.roles), -weight)
        rows.add(common, total, shift.capacity, 0)
        for role, node in zip(shift.roles, role_nodes, strict=True):
            rows.add(node, total, role.minimum, -weight)
        here, there = pairs_of.get(number, nobody), fixed_of.get(number, nobody)
        kinds = {0: common}
        for mask in sorted({*pair_skills[here].tolist(), *fixed_skills[there].tolist()} - {0}):
            kinds[mask] = int(arcs.new_nodes(1)[0])
            rows.add(kinds[mask], common, shift.capacity, 0)
            for bit, node in enumerate(role_nodes):
                if mask >> bit & 1:
                    rows.add(kinds[mask], node, shift.capacity, 0)
        entries[here] = [kinds[mask] for mask in pair_skills[here].tolist()]
        forced += [kinds[mask] for mask in fixed_skills[there].tolist()]
        forced += [common] * (shift.taken - len(there))
    arcs.add(*rows.columns())
    return entries, np.array(forced, dtype=np.int64)


class _Rows:
    """Arcs one by one: tail, head, capacity, cost."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int, int]] = []

    def add(self, tail: int, head: int, capacity: int, cost: int) -> None:
        self._rows.append((tail, head, capacity, cost))

    def columns(self) -> tuple[Integers, Integers, Integers, Integers]:
        table = np.array(self._rows, dtype=np.int64).reshape(-1, 4)
        return table[:, 0], table[:, 1], table[:, 2], table[:, 3]


def _where(values: Integers) -> dict[int, Integers]:
    """The indices of each value."""
    order = np.argsort(values, kind="stable")
    distinct, begins = np.unique(values[order], return_index=True)
    ends = [*begins[1:].tolist(), len(order)]
    return {
        value: order[begin:end]
        for value, begin, end in zip(distinct.tolist(), begins.tolist(), ends, strict=False)
    }


def skills(table: Table, person: Integers, shift: Integers) -> Integers:
    """For each person on a shift the set of its roles that they can fill, as bits."""
    shifts = [table.problem.shifts[at] for at in table.shifts_at]
    codes = sorted(
        {role.qualification for one in shifts for role in one.roles if role.qualification is not None}
    )
    column = {code: number for number, code in enumerate(codes)}
    has = np.zeros((len(table.people_at), len(codes) + 2), dtype=bool)
    has[:, len(codes)] = True  # what needs no qualification; the last column is what nobody fills
    for number, at in enumerate(table.people_at):
        for code in table.problem.people[at].qualifications:
            if code in column:
                has[number, column[code]] = True
    masks = np.zeros(len(person), dtype=np.int64)
    for bit in range(max((len(one.roles) for one in shifts), default=0)):
        asked = np.full(len(shifts), len(codes) + 1, dtype=np.int64)
        for number, one in enumerate(shifts):
            if bit < len(one.roles):
                code = one.roles[bit].qualification
                asked[number] = len(codes) if code is None else column[code]
        masks |= has[person, asked[shift]].astype(np.int64) << bit
    return masks
