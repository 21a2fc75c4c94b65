"""What people asked for is marked in what they read."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching.folding import fold
from matching.highlighting import excerpt, spans
from matching.text import Readings
from tests.matching.builders import CHANGNING


def marked(text: str, query: str, readings: Readings = CHANGNING) -> str:
    """The text with its marks in brackets."""
    shown, done = "", 0
    for begin, end in spans(text, query, readings):
        shown += f"{text[done:begin]}[{text[begin:end]}]"
        done = end
    return shown + text[done:]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("助浴", "为老人[助浴]，[助浴]服务"),
        ("老人助浴", "为[老人助浴]，[助浴]服务"),
        ("服务 老人", "为[老人]助浴，助浴[服务]"),
        ("我想要助浴", "为老人[助浴]，[助浴]服务"),
        ("别的", "为老人助浴，助浴服务"),
        ("", "为老人助浴，助浴服务"),
        ("!?🍎", "为老人助浴，助浴服务"),
    ],
)
def test_chinese_words_are_marked_wherever_they_stand(query: str, shown: str) -> None:
    assert marked("为老人助浴，助浴服务", query) == shown


def test_traditional_and_full_width_spellings_are_marked_as_they_were_written() -> None:
    assert marked("養老護理在長寧區", "护理 长宁") == "養老[護理]在[長寧]區"
    assert marked("养老护理", "護理") == "养老[护理]"
    assert marked("每周ＡＢＣ１２３班", "abc123") == "每周[ＡＢＣ１２３]班"


def test_marks_stand_right_where_folding_changes_lengths() -> None:
    assert marked("㎡㎡ Straße ㍿ 助浴", "助浴") == "㎡㎡ Straße ㍿ [助浴]"
    assert marked("Große Straße", "strasse") == "Große [Straße]"
    assert marked("a\ud800助\ud800浴", "浴") == "a\ud800助\ud800[浴]"
    assert marked("Cafe\u0301 and more", "more") == "Cafe\u0301 and [more]"
    assert marked("the cafe\u0301s", "caf\u00e9s") == "the [cafe\u0301s]"
    assert marked("İstanbul help", "help") == "İstanbul [help]"


def test_english_words_meet_in_their_stem() -> None:
    assert marked("Gardeners care for neighbours", "gardening caring") == "[Gardeners] [care] for neighbours"


def test_of_the_last_word_the_beginning_is_marked() -> None:
    assert marked("Community gardening", "community gar") == "[Community] [gar]dening"
    assert marked("Community gardening", "gar community") == "[Community] gardening"


def test_a_slip_is_forgiven_only_where_the_text_has_nothing_better() -> None:
    assert marked("Garden party", "gardne") == "[Garden] party"
    assert marked("Garden and warden", "garden") == "[Garden] and warden"
    assert marked("volunteers wanted", "volumteer") == "[volunteers] wanted"
    assert marked("cat rescue", "cxt") == "cat rescue"
    assert marked("hello world", "world helpo") == "[hello] [world]"


@pytest.mark.parametrize("query", ["changning", "CHANGNING", "chang ning", "changn", "chang ning qu"])
def test_pinyin_marks_the_name(query: str) -> None:
    shown = marked("上海市长宁区江苏路", query)
    assert shown in ("上海市[长宁]区江苏路", "上海市[长宁区]江苏路")
    assert (shown == "上海市[长宁区]江苏路") == query.endswith("qu")


def test_pinyin_is_read_as_the_house_reads_it() -> None:
    assert marked("长宁", "zhangning") == "长宁"
    assert marked("长宁", "zhangning", Readings()) == "[长宁]"
    assert marked("莘庄", "xyzhuang", Readings({"莘庄": ("xy", "zhuang")})) == "[莘庄]"


def test_single_syllables_and_initials_mark_nothing() -> None:
    assert marked("长宁区安宁", "an") == "长宁区安宁"
    assert marked("长宁区", "cn") == "长宁区"


ANYTHING = st.text(max_size=60)
WORDS = st.text(st.sampled_from("助浴老人長寧区 abgrdenGARDEN ßﬁ㎡\u0301\ud800，'İ１"), max_size=40)


@settings(max_examples=400, deadline=None)
@given(text=ANYTHING | WORDS, query=ANYTHING | WORDS)
@example(text="\u0301", query="\u0301")
@example(text="'", query="a'")
def test_marks_lie_in_the_text_in_order_and_apart(text: str, query: str) -> None:
    found = spans(text, query, CHANGNING)
    edges = [edge for span in found for edge in span]
    assert all(0 <= edge <= len(text) for edge in edges)
    assert edges == sorted(set(edges))


@settings(max_examples=200, deadline=None)
@given(before=WORDS, after=WORDS, word=st.sampled_from(["助浴", "老人", "长宁"]))
def test_what_stands_in_a_text_is_marked_whatever_stands_around_it(
    before: str, after: str, word: str
) -> None:
    text = before + word + after
    begin = len(before)
    assert any(first <= begin and begin + len(word) <= last for first, last in spans(text, word, CHANGNING))


@settings(max_examples=300, deadline=None)
@given(text=ANYTHING | WORDS)
def test_every_folded_character_was_written_somewhere(text: str) -> None:
    folded = fold(text)
    places = [folded.written(n, n + 1) for n in range(len(folded.text))]
    assert all(0 <= begin < end <= len(text) for begin, end in places)
    assert places == sorted(places)


class TestExcerpts:
    def test_a_short_text_is_its_own_excerpt(self) -> None:
        assert excerpt("短文", ((0, 1),), 60) == (0, 2)

    def test_without_marks_it_is_the_beginning(self) -> None:
        assert excerpt("一" * 100, (), 60) == (0, 60)

    def test_it_shows_the_densest_stretch_and_a_little_of_what_comes_before(self) -> None:
        text = "零" * 300
        assert excerpt(text, ((10, 12), (200, 202), (204, 208)), 60) == (188, 248)

    def test_of_two_that_are_alike_the_first(self) -> None:
        assert excerpt("零" * 300, ((100, 102), (250, 252)), 50) == (90, 140)

    @given(st.integers(0, 200), st.integers(1, 80), st.lists(st.integers(0, 199)))
    def test_it_lies_in_the_text_and_is_as_long_as_it_may_be(
        self, length: int, most: int, starts: list[int]
    ) -> None:
        found = tuple((start, min(start + 1, length)) for start in sorted(set(starts)) if start < length)
        begin, end = excerpt("x" * length, found, most)
        assert 0 <= begin <= end <= length
        assert end - begin == min(length, most)
