"""A repeating shift as people say it: every so many weeks, on these days, until then. To a rule and back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from marketplace.kernel.clock import local
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.volunteering import recurrence
from marketplace.volunteering.drafts import SeriesDraft, TimesDraft
from marketplace.volunteering.models import ShiftSeries
from web.forms import Form

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("WEEKLY", "DAILY", "MONTHLY")


def draft(form: Form) -> SeriesDraft:
    """The form as a draft: its end gives the length, its choices the rule. Raises InputIsInvalid."""
    times = read(TimesDraft, form.moments("starts_at", "ends_at"))
    minutes = int((times.ends_at - times.starts_at) / timedelta(minutes=1))
    given = {
        **form.given("capacity", "minimum_people"),
        "rule": rule_of(form),
        "first_starts_at": times.starts_at,
    }
    series = read(SeriesDraft, {**given, "duration_minutes": minutes})
    recurrence.parse(series.rule)
    return series


def rule_of(form: Form) -> str:
    """The RFC 5545 rule that the form's choices mean. Raises InputIsInvalid."""
    frequency = form.value("frequency")
    if frequency not in FREQUENCIES:
        raise InputIsInvalid.of("frequency", "missing")
    parts = [f"FREQ={frequency}", f"INTERVAL={form.value('interval').strip() or 1}"]
    days = [day for day in WEEKDAYS if form.has("weekdays", day)]
    if days and frequency == "WEEKLY":
        parts.append(f"BYDAY={','.join(days)}")
    if form.value("until").strip():
        parts.append(f"UNTIL={_compact(form.value('until'))}")
    return ";".join(parts)


def initial(series: ShiftSeries) -> Mapping[str, Any]:
    """A series as the form starts with it."""
    rule = recurrence.parse(series.rule)
    days = [str(day)[:2] for day in rule.options.get("byweekday", ())]
    return {
        "frequency": rule.frequency,
        "interval": rule.interval,
        "weekdays": days,
        "until": _last_day(series, rule),
        "starts_at": series.first_starts_at,
        "ends_at": series.first_starts_at + timedelta(minutes=series.duration_minutes),
        "capacity": series.capacity,
        "minimum_people": series.minimum_people,
    }


def _last_day(series: ShiftSeries, rule: recurrence.Recurrence) -> str:
    if rule.until is not None:
        return rule.until.date().isoformat()
    if rule.count is None:
        return ""
    return _date_of_last(series, rule)


def _date_of_last(series: ShiftSeries, rule: recurrence.Recurrence) -> str:
    """A rule with a count, made elsewhere, is shown by the day of its last slot."""
    slots = recurrence.slots(rule, series.first_starts_at, series.first_starts_at - timedelta(minutes=1))
    last: datetime = local(slots[-1])
    return last.date().isoformat()


def _compact(day: str) -> str:
    return day.strip().replace("-", "")
