"""Codes become bits: each field has its words of 64, and a code keeps its bit for as long as the arrays live."""

from collections.abc import Iterable, Mapping

WORD = 64
MOST_DISTRICTS = 255

WORDS: Mapping[str, int] = {"qualification": 1, "skill": 2, "language": 1, "interest": 2, "training": 2}
"""Words of 64 bits a field: three times what a city's catalogue begins with. `words_for` makes room for more."""


def words_for(codes: Mapping[str, int]) -> dict[str, int]:
    """Words for so many codes by field, with room for as many again; never fewer than WORDS."""
    return {field: max(least, -(-2 * codes.get(field, 0) // WORD)) for field, least in WORDS.items()}


class VocabularyIsFull(Exception):
    """A field has more codes than bits: make the arrays with more words for `field`, and rebuild them."""

    def __init__(self, field: str) -> None:
        super().__init__(f"no bit is left for another {field}")
        self.field = field


class Vocabulary:
    """Codes by field, in the order in which they came, and districts numbered from 1 (0: not known)."""

    def __init__(
        self,
        words: Mapping[str, int] = WORDS,
        codes: Mapping[str, Iterable[str]] | None = None,
        districts: Iterable[str] = (),
    ) -> None:
        self.words = dict(words)
        known = codes or {}
        self._bits = {
            field: {code: bit for bit, code in enumerate(known.get(field, ()))} for field in self.words
        }
        self._districts = {district: number for number, district in enumerate(districts, start=1)}

    @property
    def size(self) -> int:
        """How many codes and districts it holds: it only grows."""
        return sum(map(len, self._bits.values())) + len(self._districts)

    def as_plain(self) -> dict[str, object]:
        """Everything, as JSON can hold it; `Vocabulary(**plain)` is the same again."""
        return {
            "words": self.words,
            "codes": {field: list(bits) for field, bits in self._bits.items()},
            "districts": list(self._districts),
        }

    def learned(self, field: str, codes: Iterable[str]) -> tuple[int, ...]:
        """The codes as words; a new code gets the next bit. Raises VocabularyIsFull."""
        bits = self._bits[field]
        for code in sorted(set(codes) - bits.keys()):
            if len(bits) == self.words[field] * WORD:
                raise VocabularyIsFull(field)
            bits[code] = len(bits)
        return self.known(field, codes)

    def known(self, field: str, codes: Iterable[str]) -> tuple[int, ...]:
        """The codes as words; a code that nobody in the arrays has is left out."""
        bits = self._bits[field]
        words = [0] * self.words[field]
        for code in codes:
            bit = bits.get(code)
            if bit is not None:
                words[bit // WORD] |= 1 << (bit % WORD)
        return tuple(words)

    def codes(self, field: str) -> frozenset[str]:
        """Every code of a field that has a bit."""
        return frozenset(self._bits[field])

    def learned_district(self, district: str | None) -> int:
        """The number of a district, a new one included; 0 for none. Raises VocabularyIsFull."""
        if district is None:
            return 0
        if district not in self._districts:
            if len(self._districts) == MOST_DISTRICTS:
                raise VocabularyIsFull("district")
            self._districts[district] = len(self._districts) + 1
        return self._districts[district]

    def known_district(self, district: str | None) -> int | None:
        """The number of a district, 0 for none, None for one that nobody in the arrays is in."""
        return 0 if district is None else self._districts.get(district)
