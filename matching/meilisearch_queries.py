"""Turns a query into Meilisearch's: alternatives of words that must all be there, a filter, an order. No text of a person is ever parsed.

The server knows no "or" between words, but it unites queries ("federation"), counts what is found once, and counts facets over all of it. So a
query of ours becomes a few of its own, each a conjunction of terms in quotes. What it does otherwise than the embedded engine: a last word that
is an inflected English form is taken for complete; of more than six words it forgives any one, or all but one, and nothing between; a shorter
word is not taken for a longer Chinese one, and names that share a character with one come no sooner.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice, product
from typing import Any, Final

from matching import text
from matching.index import AnyOf, Between, Clause, Label, Near, Number, Query, Sort, Within
from matching.meilisearch_documents import (
    AREA,
    BODY,
    DATE,
    HEADING,
    KEY,
    LIVE,
    LONGEST_PART,
    LOOSE,
    NEWEST,
    PLACE,
    SOUNDS,
    beginning,
    key_of,
    label_value,
    whole,
    within_numbers,
)

STRICT: Final = (HEADING, SOUNDS, BODY)
"""The attributes that a search for exact words looks into."""
FORGIVING: Final = (*STRICT, LOOSE)
RETRIEVED: Final = (
    "id",
    Label.KIND.value,
    Number.STARTS_AT.value,
    Number.OPEN_STARTS_AT.value,
    DATE,
    NEWEST,
    PLACE,
)
MOST_WORDS: Final = 10
"""Words of a query that are asked for: the server reads no more."""

_SHORTEST_FUZZY: Final = 4
_MOST_ALTERNATIVES: Final = 16
_MOST_FORGIVING: Final = 6


def strict(words: Sequence[str]) -> list[str]:
    """Every word must match: exactly, by stem or by sound, and the last one also by its beginning."""
    alternatives = [_exact(word) for word in words[:-1]] + [[*_exact(words[-1]), *_beginning(words[-1])]]
    return list(
        dict.fromkeys(" ".join(chosen) for chosen in islice(product(*alternatives), _MOST_ALTERNATIVES))
    )


def tolerant(words: Sequence[str], missing: int) -> list[str]:
    """All but so many words must match, and a Latin word may be misspelt."""
    are_too_many = len(words) > _MOST_FORGIVING and missing < len(words) - 1
    kept = combinations(words, len(words) - (1 if are_too_many else missing))
    return list(dict.fromkeys(" ".join(map(_nearly, some)) for some in kept))


def params(query: Query, texts: Sequence[str], searched: Sequence[str], uid: str) -> list[dict[str, Any]]:
    """The queries to unite, for an index and the attributes to search."""
    common = {
        "indexUid": uid,
        "filter": [*filters(query.clauses), *_except_for(query.without)],
        "sort": order(query),
        "matchingStrategy": "all",
        "attributesToRetrieve": list(RETRIEVED),
        "showRankingScore": True,
    }
    if not texts:
        return [common]
    return [common | {"q": one, "attributesToSearchOn": list(searched)} for one in texts]


def order(query: Query) -> list[str]:
    """What hits are sorted by; nothing for relevance, which the ranking rules know."""
    if query.order is Sort.RELEVANCE:
        return []
    if query.order is Sort.DISTANCE and query.near is not None:
        point = query.near.point
        return [f"_geoPoint({point.latitude}, {point.longitude}):asc", "id:asc"]
    return [f"{NEWEST}:desc" if query.order is Sort.NEWEST else f"{DATE}:asc", "id:asc"]


def filters(clauses: Sequence[Clause]) -> list[str]:
    """Conditions that must all hold; only what is live is ever found."""
    return [f"{LIVE} = 1", *(_filter(clause) for clause in clauses)]


def _except_for(ids: Sequence[str]) -> list[str]:
    return [f"{KEY} NOT IN [{', '.join(map(key_of, ids))}]"] if ids else []


def _filter(clause: Clause) -> str:
    match clause:
        case AnyOf(label, values):
            return _any(label.value, values)
        case Within(prefixes):
            return _any(AREA, prefixes)
        case Between(number, None, None):
            return f"{number.value} EXISTS AND {number.value} IS NOT EMPTY"
        case Between(number, least, None) if least is not None:
            return f"{number.value} >= {within_numbers(least)}"
        case Between(number, None, most) if most is not None:
            return f"{number.value} <= {within_numbers(most)}"
        case Between(number, least, most):
            # One value must lie between, not one above and another below: the server's TO is one range.
            return f"{number.value} {within_numbers(least or 0)} TO {within_numbers(most or 0)}"
        case Near(point, metres):
            return f"_geoRadius({point.latitude}, {point.longitude}, {metres})"


def _any(attribute: str, values: Sequence[str]) -> str:
    # Every value begins with a sign, so nothing equals this one.
    wanted = [label_value(value) for value in values] or ["nothing"]
    return f"{attribute} IN [{', '.join(map(_quoted, wanted))}]"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _exact(word: str) -> list[str]:
    if text.is_han(word):
        return [" ".join(_term(whole(part)) for part in _pieces(word))]
    return [_term(whole(text.stem(word)))]


def _beginning(word: str) -> list[str]:
    if text.is_han(word):
        return [_term(beginning(word))] if len(word) <= LONGEST_PART else []
    return [_term(beginning(word))] if text.stem(word) == word else []


def _pieces(word: str) -> Iterator[str]:
    """A long name in pieces of at most the longest part."""
    return (word[start : start + LONGEST_PART] for start in range(0, len(word), LONGEST_PART))


def _nearly(word: str) -> str:
    if text.is_latin(word) and len(word) >= _SHORTEST_FUZZY:
        return word
    return " ".join([*_beginning(word), *_exact(word)][:1])


def _term(spelt: str) -> str:
    """In quotes the server neither forgives nor completes."""
    return f'"{spelt}"'
