"""Lots, what is bought in them, for how much and how long; the milestones of the contract to come; the terms of a framework; the panel."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from marketplace.kernel.clock import local_day
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders.file import FileLot
from marketplace.procurement.tenders.findings import Finding, Severity, advised, refused
from marketplace.procurement.tenders.linted import Linted


def findings(linted: Linted) -> Iterator[Finding]:
    """What is wrong with the lots, the milestones, the framework's terms and the panel."""
    yield from _lots(linted)
    for at, lot in enumerate(linted.file.lots):
        yield from _lot(linted, at, lot)
    yield from _milestones(linted)
    yield from _framework(linted)
    yield from _panel(linted)


def _lots(linted: Linted) -> Iterator[Finding]:
    lots = linted.file.lots
    if not lots:
        yield refused("lint_lots_missing", "lots")
    for number, count in Counter(lot.number for lot in lots).items():
        if count > 1:
            free = next(one for one in range(1, 99) if one not in {lot.number for lot in lots})
            yield refused("lint_lot_number_twice", "lots", number=number, free=free)
    if len({lot.currency for lot in lots}) > 1:
        yield refused("lint_currencies", "lots")
    budget = linted.known.budget_fen
    if budget is not None and linted.file.ceiling_fen > budget:
        yield advised("lint_over_budget", "lots", total=_yuan(linted.file.ceiling_fen), budget=_yuan(budget))


def _lot(linted: Linted, at: int, lot: FileLot) -> Iterator[Finding]:
    place, number = f"lots.{at}", lot.number
    if lot.ceiling_fen <= 0:
        yield refused("lint_ceiling_missing", f"{place}.ceiling_fen", number=number)
    if not lot.items:
        yield refused("lint_items_missing", f"{place}.items", number=number)
    if lot.ends_on <= lot.starts_on:
        yield refused("lint_lot_ends_first", f"{place}.ends_on", number=number)
        return
    deadline = linted.file.submissions_end_at
    if deadline is not None and lot.starts_on <= local_day(deadline):
        yield refused("lint_lot_starts_early", f"{place}.starts_on", number=number, day=local_day(deadline))
    yield from _length(linted, place, lot)


def _length(linted: Linted, place: str, lot: FileLot) -> Iterator[Finding]:
    is_framework = linted.profile.procedure is Procedure.FRAMEWORK
    rule = linted.profile.rule("framework_terms" if is_framework else "contract_length")
    years = rule.value["most_years"]
    latest = _years_later(lot.starts_on, years)
    if lot.ends_on >= latest:
        code = "lint_framework_too_long" if is_framework else "lint_contract_too_long"
        yield refused(code, f"{place}.ends_on", rule, number=lot.number, years=years, day=latest)
    elif not is_framework and lot.ends_on >= _years_later(lot.starts_on, 1):
        yield advised("lint_contract_over_a_year", f"{place}.ends_on", rule, number=lot.number, years=years)


def _milestones(linted: Linted) -> Iterator[Finding]:
    file = linted.file
    if not file.milestones:
        if linted.profile.procedure is not Procedure.FRAMEWORK:
            yield refused("lint_milestones_missing", "milestones")
        return
    total = sum(one.share for one in file.milestones)
    if total != 100:
        yield refused("lint_milestone_shares", "milestones", total=total)
    if file.lots:
        first, last = min(lot.starts_on for lot in file.lots), max(lot.ends_on for lot in file.lots)
        for at, one in enumerate(file.milestones):
            if not first <= one.due_on <= _years_later(last, 1):
                yield advised(
                    "lint_milestone_day", f"milestones.{at}.due_on", title=one.title, first=first, last=last
                )


def _framework(linted: Linted) -> Iterator[Finding]:
    rule, terms = linted.profile.rule("framework_terms"), linted.file.framework
    if linted.profile.procedure is Procedure.FRAMEWORK:
        if terms is None:
            yield refused("lint_framework_missing", "framework", rule)
    elif terms is not None:
        yield Finding("lint_framework_unwanted", "framework", change={"framework": None})


def _panel(linted: Linted) -> Iterator[Finding]:
    size, rule = linted.file.panel_size, linted.profile.rule("panel")
    is_large = linted.file.ceiling_fen >= rule.value["large_from_yuan"] * 100
    least = rule.value["people_when_large" if is_large else "people"]
    if size is None:
        return
    wanted = max(size, least)
    wanted += 1 - wanted % 2
    if wanted != size:
        facts = {"size": size, "least": least, "wanted": wanted}
        yield Finding(
            "lint_panel", "panel_size", Severity.REFUSE, rule.article, facts, {"panel_size": wanted}
        )


def _years_later(day: date, years: int) -> date:
    """The same day some years on; the first of March where there is no 29 February. The calendar itself ends in the year 9999."""
    year = day.year + years
    if year > date.max.year:
        return date.max
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _yuan(fen: int) -> str:
    return f"{fen / 100:,.2f}"
