"""Dates, durations, money and distances as people here write them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from marketplace.kernel import local_forms
from marketplace.kernel.locale import EN, ZH

STARTS = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
ENDS = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def test_a_shift_is_told_in_shanghai_time() -> None:
    assert local_forms.span(ZH, STARTS, ENDS) == "11月22日 周日 14:00–16:30"
    assert local_forms.span(EN, STARTS, ENDS) == "Sun 22 Nov, 14:00–16:30"


def test_a_shift_over_midnight_tells_both_days() -> None:
    ends = STARTS + timedelta(hours=12)
    assert local_forms.span(ZH, STARTS, ends) == "11月22日 周日 14:00 – 11月23日 周一 02:00"
    assert local_forms.span(EN, STARTS, ends) == "Sun 22 Nov, 14:00 – Mon 23 Nov, 02:00"


def test_whole_days_are_told_without_their_midnights() -> None:
    midnight = datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
    assert local_forms.span(ZH, midnight, midnight + timedelta(days=92)) == "7月1日 周三 – 9月30日 周三"
    assert local_forms.span(EN, midnight, midnight + timedelta(days=1)) == "Wed 1 Jul"


def test_half_past_midnight_on_new_years_day_is_in_the_new_year() -> None:
    moment = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)
    assert local_forms.moment(ZH, moment, date(2026, 11, 22)) == "2027年1月1日 周五 00:30"
    assert local_forms.moment(EN, moment, date(2026, 11, 22)) == "Fri 1 Jan 2027, 00:30"
    assert local_forms.day(EN, moment, date(2027, 3, 1)) == "Fri 1 Jan"


def test_records_carry_the_year() -> None:
    assert local_forms.full_day(ZH, date(2026, 11, 22)) == "2026年11月22日"
    assert local_forms.full_moment(EN, STARTS) == "22 Nov 2026, 14:00"
    assert local_forms.month(ZH, STARTS) == "2026年11月"


@pytest.mark.parametrize(
    ("minutes", "chinese", "english"),
    [
        (150, "2 小时 30 分", "2 h 30 min"),
        (760, "12 小时 40 分", "12 h 40 min"),
        (120, "2 小时", "2 h"),
        (45, "45 分钟", "45 min"),
        (0, "0 分钟", "0 min"),
        (-90, "−1 小时 30 分", "−1 h 30 min"),
        (90_000, "1,500 小时", "1,500 h"),
        (timedelta(minutes=61, seconds=59), "1 小时 1 分", "1 h 1 min"),
    ],
)
def test_durations_are_told_to_the_minute(minutes: int | timedelta, chinese: str, english: str) -> None:
    assert local_forms.duration(ZH, minutes) == chinese
    assert local_forms.duration(EN, minutes) == english


def test_money_is_told_in_yuan_and_fen() -> None:
    assert local_forms.money(10_000_000) == "¥100,000.00"
    assert local_forms.money(10_000_001) == "¥100,000.01"
    assert local_forms.money(-5) == "−¥0.05"
    assert local_forms.money(100, "USD") == "USD 1.00"


@pytest.mark.parametrize(
    ("metres", "chinese", "english"),
    [
        (348, "350 米", "350 m"),
        (994, "990 米", "990 m"),
        (996, "1 公里", "1 km"),
        (2_449, "2.4 公里", "2.4 km"),
        (9_960, "10 公里", "10 km"),
        (12_600, "13 公里", "13 km"),
    ],
)
def test_distances_grow_coarser_as_they_grow(metres: int, chinese: str, english: str) -> None:
    assert local_forms.distance(ZH, metres) == chinese
    assert local_forms.distance(EN, metres) == english


def test_numbers_are_grouped_and_short() -> None:
    assert local_forms.number(12345) == "12,345"
    assert local_forms.number(4.3846) == "4.38"
    assert local_forms.number(4.5) == "4.5"
    assert local_forms.percent(0.428) == "43%"


def test_facts_of_a_sentence_are_told_in_local_form(monkeypatch: pytest.MonkeyPatch) -> None:
    class Catalogue:
        def gettext(self, key: str) -> str:
            return "Check-in opens on %(opens)s, for %(lasts)s, %(many)s times"

    monkeypatch.setattr(local_forms, "catalogue", lambda _locale: Catalogue())
    facts = {"opens": STARTS, "lasts": timedelta(minutes=30), "many": 3}
    said = local_forms.sentence(EN, "error.check_in_is_not_open", facts)
    assert said == "Check-in opens on Sun 22 Nov, 14:00, for 30 min, 3 times"


def test_a_sentence_without_its_facts_is_still_said() -> None:
    assert (
        local_forms.sentence(EN, "field.string_too_long", {})
        == "Please write at most %(max_length)s characters."
    )


def test_a_period_that_ends_at_midnight_ends_with_its_last_day() -> None:
    assert local_forms.due(ZH, datetime(2026, 12, 1, 16, tzinfo=UTC)) == "2026年12月1日"
    assert local_forms.due(EN, datetime(2026, 12, 1, 16, tzinfo=UTC)) == "1 Dec 2026"
    assert local_forms.due(EN, datetime(2026, 12, 1, 9, tzinfo=UTC)) == "1 Dec 2026, 17:00"


def test_a_weekday_alone_is_told_in_both_languages() -> None:
    day = date(2026, 11, 22)
    assert (local_forms.weekday("zh_Hans", day), local_forms.weekday("en", day)) == ("周日", "Sun")
