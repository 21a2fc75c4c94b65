"""Dates: time to bid, time to ask, the notice, and what an amendment would do to them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from marketplace.catalogue.rules import RuleInForce
from marketplace.kernel.clock import local_day
from marketplace.procurement.tenders.findings import Finding, Severity
from marketplace.procurement.tenders.linted import Linted


def findings(linted: Linted) -> Iterator[Finding]:
    """What is wrong with the deadline and with the end of the questions; each with the first lawful day."""
    yield from _deadline(linted)
    yield from _enquiries(linted)


def lawful_dates(linted: Linted) -> tuple[datetime, datetime]:
    """When questions end and bids are due at the earliest, with room to amend between the two."""
    enquiries = linted.earliest_enquiries()
    rule = linted.profile.rule("amendment")
    deadline = linted.earliest_deadline()
    if linted.profile.rule("deadline").value["least_days"] > rule.value["left_days"]:
        deadline = max(deadline, linted.calendar.later(enquiries, rule.value["left_days"] + 1, rule.day_type))
    return linted.at(enquiries, None), linted.at(deadline, None)


def _deadline(linted: Linted) -> Iterator[Finding]:
    given = linted.file.submissions_end_at
    if given is None:
        _, day = lawful_dates(linted)
        yield _moved("lint_deadline_missing", "submissions_end_at", linted.profile.rule("deadline"), day)
        return
    rule, earliest = linted.profile.rule("deadline"), linted.earliest_deadline()
    if local_day(given) < earliest:
        yield _moved("lint_deadline_early", "submissions_end_at", rule, linted.at(earliest, given))
    elif not linted.calendar.is_working(local_day(given)):
        moved = linted.at(linted.working(local_day(given)), given)
        yield _moved("lint_deadline_day_off", "submissions_end_at", None, moved)


def _enquiries(linted: Linted) -> Iterator[Finding]:
    given, deadline = linted.file.enquiries_end_at, linted.file.submissions_end_at
    rule, earliest = linted.profile.rule("documents"), linted.earliest_enquiries()
    if given is None:
        yield _moved("lint_enquiries_missing", "enquiries_end_at", rule, linted.at(earliest, None))
        return
    if local_day(given) < earliest:
        yield _moved("lint_enquiries_early", "enquiries_end_at", rule, linted.at(earliest, given))
        return
    if deadline is None:
        return
    if given >= deadline:
        yield _moved("lint_enquiries_late", "enquiries_end_at", rule, linted.at(earliest, given))
        return
    amendment = linted.profile.rule("amendment")
    days = amendment.value["left_days"]
    if deadline - given < timedelta(days=days):
        yield Finding(
            "lint_no_room_to_amend", "enquiries_end_at", Severity.ADVISE, amendment.article, {"days": days}
        )


def _moved(code: str, field: str, rule: RuleInForce | None, to: datetime) -> Finding:
    facts = {"day": local_day(to), "days": _days(rule)}
    return Finding(
        code, field, Severity.REFUSE, rule.article if rule else None, facts, {field: to.isoformat()}
    )


def _days(rule: RuleInForce | None) -> int:
    return rule.value["least_days"] if rule else 0
