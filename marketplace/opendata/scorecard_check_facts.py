"""Counts the facts of a dump from what they are made of, and compares them with the facts that were published."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeAlias

from marketplace.delivery.scorecards.counting import FACTS
from marketplace.opendata import scorecard_files as files
from marketplace.opendata.scorecard_files import Source
from marketplace.opendata.scorecard_values import Difference, Row, read

Cell: TypeAlias = tuple[str, str]


class _Counts(Protocol):
    facts: int


def differences(source: Source, checked: _Counts) -> Iterator[Difference]:
    """What does not come out. Raises Unreadable."""
    found: defaultdict[Cell, Counter[str]] = defaultdict(Counter)
    for name, count in _COUNTING.items():
        for row in read(source, name):
            found[row.cell].update(count(row))
    seen: set[Cell] = set()
    for row in read(source, files.FACTS_TABLE):
        about = f"{row.cell[0]} {row.cell[1]}"[:120]
        if row.cell in seen:
            yield row.differs("provider_id")
        seen.add(row.cell)
        counted = found[row.cell]
        yield from row.compared(about, {name: counted[name] for name in FACTS})
    for cell in sorted(cell for cell in found.keys() - seen if any(found[cell].values())):
        yield Difference("missing_row", files.FACTS_TABLE, f"{cell[0]} {cell[1]}"[:120])
    checked.facts = len(seen)


def _contract(row: Row) -> Mapping[str, int]:
    names = {
        "contracts_signed": "signed_on",
        "contracts_accepted": "accepted_on",
        "contracts_ended_early": "ended_early_on",
    }
    return {fact: 1 for fact, name in names.items() if row.text(name) and row.day(name) is not None}


def _milestone(row: Row) -> Mapping[str, int]:
    due_on = row.day("due_on")
    is_on_time = bool(row.text("reported_on")) and row.day("reported_on") <= due_on
    return {"milestones_due": 1, "milestones_on_time" if is_on_time else "milestones_late": 1}


def _report(row: Row) -> Mapping[str, int]:
    row.day("decided_on")
    is_accepted = row.is_yes("is_accepted")
    if is_accepted:
        return {"reports_accepted_at_once": int(row.number("number") == 1)}
    return {"reports_sent_back": 1}


def _change(row: Row) -> Mapping[str, int]:
    row.day("decided_on")
    return {"contract_changes": 1, "added_fen": row.number("added_fen")}


def _objection(row: Row) -> Mapping[str, int]:
    row.day("answered_on")
    kinds = {"objection": "objections_upheld", "complaint": "complaints_upheld"}
    return {fact: 1 for kind, fact in kinds.items() if row.text("kind") == kind}


def _deliveries(row: Row) -> Mapping[str, int]:
    return {name: row.number(name) for name in files.DELIVERY_COUNTS}


def _volunteering(row: Row) -> Mapping[str, int]:
    return {"volunteer_minutes": row.number("minutes")}


_COUNTING: Mapping[str, Callable[[Row], Mapping[str, int]]] = {
    files.CONTRACTS: _contract,
    files.MILESTONES: _milestone,
    files.REPORTS: _report,
    files.CHANGES: _change,
    files.OBJECTIONS: _objection,
    files.DELIVERIES: _deliveries,
    files.VOLUNTEERING: _volunteering,
}
