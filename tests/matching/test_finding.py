"""Words find what they should: parts of names, sounds, other scripts, stems, beginnings, and slips of the finger."""

import random
from itertools import product
from pathlib import Path

import pytest

from matching.embedded import EmbeddedIndex
from matching.index import Query, SearchIndex
from matching.segmenting import Segmenter
from matching.text import Readings, bigrams
from tests.matching.builders import found, need, rebuilt


def _pairs(words: str) -> list[str]:
    return [words[start : start + 2] for start in range(0, len(words), 2)]


SERVICES = _pairs("助浴助餐陪诊代购理发托管助学护河急救手语普法义诊巡逻合唱园艺编织")
PARTNERS = _pairs("老人社区儿童医院学校街道河道残障高龄独居")


def test_two_characters_find_the_service_before_and_after_other_words(index: SearchIndex) -> None:
    index.upsert([need("bath", "助浴服务"), need("old", "老人助浴"), need("meal", "老人助餐")])
    assert set(found(index, "助浴")) == {"bath", "old"}


def test_every_pair_of_neighbouring_characters_in_a_title_finds_it(index: SearchIndex) -> None:
    """Segmentation alone misses about one word in twenty, and 视障 in 视障人士; titles promise all."""
    titles = {f"{number}": "".join(pair) for number, pair in enumerate(product(PARTNERS, SERVICES))}
    titles["blind"] = "为视障人士讲述电影"
    index.upsert([need(id, title) for id, title in titles.items()])
    for title in titles.values():
        for pair in bigrams(title):
            expected = {id for id, other in titles.items() if pair in other}
            assert set(found(index, pair, limit=1000)) >= expected, pair


def test_two_character_words_of_a_body_are_found_nearly_always(index: SearchIndex) -> None:
    dice = random.Random(11)
    words = SERVICES + PARTNERS
    chosen = {f"{number}": dice.sample(words, 6) for number in range(300)}
    index.upsert([need(id, body="".join(some)) for id, some in chosen.items()])
    answers = [(word, set(found(index, word, limit=1000))) for word in words]
    asked = sum(word in some for word, _ in answers for some in chosen.values())
    missed = sum(word in some and id not in ids for word, ids in answers for id, some in chosen.items())
    assert missed / asked < 0.1


def test_pinyin_and_initials_find_a_place(index: SearchIndex) -> None:
    index.upsert([need("here", names=("上海市长宁区江苏路街道",)), need("there", names=("上海市徐汇区",))])
    for asked in ("changning", "cn", "CN", "chang ning", "changn", "cnq", "jiangsulu", "长宁", "長寧"):
        assert found(index, asked) == ["here"], asked


def test_readings_that_the_caller_knows_are_used(index: SearchIndex) -> None:
    index.upsert([need("here", names=("莘庄镇",), sounds=("xin zhuang zhen",))])
    assert found(index, "xinzhuang") == found(index, "xz") == ["here"]


def test_titles_have_no_sound_so_that_english_words_are_not_taken_for_initials(index: SearchIndex) -> None:
    index.upsert([need("a", "公益活动")])
    assert found(index, "gy") == []


def test_traditional_characters_find_simplified_text_and_the_other_way_round(index: SearchIndex) -> None:
    index.upsert([need("plain", "养老护理"), need("full", "養老護理")])
    assert set(found(index, "護理")) == set(found(index, "护理")) == {"plain", "full"}


def test_english_words_meet_in_their_stem(index: SearchIndex) -> None:
    index.upsert([need("a", "Volunteers wanted", body="Caring for elderly neighbours")])
    for asked in ("volunteering", "VOLUNTEER", "care", "neighbour"):
        assert found(index, asked) == ["a"], asked


def test_the_last_word_may_be_unfinished_but_not_the_others(index: SearchIndex) -> None:
    index.upsert([need("a", "Community gardening", body="志愿者")])
    assert found(index, "community gar") == ["a"]
    assert not index.search(Query(text="community gar")).approximate
    assert index.search(Query(text="gar community")).approximate


def test_one_character_finds_names_that_hold_it_anywhere(index: SearchIndex) -> None:
    index.upsert([need("a", "互助"), need("b", "助浴"), need("c", "老人助浴服务"), need("d", "编织")])
    assert set(found(index, "助")) == {"a", "b", "c"}


def test_a_slip_in_a_latin_word_is_forgiven_only_when_nothing_fits_exactly(index: SearchIndex) -> None:
    index.upsert([need("garden", "Garden party"), need("warden", "Warden training")])
    assert found(index, "garden") == ["garden"]
    assert not index.search(Query(text="garden")).approximate
    forgiven = index.search(Query(text="gardne party"))
    assert [hit.id for hit in forgiven.hits] == ["garden"]
    assert forgiven.approximate
    assert found(index, "volumteer") == []


