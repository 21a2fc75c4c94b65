"""Adds up the ratings of a dump, as they stand in its file: the sums of every named cell, and what C is made of."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from marketplace.delivery import formula
from marketplace.delivery.formula import City, Model, Sums
from marketplace.delivery.ratings.models import DIMENSIONS
from marketplace.opendata import scorecard_files as files
from marketplace.opendata.scorecard_files import Source
from marketplace.opendata.scorecard_values import Difference, Row, read

Cell: TypeAlias = tuple[str, str]
_STARS = 5
_HALF_STAR = formula.SIXTIETHS // 2
_OF_THE_NAMED = ("rater", "day", *DIMENSIONS, "should_continue", "assisted")


@dataclass(frozen=True, slots=True)
class CellSums:
    """What a cell's ratings come to. ``others`` are its distribution, dimensions and wishes, where enough people answered."""

    sums: Sums
    raters: int
    others: Mapping[str, int | None]


@dataclass(slots=True)
class _Cell:
    """A cell while its rows are read."""

    days: Counter[tuple[date, int]] = field(default_factory=Counter)
    raters: set[int] = field(default_factory=set)
    stars: Counter[int] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    would_continue: int = 0
    asked_to_continue: int = 0


class Adding:
    """All ratings of a dump, read once, a cell at a time. ``cells`` and ``cities`` are there when ``differences`` has come to its end."""

    def __init__(self, model: Model, as_of: date) -> None:
        self._model, self._as_of = model, as_of
        self.cells: dict[Cell, CellSums] = {}
        self._cities: dict[str, list[int]] = {}
        self.ratings = 0

    def city(self, service_type: str) -> City:
        """C of a service type, as the rows make it."""
        return City(*self._cities.get(service_type, (0, 0, 0)))

    @property
    def service_types(self) -> set[str]:
        """Those of which something makes part of C."""
        return set(self._cities)

    def differences(self, source: Source) -> Iterator[Difference]:
        """What single rows say that cannot be. Raises Unreadable."""
        cell: Cell | None = None
        added = _Cell()
        for row in read(source, files.RATINGS):
            if row.cell != cell:
                self._close(cell, added)
                cell, added = row.cell, _Cell()
                if cell in self.cells:
                    yield row.differs("provider_id")
            self.ratings += 1
            yield from self._of_city(row)
            yield from self._of_cell(row, added) if row.text("provider_id") else self._of_nobody(row)
        self._close(cell, added)

    def _of_city(self, row: Row) -> Iterator[Difference]:
        sixtieths = row.number("sixtieths")
        if not formula.SIXTIETHS <= sixtieths <= _STARS * formula.SIXTIETHS:
            yield row.differs("sixtieths")
        if row.is_yes("in_city"):
            sums = self._cities.setdefault(row.text("service_type"), [0, 0, 0])
            for at, value in enumerate((1, sixtieths, sixtieths**2)):
                sums[at] += value

    def _of_nobody(self, row: Row) -> Iterator[Difference]:
        """A rating whose provider is not named makes part of C, and says nothing else."""
        if not row.is_yes("in_city"):
            yield row.differs("in_city", "1")
        for name in _OF_THE_NAMED:
            if row.text(name):
                yield row.differs(name)

    def _of_cell(self, row: Row, added: _Cell) -> Iterator[Difference]:
        given_on, sixtieths = row.day("day"), row.number("sixtieths")
        age = (self._as_of - given_on).days
        if not 0 <= age < self._model.kept_days:
            yield row.differs("day")
        if age >= self._model.city_days and row.is_yes("in_city"):
            yield row.differs("in_city", "0")
        points = {name: row.number(name) for name in DIMENSIONS if row.text(name)}
        mean = Fraction(sum(points.values()) * formula.SIXTIETHS, len(points) or 1)
        if mean != sixtieths or not all(1 <= one <= _STARS for one in points.values()):
            yield row.differs("sixtieths", str(mean))
        added.days[given_on, sixtieths] += 1
        added.raters.add(row.number("rater"))
        added.stars[(sixtieths + _HALF_STAR) // formula.SIXTIETHS] += 1
        added.answers.update(points.keys())
        added.points.update(points)
        row.is_yes("assisted")
        if row.text("should_continue"):
            added.asked_to_continue += 1
            added.would_continue += row.is_yes("should_continue")

    def _close(self, cell: Cell | None, added: _Cell) -> None:
        if cell is None or not cell[0]:
            return
        least = self._model.smallest_cell
        others: dict[str, int | None] = {f"stars_{at}": added.stars[at] for at in range(1, _STARS + 1)}
        for name in DIMENSIONS:
            is_told = added.answers[name] >= least
            others[f"{name}_answers"] = added.answers[name] if is_told else None
            others[f"{name}_points"] = added.points[name] if is_told else None
        is_told = added.asked_to_continue >= least
        others["continue_yes"] = added.would_continue if is_told else None
        others["continue_asked"] = added.asked_to_continue if is_told else None
        days = ((given_on, sixtieths, count) for (given_on, sixtieths), count in added.days.items())
        sums = formula.add_up(days, self._as_of, self._model)
        self.cells[cell] = CellSums(sums, len(added.raters), others)
