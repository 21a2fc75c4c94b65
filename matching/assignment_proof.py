"""Proof of a flow: a bound below every flow's cost, from prices of our own, without the solver's word.

For any prices π of the nodes, no flow of supplies b under capacities u costs less than Σ bπ + Σ u × min(0, c − π(tail) + π(head)): that
is linear programming's weak duality. The prices are the negative shortest distances in the residual network (Ahuja, Magnanti and Orlin,
Network Flows, 1993, 9.3); if the flow is a cheapest one these exist, and the bound meets its cost. A wrong flow has a wide gap,
never a wrong bound. All is reckoned in whole numbers.
"""

from typing import Final

import numpy as np

from matching.assignment_network import LARGEST, Network
from matching.assignment_problem import Integers, OutOfRange

MOST_SWEEPS: Final = 5_000
"""Sweeps over the network after which prices are taken as they are."""


def least_cost(network: Network, flow: Integers, within: Network | None = None) -> tuple[int, Integers]:
    """A cost that no flow undercuts, and what each arc costs beyond its prices (0 where it is worth its price, < 0 in full arcs).

    The flow may have been sought `within` a network with less capacity, whose prices are then put to the whole.
    """
    distance = _distances(within or network, flow)
    beyond = network.costs + distance[network.tails] - distance[network.heads]
    most = int(np.abs(distance).max(initial=0)) + int(np.abs(beyond).max(initial=0))
    if most * (int(np.abs(network.supplies).sum()) + int(network.capacities.sum())) >= LARGEST:
        raise OutOfRange("The problem is too large for its proof to be reckoned exactly.")
    bound = int((np.minimum(beyond, 0) * network.capacities).sum()) - int((network.supplies * distance).sum())
    return bound, beyond


def _distances(network: Network, flow: Integers) -> Integers:
    """Shortest distances from anywhere in the residual network (Bellman and Ford, only from nodes that came nearer)."""
    forward, backward = np.flatnonzero(flow < network.capacities), np.flatnonzero(flow > 0)
    tails = np.concatenate([network.tails[forward], network.heads[backward]])
    heads = np.concatenate([network.heads[forward], network.tails[backward]])
    costs = np.concatenate([network.costs[forward], -network.costs[backward]])
    order = np.argsort(tails, kind="stable")
    heads, costs = heads[order], costs[order]
    begins = np.searchsorted(tails[order], np.arange(len(network.supplies) + 1))
    distance = np.zeros(len(network.supplies), dtype=np.int64)
    active = np.arange(len(network.supplies))
    for _ in range(MOST_SWEEPS):
        counts = begins[active + 1] - begins[active]
        tail = np.repeat(active, counts)
        arc = np.repeat(begins[active] - (np.cumsum(counts) - counts), counts) + np.arange(len(tail))
        reached = distance[tail] + costs[arc]
        nearer = reached < distance[heads[arc]]
        active = np.unique(heads[arc][nearer])
        if not len(active):
            break
        np.minimum.at(distance, heads[arc][nearer], reached[nearer])
    return distance