def test_a_slip_in_an_unfinished_long_word_is_forgiven(index: SearchIndex) -> None:
    index.upsert([need("a", "Volunteers wanted")])
    assert found(index, "volumteer") == ["a"]


def test_words_of_three_letters_are_never_guessed(index: SearchIndex) -> None:
    index.upsert([need("a", "cat rescue")])
    assert found(index, "cxt") == []


def test_every_word_must_match_as_long_as_something_does(index: SearchIndex) -> None:
    index.upsert([need("both", "老人助浴"), need("one", "老人理发")])
    assert found(index, "老人助浴") == ["both"]


def test_one_missing_word_in_three_is_forgiven_when_nothing_matches_all(index: SearchIndex) -> None:
    index.upsert([need("two", "老人助浴"), need("one", "老人理发")])
    results = index.search(Query(text="周末 老人 助浴"))
    assert [hit.id for hit in results.hits] == ["two"]
    assert results.approximate


def test_one_missing_word_in_two_is_forgiven_when_nothing_better_is_found(index: SearchIndex) -> None:
    index.upsert([need("a", "陪诊"), need("b", "助餐"), need("c", "Jiangsu Road"), need("d", "Any road")])
    assert found(index, "陪诊 volunteer") == ["a"]
    assert found(index, "jiangsuu road") == ["c"]
    assert found(index, "别的") == []


def test_one_word_of_a_long_question_is_better_than_nothing(index: SearchIndex) -> None:
    index.upsert([need("a", "陪诊"), need("b", "助餐")])
    for asked in ("周五 天文 陪诊 唱歌", "周五 天文 陪诊 唱歌 跳舞 射箭 骑马"):
        results = index.search(Query(text=asked))
        assert [hit.id for hit in results.hits] == ["a"], asked
        assert results.approximate


def test_a_rare_word_outweighs_a_common_longer_one(embedded: EmbeddedIndex) -> None:
    embedded.upsert([need(f"{number}", "残疾人出行") for number in range(20)] + [need("law", "法律咨询")])
    assert found(embedded, "残疾人 法律")[0] == "law"


def test_a_name_that_shares_a_character_comes_sooner(embedded: EmbeddedIndex) -> None:
    embedded.upsert([need(f"{number}", "老人读报") for number in range(5)] + [need("meal", "老人送餐")])
    results = embedded.search(Query(text="给老人送饭"))
    assert (results.hits[0].id, results.total, results.approximate) == ("meal", 6, True)


def test_a_shorter_word_is_taken_for_the_longer_one_that_holds_it(embedded: EmbeddedIndex) -> None:
    embedded.upsert([need("a", body="整理图书"), need("b", "整理仓库")])
    assert found(embedded, "图书馆") == ["a"]


def test_words_that_say_nothing_are_not_required(index: SearchIndex) -> None:
    index.upsert([need("a", "老人助浴"), need("b", "Help in the garden")])
    for asked in ("我想要助浴", "能帮忙做的助浴", "附近可以助浴的", "助浴志愿者"):
        results = index.search(Query(text=asked))
        assert [hit.id for hit in results.hits] == ["a"], asked
        assert not results.approximate
    assert found(index, "a garden to help") == ["b"]


def test_a_title_outweighs_a_body(index: SearchIndex) -> None:
    index.upsert([need("body", "周末活动", body="陪伴与助浴"), need("title", "助浴")])
    assert found(index, "助浴") == ["title", "body"]


def test_keywords_carry_the_synonyms_of_tags(index: SearchIndex) -> None:
    index.upsert([need("a", "陪老人洗澡", keywords=("助浴", "bathing"))])
    assert found(index, "助浴") == found(index, "bathing") == ["a"]


def test_a_search_does_not_join_the_end_of_one_name_with_the_start_of_the_next(index: SearchIndex) -> None:
    index.upsert([need("a", "海边", keywords=("上", "海"))])
    assert found(index, "上海") == []


@pytest.mark.parametrize("text", ["!!!", "🍎", "()", "“”", "—"])
def test_a_text_without_words_finds_nothing(index: SearchIndex, text: str) -> None:
    index.upsert([need("a")])
    assert found(index, text) == []


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_no_text_finds_everything(index: SearchIndex, text: str) -> None:
    index.upsert([need("a"), need("b")])
    assert set(found(index, text)) == {"a", "b"}


def test_words_of_a_dictionary_are_found_in_bodies_too(folder: Path) -> None:
    """Not only where every part of a name is found: the description and the question are cut alike."""
    readings = Readings(segmenter=Segmenter(["适老化"]))
    index = rebuilt(
        EmbeddedIndex(folder, readings), [need("a", body="家中适老化改造"), need("b", body="适合老化材料")]
    )
    assert found(index, "适老化") == ["a"]
