"""Dates, durations, money, numbers and distances as people here write them, in either language. Times are shown in Shanghai."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from marketplace.kernel.clock import local, local_day
from marketplace.kernel.locale import EN, catalogue

_WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CURRENCY_SIGNS = {"CNY": "¥"}


@dataclass(frozen=True, slots=True)
class Named:
    """A name that is kept in both languages; as a fact of an error it is told in the reader's."""

    zh: str
    en: str


def day(locale: str, value: date | datetime, today: date | None = None) -> str:
    """11月22日 周日 / Sun 22 Nov. The year is told when ``today`` is given and lies in another one."""
    when = _day_of(value)
    with_year = today is not None and when.year != today.year
    if locale == EN:
        year = f" {when.year}" if with_year else ""
        return f"{_WEEKDAYS_EN[when.weekday()]} {when.day} {_MONTHS_EN[when.month - 1]}{year}"
    year = f"{when.year}年" if with_year else ""
    return f"{year}{when.month}月{when.day}日 {_WEEKDAYS_ZH[when.weekday()]}"


def full_day(locale: str, value: date | datetime) -> str:
    """2026年11月22日 / 22 Nov 2026: for records, where the year matters and the weekday does not."""
    when = _day_of(value)
    if locale == EN:
        return f"{when.day} {_MONTHS_EN[when.month - 1]} {when.year}"
    return f"{when.year}年{when.month}月{when.day}日"


def weekday(locale: str, value: date | datetime) -> str:
    """周日 / Sun."""
    return (_WEEKDAYS_EN if locale == EN else _WEEKDAYS_ZH)[_day_of(value).weekday()]


def month(locale: str, value: date | datetime) -> str:
    """2026年11月 / Nov 2026."""
    when = _day_of(value)
    return f"{_MONTHS_EN[when.month - 1]} {when.year}" if locale == EN else f"{when.year}年{when.month}月"


def clock_time(value: datetime) -> str:
    """14:00, in Shanghai."""
    return f"{local(value):%H:%M}"


def moment(locale: str, value: datetime, today: date | None = None) -> str:
    """11月22日 周日 14:00 / Sun 22 Nov, 14:00."""
    return f"{day(locale, value, today)}{_gap(locale)}{clock_time(value)}"


def full_moment(locale: str, value: datetime) -> str:
    """2026年11月22日 14:00 / 22 Nov 2026, 14:00."""
    return f"{full_day(locale, value)}{_gap(locale)}{clock_time(value)}"


def due(locale: str, value: datetime) -> str:
    """Until when something is in time: a period of whole days ends at midnight, and people call that its last day."""
    if local(value).time() == time.min:
        return full_day(locale, local_day(value - timedelta(days=1)))
    return full_moment(locale, value)


def span(locale: str, starts: datetime, ends: datetime, today: date | None = None) -> str:
    """11月22日 周日 14:00–16:30 / Sun 22 Nov, 14:00–16:30; the second day is told when it is another one.

    Whole days, from midnight to midnight, are told as days: 7月1日 周三 – 9月30日 周三.
    """
    if _day_of(starts) == _day_of(ends):
        return f"{moment(locale, starts, today)}–{clock_time(ends)}"
    if clock_time(starts) == clock_time(ends) == "00:00":
        first, last = _day_of(starts), _day_of(ends) - timedelta(days=1)
        told = day(locale, first, today)
        return told if first == last else f"{told} – {day(locale, last, today)}"
    return f"{moment(locale, starts, today)} – {moment(locale, ends, today)}"


def duration(locale: str, value: int | timedelta) -> str:
    """2 小时 30 分 / 2 h 30 min, from minutes or a timedelta (whole minutes; seconds are dropped, as in the ledger)."""
    minutes = int(value.total_seconds() // 60) if isinstance(value, timedelta) else value
    sign = "−" if minutes < 0 else ""
    hours, rest = divmod(abs(minutes), 60)
    hour_word, minute_word = ("h", "min") if locale == EN else ("小时", "分")
    if not hours:
        only = minute_word if locale == EN else "分钟"
        return f"{sign}{rest} {only}"
    whole = f"{sign}{hours:,} {hour_word}"
    return f"{whole} {rest} {minute_word}" if rest else whole


def number(value: int | float) -> str:
    """12,345 or 4.38: figures grouped by thousands, at most two decimals."""
    if isinstance(value, int) or value.is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0")


def percent(share: float) -> str:
    """0.428 as 43%."""
    return f"{share * 100:.0f}%"


def money(fen: int, currency: str = "CNY") -> str:
    """¥100,000.00 from 10000000 fen; another currency is told by its code."""
    sign = "−" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    mark = _CURRENCY_SIGNS.get(currency, f"{currency} ")
    return f"{sign}{mark}{yuan:,}.{rest:02d}"


def distance(locale: str, metres: int | float) -> str:
    """350 米 / 350 m below a kilometre (to ten metres), 2.4 公里 / 2.4 km above, 5 公里 rather than 5.0, whole kilometres from ten."""
    metre_word, kilometre_word = ("m", "km") if locale == EN else ("米", "公里")
    near = round(metres / 10) * 10
    if near < 1000:
        return f"{near} {metre_word}"
    kilometres = metres / 1000
    figure = f"{kilometres:,.0f}" if kilometres >= 9.95 else f"{kilometres:.1f}".removesuffix(".0")
    return f"{figure} {kilometre_word}"


def sentence(locale: str, key: str, facts: Mapping[str, Any]) -> str:
    """The words for ``key`` with its facts in local form; words without their facts where a fact is missing.

    A datetime becomes a moment, a date a day, a timedelta a duration and a Named its name, so that errors carry facts and not prose.
    """
    words = str(catalogue(locale).gettext(key))
    if "%(" not in words:
        return words
    told = {name: _told(locale, value) for name, value in facts.items()}
    try:
        return words % told
    except (KeyError, TypeError, ValueError):
        return words


def _told(locale: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(locale, value)
    if isinstance(value, date):
        return day(locale, value)
    if isinstance(value, timedelta):
        return duration(locale, value)
    if isinstance(value, Named):
        return value.en if locale == EN else value.zh
    return value


def _day_of(value: date | datetime) -> date:
    return local(value).date() if isinstance(value, datetime) else value


def _gap(locale: str) -> str:
    return ", " if locale == EN else " "
