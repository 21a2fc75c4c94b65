"""Which pairs of a person exclude each other: groups of which at most one can be, and clashes across groups.

Shifts of one person that all clash with each other are a **group**: at most one of them, which a flow can say exactly. Groups are
found as runs in the order of time. Nothing is lost by looking at runs only: if a clashes with a later c and neither clashes with b
between them, c would start after the rest and the way by b, which is no shorter than the way from a to c (triangle inequality). So where
all shifts have a place, or none counts, clashes form separate groups if and only if runs find them. What clashes across groups is left to `matching.assignment_overlaps`.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from matching.assignment_problem import Integers
from matching.assignment_table import Table

AT_ONCE: Final = 4_000_000
"""Candidates for a clash that are looked at together: bounds the memory."""


def groups(table: Table) -> Integers:
    """The number of the group of each pair, rising from 0 without gaps. All pairs of a group clash with each other."""
    count = len(table.person)
    if count == 0:
        return np.zeros(0, dtype=np.int64)
    first = np.arange(count) - _runs(table)
    begins = _begins(table.person)
    group_begin = begins.copy()
    position = np.arange(count) - begins
    order = np.argsort(position, kind="stable")
    edges = np.searchsorted(position[order], np.arange(1, position.max() + 2))
    for begin, end in pairwise(edges):
        here = order[begin:end]
        current = group_begin[here - 1]
        group_begin[here] = np.where(first[here] > current, here, current)
    return np.cumsum(group_begin == np.arange(count)) - 1


def _begins(person: Integers) -> Integers:
    """For each pair the index of its person's first pair."""
    is_first = np.ones(len(person), dtype=bool)
    is_first[1:] = person[1:] != person[:-1]
    return np.maximum.accumulate(np.where(is_first, np.arange(len(person)), 0))


def _runs(table: Table) -> Integers:
    """How many pairs right before each one belong to the same person and all clash with it."""
    begins = _begins(table.person)
    runs = np.zeros(len(table.person), dtype=np.int64)
    active = np.arange(len(table.person))
    back = 1
    while len(active):
        active = active[active - back >= begins[active]]
        active = active[table.times.clash(table.shift[active - back], table.shift[active])]
        runs[active] = back
        back += 1
    return runs


def clashes_across(table: Table, group: Integers) -> tuple[Integers, Integers]:
    """Pairs of pairs (by index, the earlier first) of one person that clash and are in different groups."""
    if len(group) == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    begin = np.searchsorted(group, group, side="right")
    counts = np.maximum(_reach(table) - begin, 0)
    firsts: list[Integers] = []
    seconds: list[Integers] = []
    total = np.cumsum(counts)
    cuts = np.searchsorted(total, np.arange(AT_ONCE, total[-1] + AT_ONCE, AT_ONCE), side="right")
    start = 0
    for cut in [*cuts.tolist(), len(group)]:
        end = max(cut, min(start + 1, len(group)))
        these = np.arange(start, end)
        first = np.repeat(these, counts[these])
        second = (
            begin[first]
            + np.arange(len(first))
            - np.repeat(np.cumsum(counts[these]) - counts[these], counts[these])
        )
        clash = table.times.clash(table.shift[first], table.shift[second])
        firsts.append(first[clash])
        seconds.append(second[clash])
        start = end
    return np.concatenate(firsts), np.concatenate(seconds)


def _reach(table: Table) -> Integers:
    """For each pair the index after the last pair of its person that starts soon enough that it might clash."""
    starts, ends = table.times.starts[table.shift], table.times.ends[table.shift]
    earliest = int(starts.min())
    until = ends + table.times.longest_between() - earliest
    span = int(until.max()) + 1
    assert span * (int(table.person[-1]) + 1) < 2**63
    return np.searchsorted(table.person * span + (starts - earliest), table.person * span + until)
