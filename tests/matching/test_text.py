"""What people write becomes terms: spelling, words, bigrams, stems, sounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import text
from matching.segmenting import Segmenter
from matching.text import Readings


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("長寧區", "长宁区"),
        ("ＡＢＣ１２３", "abc123"),
        ("Straße", "strasse"),
        ("volunteer’s", "volunteer's"),
        ("助\x00浴", "助 浴"),
        ("助\ud800浴", "助浴"),
    ],
)
def test_one_thing_has_one_spelling(written: str, meant: str) -> None:
    assert text.normalise(written) == meant


@given(st.text())
def test_a_normal_spelling_can_be_stored_by_any_index(written: str) -> None:
    normal = text.normalise(written)
    assert "\x00" not in normal
    normal.encode("utf-8")


def test_chinese_is_cut_into_words_and_other_scripts_at_their_borders() -> None:
    assert text.query_words("为老人助浴，30人 help!") == ["为", "老人", "助浴", "30", "人", "help"]


def test_words_of_the_field_and_the_city_are_not_cut() -> None:
    segmenter = Segmenter(["适老化", "江苏路"])
    written = "江苏路街道适老化改造"
    assert text.query_words(written) == ["江苏", "路", "街道", "适", "老化", "改造"]
    assert text.query_words(written, segmenter) == ["江苏路", "街道", "适老化", "改造"]
    assert {"江苏路", "江苏", "适老化", "老化"} <= set(text.index_words(written, segmenter))
    assert text.asked_words("我想要适老化", segmenter) == ["适老化"]


def test_two_characters_that_are_a_word_stay_together_however_rare_it_is() -> None:
    assert text.query_words("同发") == ["同发"]


def test_one_dictionary_does_not_change_another() -> None:
    Segmenter(["江苏路"])
    assert Segmenter().cut("江苏路") == ["江苏", "路"]


def test_a_text_is_indexed_under_the_shorter_words_inside_longer_ones() -> None:
    assert {"志愿", "志愿者"} <= set(text.index_words("志愿者招募"))


def test_english_is_indexed_as_written_and_as_stem() -> None:
    assert text.index_words("volunteering") == ["volunteering", "volunt"]
    assert text.stem("volunteers") == text.stem("volunteered") == "volunt"


def test_stems_are_for_english_only() -> None:
    assert text.stem("助浴服务") == "助浴服务"
    assert text.stem("мастера") == "мастера"


def test_bigrams_overlap() -> None:
    assert text.bigrams("助浴服务") == ["助浴", "浴服", "服务"]
    assert text.bigrams("浴") == ["浴"]
    assert text.bigrams("") == []


def test_every_run_of_bigrams_is_closed_by_its_last_character() -> None:
    assert text.index_bigrams("互助，助浴") == ["互助", "助", "助浴", "浴"]


def test_a_dictionary_corrects_what_a_general_reading_gets_wrong() -> None:
    assert Readings().pinyin("长宁区") == "zhangningqu"
    corrected = Readings({"长宁": ("chang", "ning")})
    assert corrected.pinyin("上海市長寧區") == "shanghaishichangningqu"
    assert corrected.initials("长宁区") == "cnq"


def test_the_longest_phrase_of_the_dictionary_wins() -> None:
    readings = Readings({"莘庄": ("xin", "zhuang"), "莘庄镇": ("xin", "zhuang", "zhen"), "庄镇": ("x", "y")})
    assert readings.syllables("莘庄镇莘庄") == ["xin", "zhuang", "zhen", "xin", "zhuang"]


def test_readings_skip_what_is_not_chinese() -> None:
    assert Readings().syllables("A座 12号") == ["zuo", "hao"]


def test_a_name_sounds_from_each_of_its_syllables_on() -> None:
    assert text.sound_terms(["chang", "ning"]) == ["changning", "ning", "cn", "n"]
