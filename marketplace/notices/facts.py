"""Facts of a notice: kept as plain JSON, told in the reader's language and local forms when the notice is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from marketplace.kernel import local_forms
from marketplace.kernel.local_forms import Named
from marketplace.kernel.locale import EN


@dataclass(frozen=True, slots=True)
class Word:
    """An enumerated name that the catalogues know, such as ``role.moderator``."""

    key: str


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Titled:
    """A need or a shift of one: what it is and when, where there is a time."""

    title: str
    span: Span | None


Fact: TypeAlias = (
    str | int | date | datetime | timedelta | Named | Word | Span | Sequence[Titled] | Sequence[Word]
)


def to_json(facts: Mapping[str, Fact]) -> dict[str, Any]:
    """The facts as they are stored."""
    return {name: _written(fact) for name, fact in facts.items()}


def told(locale: str, stored: Mapping[str, Any]) -> dict[str, str]:
    """Stored facts as words of ``locale``."""
    return {name: _told(locale, value) for name, value in stored.items()}


def _written(fact: Fact | Titled) -> Any:
    match fact:
        case datetime():
            return {"moment": fact.isoformat()}
        case date():
            return {"day": fact.isoformat()}
        case timedelta():
            return {"minutes": fact // timedelta(minutes=1)}
        case Named():
            return {"zh": fact.zh, "en": fact.en}
        case Word():
            return {"word": fact.key}
        case Span():
            return {"from": fact.starts_at.isoformat(), "until": fact.ends_at.isoformat()}
        case Titled():
            return {"title": fact.title, "span": None if fact.span is None else _written(fact.span)}
        case str() | int():
            return fact
    return [_written(one) for one in fact]


def _told(locale: str, value: Any) -> str:
    match value:
        case {"moment": str(moment)}:
            return local_forms.moment(locale, datetime.fromisoformat(moment))
        case {"day": str(day)}:
            return local_forms.day(locale, date.fromisoformat(day))
        case {"minutes": int(minutes)}:
            return local_forms.duration(locale, minutes)
        case {"zh": str(zh), "en": str(en)}:
            return en if locale == EN else zh
        case {"word": str(key)}:
            return local_forms.sentence(locale, key, {})
        case {"from": str(starts), "until": str(ends)}:
            return local_forms.span(locale, datetime.fromisoformat(starts), datetime.fromisoformat(ends))
        case {"title": str(title), "span": None}:
            return title
        case {"title": str(title), "span": span}:
            return f"{title} ({_told(locale, span)})" if locale == EN else f"{title}（{_told(locale, span)}）"
        case list():
            return _listed(locale, value)
    return str(value)


def _listed(locale: str, values: Sequence[Any]) -> str:
    """Words stand closer to each other than needs and their times do."""
    are_words = all("word" in value for value in values)
    gap = (", " if are_words else "; ") if locale == EN else ("、" if are_words else "；")
    return gap.join(_told(locale, value) for value in values)
