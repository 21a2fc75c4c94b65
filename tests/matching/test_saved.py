"""Saved searches: a document meets exactly those searches that would find it, however many there are."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.embedded import EmbeddedIndex
from matching.index import AnyOf, Between, Clause, Document, Label, Near, Number, Point, Query, Sort, Within
from matching.saved import SavedSearches
from matching.segmenting import Segmenter
from matching.text import Readings
from tests.matching.builders import CHANGNING, need, rebuilt

WORDS = (
    *(
        "助浴",
        "助浴服务",
        "老人",
        "陪老人就医",
        "志愿者",
        "长宁区",
        "江苏路街道",
        "徐汇",
        "天平",
        "手机",
        "教学",
    ),
    *(
        "图书馆",
        "整理图书",
        "急救",
        "急救员",
        "英语",
        "读报",
        "社区",
        "居委会",
        "浴",
        "哈哈哈",
        "長寧",
        "ｗｉｆｉ",
    ),
    *(
        "volunteer",
        "Volunteering",
        "teaching",
        "English",
        "reading to children",
        "first-aid",
        "don't",
        "wi-fi",
    ),
    *("changning", "cn", "jiangsu", "js", "cnq", "tian", "x", "2026", "3楼", "的", "the", "🙂", "("),
)
TAGS = ("elderly_care", "bathing", "education", "english", "first_aid", "evening")
AREAS = ("310105010001", "310105010002", "310105020003", "310104003001", "310115", "")
OF_THE_FIELD = Readings(
    {"长宁": ("chang", "ning")}, Segmenter({"江苏路", "急救员", "助浴", "陪老人", "志愿", "天平路"})
)
HERE = Point(31.2204, 121.4242)


def documents(dice: random.Random, number: int) -> list[Document]:
    return [_document(dice, f"need:{each}") for each in range(number)]


def _document(dice: random.Random, id_: str) -> Document:
    def some(most: int) -> tuple[str, ...]:
        return tuple(dice.choices(WORDS, k=dice.randint(0, most)))

    place = Point(HERE.latitude + dice.uniform(-0.2, 0.2), HERE.longitude + dice.uniform(-0.2, 0.2))
    return Document(
        id=id_,
        kind=dice.choice(("need", "organisation")),
        version=1,
        title=dice.choice(("", " ", "、")).join(some(4)),
        body=" ".join(some(8)) + "".join(some(8)),
        keywords=some(3),
        names=some(2),
        sounds=tuple(dice.sample(("chang ning", "jiang su lu", "tian ping"), k=dice.randint(0, 2))),
        area_code=dice.choice(AREAS),
        category=dice.choice((*TAGS, "")),
        tags=tuple(dice.sample(TAGS, k=dice.randint(0, 3))),
        flags=tuple(dice.sample(("takes_people", "asks:", "asks:first_aid"), k=dice.randint(0, 2))),
        starts_at=tuple(sorted(dice.sample(range(100), k=dice.randint(0, 3)))),
        open_starts_at=tuple(sorted(dice.sample(range(100), k=dice.randint(0, 2)))),
        published_at=dice.choice((None, dice.randrange(100))),
        minimum_age=dice.choice((0, 16, 18)),
        place=dice.choice((None, place)),
    )


def searches(dice: random.Random, number: int) -> list[Query]:
    return [_search(dice) for _ in range(number)]


def _search(dice: random.Random) -> Query:
    words = dice.choices(WORDS, k=dice.choice((0, 1, 1, 1, 2, 2, 3)))
    text = dice.choice(("", " ", "、")).join(words)
    if text and dice.random() < 0.2:
        text = text[: dice.randint(1, len(text))]
    clauses = [_clause(dice) for _ in range(dice.choice((0, 0, 1, 1, 2)))]
    return Query(text=text, clauses=tuple(clauses))


def _clause(dice: random.Random) -> Clause:
    values = tuple(dice.choices((*TAGS, "nobody_has_this"), k=dice.randint(0, 2)))
    code = dice.choice(AREAS)
    day = dice.randrange(100)
    return dice.choice(
        (
            AnyOf(Label.TAG, values),
            AnyOf(Label.CATEGORY, values),
            AnyOf(Label.KIND, ("need",)),
            AnyOf(Label.FLAG, ("takes_people",)),
            AnyOf(Label.DISTRICT, ("310105", "310115")),
            Within((code[: dice.randint(0, 12)],)),
            Within((code, dice.choice(AREAS)[:6])),
            Between(Number.STARTS_AT, dice.choice((None, day)), dice.choice((None, day + 20))),
            Between(Number.OPEN_STARTS_AT, day, None),
            Between(Number.PUBLISHED_AT, day, None),
            Between(Number.MINIMUM_AGE, None, 17),
            Near(HERE, dice.choice((0.0, 800.0, 5_000.0, 20_000.0, 9_000_000.0))),
        )
    )


def found_strictly(index: EmbeddedIndex, query: Query) -> set[str]:
    """What the engine finds before it begins to forgive."""
    found = index.search(Query(text=query.text, clauses=query.clauses, limit=1_000))
    return set() if found.approximate else {hit.id for hit in found.hits}


def met(saved: SavedSearches[int], some: Sequence[Document]) -> dict[int, set[str]]:
    """The documents by search."""
    matches: dict[int, set[str]] = {}
    for document in some:
        for number in saved.matching(document):
            matches.setdefault(number, set()).add(document.id)
    return matches


@pytest.mark.parametrize("readings", [CHANGNING, OF_THE_FIELD], ids=["general", "of the field"])
@pytest.mark.parametrize("seed", range(4))
def test_a_search_meets_exactly_the_documents_that_the_engine_finds(
    seed: int, readings: Readings, folder: Path
) -> None:
    dice = random.Random(seed)
    some, asked = documents(dice, 60), searches(dice, 150)
    index = rebuilt(EmbeddedIndex(folder, readings), some)
    saved = SavedSearches[int](readings)
    for number, query in enumerate(asked):
        saved.put(number, query)
    matches = met(saved, some)
    expected = {number: found_strictly(index, query) for number, query in enumerate(asked)}
    assert sum(map(len, expected.values())) > 200
    for number, query in enumerate(asked):
        assert matches.get(number, set()) == expected[number], query


@settings(deadline=None, max_examples=60)
@given(
    titles=st.lists(st.text(max_size=12), min_size=1, max_size=4),
    texts=st.lists(st.text(max_size=6), min_size=1, max_size=6),
)
def test_any_text_at_all_meets_what_it_finds(titles: list[str], texts: list[str], folders: Path) -> None:
    some = [need(f"need:{number}", title, names=(title,)) for number, title in enumerate(titles)]
    asked = [Query(text=text) for text in (*texts, *titles, *(title[:2] for title in titles))]
    index = rebuilt(EmbeddedIndex(folders / "any", CHANGNING), some)
    saved = SavedSearches[int](CHANGNING)
    for number, query in enumerate(asked):
        saved.put(number, query)
    matches = met(saved, some)
    for number, query in enumerate(asked):
        assert matches.get(number, set()) == found_strictly(index, query), query


def test_searches_that_ask_the_same_are_judged_once_and_all_found() -> None:
    saved = SavedSearches[str]()
    for name in ("林", "陈", "王"):
        saved.put(name, Query(text="助浴"))
    saved.put("英", Query(text="助浴", sort=Sort.NEWEST, limit=3))
    assert (len(saved), saved.distinct) == (4, 1)
    assert saved.matching(need("n", "老人助浴")) == {"林", "陈", "王", "英"}


def test_a_replaced_search_asks_only_what_it_asks_now() -> None:
    saved = SavedSearches[str]()
    saved.put("林", Query(text="助浴"))
    saved.put("林", Query(text="读报"))
    assert saved.matching(need("n", "老人助浴")) == set()
    assert saved.matching(need("n", "读报陪伴")) == {"林"}
    assert (len(saved), saved.distinct) == (1, 1)


def test_a_removed_search_meets_nothing_and_leaves_nothing_behind() -> None:
    saved = SavedSearches[str]()
    queries = searches(random.Random(7), 200)
    for number, query in enumerate(queries):
        saved.put(str(number), query)
    for number in range(len(queries)):
        saved.remove(str(number))
    saved.remove("never there")
    assert (len(saved), saved.distinct, "0" in saved) == (0, 0, False)
    assert not saved._filed and not saved._asked


def test_a_search_for_everything_meets_everything_and_one_for_no_word_meets_nothing() -> None:
    saved = SavedSearches[str]()
    saved.put("everything", Query())
    saved.put("nothing", Query(text="🙂"))
    assert saved.matching(need("n", "任何事")) == {"everything"}
    assert len(saved) == 2
    saved.put("nothing", Query(text="任何"))
    assert saved.matching(need("n", "任何事")) == {"everything", "nothing"}


def test_a_search_is_filed_under_what_the_fewest_ask() -> None:
    saved = SavedSearches[str]()
    district = Within(("310105",))
    for number in range(50):
        saved.put(f"district {number}", Query(text=f"服务{number}", clauses=(district,)))
    saved.put("rare", Query(text="助浴", clauses=(district,)))
    assert [key for key, wanted in saved._filed.items() for one in wanted if "rare" in one.ids] == [
        "p助浴",
        "g助浴",
    ]


@pytest.mark.parametrize(
    "near", [Near(Point(89.9, 0), 50_000), Near(Point(0, 179.99), 50_000), Near(HERE, 3_000_000)]
)
def test_circles_over_a_pole_the_date_line_or_half_the_world_are_judged_too(near: Near) -> None:
    saved = SavedSearches[str]()
    saved.put("near", Query(clauses=(near,)))
    assert saved.matching(need("n", place=near.point)) == {"near"}
    assert saved.matching(need("n", place=Point(-80, 10))) == set()
    assert saved.matching(need("n")) == set()
