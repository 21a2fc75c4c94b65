"""Saved searches: which of very many searches does one document match? Asked the other way round than an index is asked.

A percolator in the manner of publish/subscribe matching (Yan and Garcia-Molina, "Index structures for selective dissemination
of information under the Boolean model", 1994): every search is filed under the one of its conditions that the fewest searches
ask, a document looks up its own keys, and only what it meets there is judged. A search matches exactly when the embedded engine's
strict pass, the one that forgives nothing, would find the document with its words and clauses.
"""

import sys
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from matching.document_terms import DocumentTerms, terms_of
from matching.index import Document, Query
from matching.saved_conditions import EVERY_DOCUMENT, Condition, conditions_of, keys_of
from matching.text import Readings

Id = TypeVar("Id", bound=Hashable)


@dataclass(slots=True, eq=False)
class _Wanted(Generic[Id]):
    """One distinct set of conditions and everybody's searches that ask just these: many people look for the same."""

    conditions: tuple[Condition, ...]
    filed_under: tuple[str, ...]
    ids: set[Id] = field(default_factory=set)

    def matches(self, terms: DocumentTerms) -> bool:
        return all(condition.holds(terms) for condition in self.conditions)


class SavedSearches(Generic[Id]):
    """Searches by id, held in memory; a caller with several threads brings a lock.

    A different search takes about a kilobyte, one that asks what another asks about a tenth of it: a hundred thousand of a city
    take some 35 MiB.
    """

    def __init__(self, readings: Readings | None = None) -> None:
        self._readings = readings or Readings()
        self._by_id: dict[Id, tuple[Condition, ...] | None] = {}
        self._wanted: dict[tuple[Condition, ...], _Wanted[Id]] = {}
        self._filed: dict[str, set[_Wanted[Id]]] = {}
        self._asked: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, id_: Id) -> bool:
        return id_ in self._by_id

    @property
    def distinct(self) -> int:
        """How many different searches there are."""
        return len(self._wanted)

    def put(self, id_: Id, query: Query) -> None:
        """Adds a search, or replaces the one of that id. Its order, page and facets play no part."""
        conditions = conditions_of(query, self._readings.segmenter)
        if id_ in self._by_id and self._by_id[id_] == conditions:
            return
        self.remove(id_)
        self._by_id[id_] = conditions
        if conditions is None:
            return
        wanted = self._wanted.get(conditions)
        if wanted is None:
            wanted = self._file(conditions)
        wanted.ids.add(id_)

    def remove(self, id_: Id) -> None:
        """Forgets a search; one that is not there is no matter."""
        conditions = self._by_id.pop(id_, None)
        if conditions is None:
            return
        wanted = self._wanted[conditions]
        wanted.ids.discard(id_)
        if not wanted.ids:
            self._take_out(wanted)

    def matching(self, document: Document) -> set[Id]:
        """The searches that would find this document."""
        terms = terms_of(document, self._readings)
        found: set[Id] = set()
        for wanted in self._met(terms):
            if wanted.matches(terms):
                found |= wanted.ids
        return found

    def _met(self, terms: DocumentTerms) -> set[_Wanted[Id]]:
        """What is filed under any key of the document, each once."""
        return set().union(*(self._filed[key] for key in keys_of(terms) if key in self._filed))

    def _file(self, conditions: tuple[Condition, ...]) -> _Wanted[Id]:
        keys = [[sys.intern(key) for key in condition.filing_keys()] for condition in conditions]
        # Of two conditions asked equally often the first is taken, and words come first.
        rarest = min(keys, key=self._load, default=[EVERY_DOCUMENT])
        self._asked.update(key for some in keys for key in some)
        wanted: _Wanted[Id] = _Wanted(conditions, tuple(rarest))
        self._wanted[conditions] = wanted
        for key in wanted.filed_under:
            self._filed.setdefault(key, set()).add(wanted)
        return wanted

    def _take_out(self, wanted: _Wanted[Id]) -> None:
        del self._wanted[wanted.conditions]
        for key in (key for condition in wanted.conditions for key in condition.filing_keys()):
            self._asked[key] -= 1
            if not self._asked[key]:
                del self._asked[key]
        for key in wanted.filed_under:
            self._filed[key].discard(wanted)
            if not self._filed[key]:
                del self._filed[key]

    def _load(self, keys: list[str]) -> int:
        """How many searches ask for the most asked of these alternatives: what one document may have to pay for them."""
        return max((self._asked[key] for key in keys), default=0)
