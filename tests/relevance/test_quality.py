"""Search answers people: floors under the relevance set's report half, and no two-character word is lost.

The floors are a little below what was measured, so that a change that makes search worse is seen; `python -m benchmarks.relevance` says more.
"""

from benchmarks.relevance import measuring
from benchmarks.relevance.city import Searched
from benchmarks.relevance.judging import Half, relevance_set


def test_people_find_what_they_mean(searched: Searched) -> None:
    measured = measuring.measure(searched, [one for one in relevance_set() if one.half is Half.REPORT])
    assert measuring.mean_ndcg(measured) >= 0.9
    assert measuring.mean_recall(measured) >= 0.9


def test_two_character_words_of_titles_names_and_places_are_found(searched: Searched) -> None:
    looked_up = measuring.two_characters_in_names(searched)
    assert looked_up.words > 300
    assert looked_up.recall >= 0.99, looked_up.missed


def test_two_character_words_of_descriptions_are_found(searched: Searched) -> None:
    assert measuring.two_characters_in_descriptions(searched).recall >= 0.99
