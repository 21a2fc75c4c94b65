"""A part of an assignment searched by CP-SAT: the network's flow in whole numbers, and each clash forbidden.

With a plan at hand, the prices of the relaxation settle most of it beforehand (reduced-cost fixing): a plan that uses an arc which costs r beyond
its price costs at least the relaxation plus r. Where that is no less than the plan at hand, the arc may be left out; likewise
an arc that its price fills must stay full. So if nothing better is found in the rest, nothing better exists.

One worker, the problem's seed and a limit in deterministic time: the same part ends alike on every machine.
"""

import math
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from matching import assignment_conflicts, assignment_network, assignment_proof
from matching.assignment_network import Network
from matching.assignment_places import Worth
from matching.assignment_problem import Integers
from matching.assignment_table import Made, Table


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The pairs to make, by how much less than its relaxation the part can be worth, and the effort it took."""

    made: Made
    lowered: Worth
    effort: float


def search(part: Table, made: Made, effort: float) -> Found:
    """The best plan that is found within the effort (deterministic time), at least as good as `made`."""
    group = assignment_conflicts.groups(part)
    network = assignment_network.build(part, group)
    least, beyond = assignment_proof.least_cost(network, assignment_network.solve(network))
    start = assignment_network.solve(network.without(network.pair_arcs[~made]))
    room = network.cost(start) - least
    if room == 0:
        return Found(made, Worth(0, 0), 0.0)
    model, arcs = _model(network, start, np.where(np.abs(beyond) < room, 0, np.sign(beyond)))
    for first, second in zip(
        *(one.tolist() for one in assignment_conflicts.clashes_across(part, group)), strict=True
    ):
        model.add_at_most_one(arcs[network.pair_arcs[first]], arcs[network.pair_arcs[second]])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = part.problem.seed % 2**31
    solver.parameters.max_deterministic_time = effort
    status = solver.solve(model)
    spent = solver.response_proto.deterministic_time
    bound = network.cost(start)
    flow = start
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        found = np.array([solver.value(arc) for arc in arcs], dtype=np.int64)
        bound = min(bound, _whole(solver.best_objective_bound, least))
        flow = found if network.cost(found) < network.cost(start) else start
    elif status != cp_model.INFEASIBLE:
        bound = least
    return Found(network.made(flow), network.scale.worth(bound) - network.scale.worth(least), spent)


def _model(
    network: Network, start: Integers, settled: Integers
) -> tuple[cp_model.CpModel, list[cp_model.LinearExprT]]:
    """The flow as a model, a whole number an arc, with a flow to start from. Settled arcs are empty (1) or full (-1)."""
    model = cp_model.CpModel()
    arcs: list[cp_model.LinearExprT] = []
    free: list[cp_model.IntVar] = []
    for capacity, amount, how in zip(
        network.capacities.tolist(), start.tolist(), settled.tolist(), strict=True
    ):
        if how == 0 and capacity > 0:
            arc = model.new_int_var(0, capacity, "")
            model.add_hint(arc, amount)
            free.append(arc)
            arcs.append(arc)
        else:
            arcs.append(capacity if how < 0 else 0)
    balance: list[list[cp_model.LinearExprT]] = [[] for _ in network.supplies]
    for term, tail, head in zip(arcs, network.tails.tolist(), network.heads.tolist(), strict=True):
        if not isinstance(term, int) or term:
            balance[tail].append(term)
            balance[head].append(-term)
    for leaving, supply in zip(balance, network.supplies.tolist(), strict=True):
        model.add(cp_model.LinearExpr.sum(leaving) == supply)
    model.minimize(cp_model.LinearExpr.weighted_sum(arcs, network.costs.tolist()))
    return model, arcs


def _whole(bound: float, least: int) -> int:
    """The search's own bound where a float says it exactly, else the relaxation's."""
    return max(math.floor(bound), least) if abs(bound) < 2**53 else least
