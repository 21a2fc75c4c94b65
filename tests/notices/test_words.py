"""Every kind of notice has a place among the topics and words in both languages that fit its facts."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from marketplace.kernel.local_forms import Named
from marketplace.kernel.locale import EN, LOCALES, ZH, catalogue
from marketplace.notices.facts import Span, Titled, Word, to_json, told
from marketplace.notices.kinds import TOPICS, Kind, Topic
from marketplace.notices.wording import worded

_SPAN = Span(datetime(2026, 11, 24, 6, 0, tzinfo=UTC), datetime(2026, 11, 24, 8, 30, tzinfo=UTC))


def test_every_kind_belongs_to_one_topic() -> None:
    assert sorted(kind for kinds in TOPICS.values() for kind in kinds) == sorted(Kind)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words(kind: Kind, locale: str) -> None:
    for part in ("name", "title", "body"):
        key = f"notice.{kind}.{part}"
        assert catalogue(locale).gettext(key) != key


@pytest.mark.parametrize("locale", LOCALES)
def test_every_topic_and_every_line_of_a_mail_has_words(locale: str) -> None:
    keys = [f"notice.topic.{topic}" for topic in Topic]
    keys += [
        "notice.line.reason",
        "notice.line.clashes",
        "notice.line.needs",
        "calendar.name",
        "calendar.summary",
    ]
    keys += ["notice.line.next_shift", "notice.line.more"]
    keys += [f"mail.{part}" for part in ("house", "open", "why", "unsubscribe", "preferences")]
    assert [key for key in keys if catalogue(locale).gettext(key) == key] == []


def test_names_and_plain_words_carry_no_facts() -> None:
    for kind in Kind:
        assert not re.search(r"%\(", catalogue(ZH).gettext(f"notice.{kind}.name"))


def test_facts_are_told_in_the_readers_language_and_forms() -> None:
    stored = to_json(
        {
            "shift": _SPAN,
            "by": _SPAN.starts_at,
            "on": date(2026, 11, 22),
            "time": timedelta(minutes=760),
            "where": Named("长宁区", "Changning District"),
            "state": Word("state.sign_up.waiting"),
            "count": 3,
            "clashes": [Titled("送餐", _SPAN), Titled("陪诊", _SPAN)],
        }
    )
    chinese, english = told(ZH, stored), told(EN, stored)
    assert chinese == {
        "shift": "11月24日 周二 14:00–16:30",
        "by": "11月24日 周二 14:00",
        "on": "11月22日 周日",
        "time": "12 小时 40 分",
        "where": "长宁区",
        "state": chinese["state"],
        "count": "3",
        "clashes": "送餐（11月24日 周二 14:00–16:30）；陪诊（11月24日 周二 14:00–16:30）",
    }
    assert english["shift"] == "Tue 24 Nov, 14:00–16:30"
    assert english["where"] == "Changning District"
    assert english["time"] == "12 h 40 min"


def test_a_reason_has_a_line_of_its_own() -> None:
    plain = {"need": "陪诊", "place": "江苏路", "shift": _SPAN}
    with_reason = worded(EN, Kind.SHIFT_CANCELLED, to_json({**plain, "reason": "暴雨"}))
    assert with_reason.title == "Cancelled: 陪诊"
    assert with_reason.lines[1:] == ("The reason given: 暴雨",)
    assert len(worded(EN, Kind.SHIFT_CANCELLED, to_json(plain)).lines) == 1


def test_what_people_wrote_is_never_taken_for_a_place_in_a_sentence() -> None:
    words = worded(EN, Kind.NEED_PUBLISHED, {"need": "100%(need)s %s {x}"})
    assert words.title == "Published: 100%(need)s %s {x}"
