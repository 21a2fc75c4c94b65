"""Changes between two versions of a tender file, as people read them: where, what stood there, what stands there now."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from marketplace.kernel import local_forms
from marketplace.kernel.locale import EN, word
from marketplace.procurement.tenders.differences import Change

_UNSAID = frozenset({"id", "key", "currency", "sha256"})
_WORDED = {"kind": "criterion_kind", "tie_break": "tie_break"}


def told(changes: Sequence[Change], locale: str) -> list[tuple[str, str, str]]:
    """Each change as three texts."""
    return [
        (
            _where(change, locale),
            _value(change.path[-1], change.before, locale),
            _value(change.path[-1], change.after, locale),
        )
        for change in changes
    ]


def _where(change: Change, locale: str) -> str:
    words = [
        _name(step, locale) if at in (0, len(change.path) - 1) else step
        for at, step in enumerate(change.path)
    ]
    return " · ".join(words)


def _name(step: str, locale: str) -> str:
    known = word(locale, f"file.{step}")
    return step if known == f"file.{step}" else known


def _value(name: str, value: Any, locale: str) -> str:
    if value is None or value in ([], ""):
        return word(locale, "file_value.nothing")
    if isinstance(value, bool):
        return word(locale, "file_value.yes" if value else "file_value.no")
    if isinstance(value, dict):
        said = [_value(key, one, locale) for key, one in value.items() if key not in _UNSAID and one]
        return " · ".join(said)
    if isinstance(value, list):
        return (", " if locale == EN else "、").join(_value(name, one, locale) for one in value)
    return _plain(name, value, locale)


def _plain(name: str, value: Any, locale: str) -> str:
    if name == "ceiling_fen":
        return local_forms.money(value)
    if name.endswith("_end_at"):
        return local_forms.full_moment(locale, datetime.fromisoformat(value))
    if name.endswith("_on"):
        return local_forms.full_day(locale, date.fromisoformat(value))
    if name in ("weight", "share"):
        return f"{value} %"
    if name in _WORDED:
        known = word(locale, f"{_WORDED[name]}.{value}")
        return str(value) if known.startswith(_WORDED[name]) else known
    return str(value)
