"""Works a scorecards dump out anew, from its files alone, and tells everything that does not come out as it was published.

No database, no word of the house: ratings are added up, C is made of them, the formula is applied, facts are counted from what they are made
of. Differences come in the order of the files.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import date

from marketplace.delivery import formula
from marketplace.delivery.formula import Model
from marketplace.delivery.scorecards import counting
from marketplace.opendata import scorecard_check_facts as facts
from marketplace.opendata import scorecard_files as files
from marketplace.opendata.scorecard_files import Source
from marketplace.opendata.scorecard_sums import Adding, Cell
from marketplace.opendata.scorecard_values import Difference, Unreadable, read

_LARGEST_MODEL = _LARGEST_SUMS = 1 << 20


@dataclass(slots=True)
class Checked:
    """How much was worked out."""

    period: str = ""
    ratings: int = 0
    scorecards: int = 0
    cities: int = 0
    facts: int = 0


class Check:
    """One dump being worked out. ``checked`` tells how much, once ``differences`` has come to its end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._published: set[Cell] = set()
        self.checked = Checked()

    def differences(self) -> Iterator[Difference]:
        """Everything that does not come out. Without all of its files a dump cannot be worked out at all."""
        here = self._source.names()
        missing = [
            Difference("missing_file", name) for name in (*files.FILES, files.SUMS) if name not in here
        ]
        yield from missing
        if missing:
            return
        yield from self._hashes()
        try:
            model, as_of = self._model()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            yield Difference("model", files.MODEL)
            return
        adding = Adding(model, as_of)
        parts = (
            adding.differences(self._source),
            self._cities(adding, model),
            self._scorecards(adding, model),
            self._cells(adding, model),
            facts.differences(self._source, self.checked),
        )
        for part in parts:
            try:
                yield from part
            except Unreadable as error:
                yield error.difference
        self.checked.ratings, self.checked.scorecards = adding.ratings, len(self._published)

    def _hashes(self) -> Iterator[Difference]:
        with self._source.opened(files.SUMS) as opened:
            lines = opened.read(_LARGEST_SUMS).decode("utf-8", "replace").splitlines()
        told = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        for name in files.FILES:
            with self._source.opened(name) as opened:
                if files.digest(opened) != told.get(name):
                    yield Difference("hash", name)

    def _model(self) -> tuple[Model, date]:
        """Raises ValueError, KeyError, TypeError, AttributeError, RecursionError where it is none that this program knows."""
        with self._source.opened(files.MODEL) as opened:
            told = json.loads(opened.read(_LARGEST_MODEL))
        versions = (files.FORMAT, formula.VERSION, counting.VERSION)
        if (told["format"], told["formula"], told["counting"]) != versions:
            raise ValueError("another version")
        model = Model.of(told["rules"])
        values = [getattr(model, one.name) for one in fields(model)]
        if told["model"] != asdict(model) or not all(type(one) is int and one >= 0 for one in values):
            raise ValueError("another model")
        if not model.prior_weight or not model.half_life_days or told["as_of"] != told["period"]["until"]:
            raise ValueError("another model")
        self.checked.period = f"{told['period']['from']} – {told['period']['until']}"[:40]
        return model, date.fromisoformat(told["as_of"])

    def _cities(self, adding: Adding, model: Model) -> Iterator[Difference]:
        seen: set[str] = set()
        for row in read(self._source, files.CITY):
            code = row.text("service_type")
            if code in seen:
                yield row.differs("service_type")
            seen.add(code)
            city = adding.city(code)
            found = asdict(city) | {"mean": formula.ten_thousandths(city.mean(model))}
            yield from row.compared(code, found)
        for code in sorted(adding.service_types - seen):
            yield Difference("missing_row", files.CITY, code)
        self.checked.cities = len(seen)

    def _scorecards(self, adding: Adding, model: Model) -> Iterator[Difference]:
        for row in read(self._source, files.SCORECARDS):
            about = _about(row.cell)
            if row.cell in self._published:
                yield row.differs("provider_id")
            self._published.add(row.cell)
            known = adding.cells.get(row.cell)
            if known is None:
                yield Difference("no_ratings", files.SCORECARDS, about)
                continue
            score = formula.score(known.sums, known.raters, adding.city(row.cell[1]), model)
            if not score.is_public:
                yield Difference("too_few", files.SCORECARDS, about, told=str(known.raters))
            found = asdict(score) | asdict(known.sums) | {"raters": known.raters, "band": score.band.value}
            del found["is_public"]
            yield from row.compared(about, found | dict(known.others))
        for cell in sorted(adding.cells.keys() - self._published):
            yield Difference("missing_row", files.SCORECARDS, _about(cell))

    def _cells(self, adding: Adding, model: Model) -> Iterator[Difference]:
        seen: set[Cell] = set()
        for row in read(self._source, files.CELLS):
            about = _about(row.cell)
            if row.cell in seen:
                yield row.differs("provider_id")
            seen.add(row.cell)
            counted = {name: row.number(name) for name in ("tickets", "answered", "held", "hidden", "raters")}
            is_published = row.cell in self._published
            yield from row.compared(about, {"is_published": is_published})
            if is_published and row.cell in adding.cells:
                yield from row.compared(about, {"raters": adding.cells[row.cell].raters})
            if counted["answered"] > counted["tickets"]:
                yield row.differs("answered")
        for cell in sorted(self._published - seen):
            yield Difference("missing_row", files.CELLS, _about(cell))


def _about(cell: Cell) -> str:
    return f"{cell[0]} {cell[1]}"[:120]
