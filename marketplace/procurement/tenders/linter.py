"""The linter: everything that a rule refuses in a tender file before it is published, and what an officer should think about.

Pure: the file, the rules of the procedure, the calendar of working days and a moment in, findings out. What only the database
knows comes along as ``Known``.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from marketplace.procurement.profiles import Profile
from marketplace.procurement.tenders import (
    lint_criteria,
    lint_dates,
    lint_lots,
    lint_size,
    lint_text,
)
from marketplace.procurement.tenders.file import TenderFile
from marketplace.procurement.tenders.findings import Finding
from marketplace.procurement.tenders.linted import Known, Linted
from marketplace.procurement.working_days import Calendar

_CHECKS: tuple[Callable[[Linted], Iterator[Finding]], ...] = (
    lint_text.findings,
    lint_lots.findings,
    lint_criteria.findings,
    lint_size.findings,
    lint_dates.findings,
)


def findings(
    file: TenderFile,
    profile: Profile,
    calendar: Calendar,
    now: datetime,
    *,
    issued_at: datetime | None = None,
    known: Known | None = None,
) -> list[Finding]:
    """Every fault of the file, those that refuse it first. ``issued_at`` is when a published file came out: its periods began then."""
    linted = Linted(file, profile, calendar, now, issued_at or now, known or Known())
    found = [one for check in _CHECKS for one in check(linted)]
    return sorted(found, key=lambda one: not one.refuses)


def is_clean(found: list[Finding]) -> bool:
    """Whether the file may be published."""
    return not any(one.refuses for one in found)
