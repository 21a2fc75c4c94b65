"""The relevance set keeps its own rules: enough queries of every way of typing, fair halves, and an answer to each."""

from collections import Counter

import pytest

from benchmarks.relevance.city import Searched
from benchmarks.relevance.judging import FOUND, Half, half_of, relevance_set, ways

WAYS = {
    "two_characters", "phrases", "places", "pinyin", "traditional", "full_width", "typos", "synonyms", "english", "mixed",
    "prefixes", "organisations", "everyday", "places_and_work",
}  # fmt: skip


def test_there_are_enough_queries_of_every_way_of_typing() -> None:
    assert set(ways()) == WAYS
    assert sum(ways().values()) >= 160
    assert min(ways().values()) >= 8


def test_no_query_stands_there_twice() -> None:
    assert not [text for text, times in Counter(one.text for one in relevance_set()).items() if times > 1]


def test_the_half_follows_from_the_text_alone_and_the_halves_are_alike_in_size() -> None:
    assert half_of("助浴") is Half.REPORT
    assert half_of("陪诊") is Half.TUNE
    halves = Counter(one.half for one in relevance_set())
    assert 0.8 <= halves[Half.TUNE] / halves[Half.REPORT] <= 1.25
    for way in WAYS:
        assert {one.half for one in relevance_set() if one.way == way} == set(Half), way


def test_every_query_has_an_answer_in_the_city(searched: Searched) -> None:
    unanswered = [
        one.text for one in relevance_set() if max(one.answers(searched.things).values(), default=0) < FOUND
    ]
    assert not unanswered, "the city has no longer what these ask for: ask for something that it has"


def test_no_query_is_answered_by_most_of_the_city(searched: Searched) -> None:
    """Such a query would find no fault with any engine."""
    for one in relevance_set():
        alike = [thing for thing in searched.things if thing.kind is one.topic.look_for]
        assert len(one.answers(alike)) < 0.5 * len(alike), one.text


@pytest.mark.parametrize(
    ("text", "title", "grade"),
    [
        ("理发", "便民理发", 3),
        ("理发", "磨刀修伞便民摊", 2),
        ("理发", "夜间巡逻", 0),
        ("作业辅导", "数学辅导", 2),
        ("盲人", "阳光之家手工课助教", 1),
    ],
)
def test_grades_follow_the_criteria(searched: Searched, text: str, title: str, grade: int) -> None:
    query = next(one for one in relevance_set() if one.text == text)
    assert {query.grade(thing) for thing in searched.things if thing.title == title} == {grade}


def test_the_right_work_in_another_place_is_only_fair(searched: Searched) -> None:
    query = next(one for one in relevance_set() if one.text == "崇明 助老")
    grades = {
        thing.area_code.startswith("310151"): query.grade(thing)
        for thing in searched.things
        if "older_people" in thing.tags
    }
    assert grades == {True: 3, False: 1}
