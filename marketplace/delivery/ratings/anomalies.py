"""Which ratings of a period look bought, ordered or vengeful, and why: rows in, causes with evidence out. Pure; auditors decide.

Bursts follow Fei, Mukherjee, Liu, Hsu, Castellanos and Ghosh, "Exploiting Burstiness in Reviews for Review Spammer Detection"
(ICWSM 2013), and Xie, Wang, Lin and Yu, "Review Spam Detection via Temporal Pattern Discovery" (KDD 2012): many at once are
suspicious when their scores move too. Extremity and duplicate words follow Lim, Nguyen, Jindal, Liu and Lauw, "Detecting Product
Review Spammers using Rating Behaviors" (CIKM 2010); groups that act together Mukherjee, Liu and Glance, "Spotting Fake Reviewer
Groups in Consumer Reviews" (WWW 2012).

Nothing is suspicious by one sign that honest people give as well: a class of forty rates in the same ten minutes, a centre's visitors
share one address and often one make of phone, a beloved helper has fives only, and "很好谢谢" is written a thousand times. So a crowd
also needs scores that chance does not give or one place; a source needs scores that stand out; a shift needs suddenness or
company.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from marketplace.delivery.formula import SIXTIETHS
from marketplace.delivery.ratings.anomaly_rows import (
    HIGHEST_FROM,
    LOWEST_UP_TO,
    Cell,
    Finding,
    Given,
    Limits,
    Past,
    Side,
    deviations,
    sides,
    span_of,
    uniform,
)
from marketplace.kernel.clock import local_day

BURST, SAME_SOURCE, IDENTICAL_TEXT, LINKED, MEAN_SHIFT = CAUSES = (
    "burst",
    "same_source",
    "identical_text",
    "linked",
    "mean_shift",
)

_ALIKE: Final = 0.9
_RARELY: Final = 0.001
_SELDOM: Final = 0.01
_BUSIER: Final = 3
"""A crowd is one when it is so many times what the provider is used to on a day with ratings."""
_OWN: Final = 0.5
"""Of what comes from a source, at least this part is about the provider; else it is a carrier's address or a common device."""
_TOGETHER: Final = 5
"""From so many on, answers to one delivery come together because its tickets went out together."""
_STOCK_PROVIDERS, _LONG_TEXT = 3, 20
_LEAST_SPREAD: Final = 30.0
_ENOUGH: Final = 10
_APART: Final = 1.5
"""So many standard errors from what others say stand out."""
_SUDDEN: Final = 0.25


def find(given: Sequence[Given], past: Mapping[Cell, Past], limits: Limits) -> list[Finding]:
    """What is to be held of a period's ratings, each rating at most once for each cause."""
    city = _City(given)
    by_cell: dict[Cell, list[Given]] = defaultdict(list)
    for row in given:
        by_cell[row.cell].append(row)
    found: list[Finding] = []
    for cell, rows in by_cell.items():
        rows.sort(key=lambda row: (row.given_at, row.id))
        one = _Provider(cell, rows, past.get(cell, Past()), city, limits)
        for finding in (one.linked, one.sources, one.texts, one.bursts, one.shifts):
            found += finding()
    return found


class _City:
    """What is usual in the period beyond one provider: ends of the scale by service type, sources and texts by provider."""

    def __init__(self, given: Iterable[Given]) -> None:
        self._counts: dict[str, Counter[str]] = defaultdict(Counter)
        self._own: dict[Cell, Counter[str]] = defaultdict(Counter)
        self.sources: Counter[tuple[str, bytes]] = Counter()
        self.writers: dict[bytes, set[UUID]] = defaultdict(set)
        for row in given:
            ends = ["all"]
            ends += ["high"] if row.sixtieths >= HIGHEST_FROM else []
            ends += ["low"] if row.sixtieths <= LOWEST_UP_TO else []
            self._counts[row.cell[1]].update(ends)
            self._own[row.cell].update(ends)
            self.sources.update(_sources(row))
            if row.text is not None:
                self.writers[row.text].add(row.cell[0])

    def elsewhere(self, cell: Cell) -> tuple[int, int, int]:
        """How many ratings others have for the same service, how many of them high and low."""
        whole, own = self._counts[cell[1]], self._own[cell]
        return (
            whole["all"] - own["all"],
            whole["high"] - own["high"],
            whole["low"] - own["low"],
        )


class _Provider:
    """One provider's ratings of one service type in the period, in the order in which they were given."""

    def __init__(self, cell: Cell, rows: Sequence[Given], past: Past, city: _City, limits: Limits) -> None:
        self._cell, self._rows, self._past, self._city, self._limits = cell, rows, past, city, limits
        self._alone = [row for row in rows if row.assisted_by is None]

    def linked(self) -> Iterator[Finding]:
        """Raters who are, or act for, the supplier itself."""
        for row in self._rows:
            if row.link is not None:
                yield Finding(row.id, LINKED, {"link": row.link})

    def sources(self) -> Iterator[Finding]:
        """Many raters behind one device or address, and one helper whose slips all say the same extreme."""
        groups: dict[tuple[str, bytes], list[Given]] = defaultdict(list)
        for row in self._alone:
            for source in _sources(row):
                groups[source].append(row)
        told: set[UUID] = set()
        number = 0
        for (kind, mark), rows in sorted(groups.items(), key=lambda item: item[0][0], reverse=True):
            if len(rows) < _OWN * self._city.sources[kind, mark]:
                continue
            close = self._of_one_hand(kind, rows)
            if not close:
                continue
            number += 1
            yield from self._group(kind, number, [row for row in close if row.id not in told])
            told.update(row.id for row in close)
        yield from self._helpers(number)

    def texts(self) -> Iterator[Finding]:
        """The same words by several people, unless they are short and said everywhere."""
        groups: dict[bytes, list[Given]] = defaultdict(list)
        for row in self._alone:
            if row.text is not None and row.text_length >= self._limits.text_characters:
                groups[row.text].append(row)
        for text, rows in groups.items():
            raters = {row.rater for row in rows}
            is_stock = (
                rows[0].text_length < _LONG_TEXT
                and len(self._city.writers[text] - {self._cell[0]}) >= _STOCK_PROVIDERS
            )
            if len(raters) < self._limits.text_ratings or is_stock:
                continue
            evidence = {"raters": len(raters), "ratings": len(rows), "characters": rows[0].text_length}
            for row in rows:
                yield Finding(row.id, IDENTICAL_TEXT, evidence | span_of(rows))

    def bursts(self) -> Iterator[Finding]:
        """Crowds beyond the provider's rhythm whose scores or whose place speak against chance."""
        crowds = list(self._crowds())
        crowded = {row.id for crowd in crowds for row in crowd}
        quiet = [row for row in self._alone if row.id not in crowded]
        ends = sides(self._past, [row.sixtieths for row in quiet], self._city.elsewhere(self._cell))
        rhythm = self._rhythm(quiet)
        for crowd in crowds:
            if (
                len({row.rater for row in crowd}) < self._limits.burst_ratings
                or len(crowd) <= _BUSIER * rhythm
            ):
                continue
            side = uniform(crowd, ends, share=_ALIKE, chance_below=_RARELY)
            place = self._one_place(crowd)
            # Tickets that went out together come back together: such a crowd needs both signs.
            if (side is None or not place) if _came_together(crowd) else (side is None and not place):
                continue
            held = [row for row in crowd if row.id in place or (side is not None and side.holds(row))]
            evidence: dict[str, Any] = {
                "ratings": len(crowd),
                "raters": len({row.rater for row in crowd}),
                "usual_a_day": round(rhythm, 1),
                "side": side.name if side else None,
                "from_one_place": len(place),
                "deliveries": len({row.delivery_id for row in crowd}),
                **span_of(crowd),
            }
            for row in held:
                yield Finding(row.id, BURST, evidence)

    def shifts(self) -> Iterator[Finding]:
        """So many in a row that the history does not explain, and which came suddenly, alike or in company."""
        size = self._limits.shift_ratings
        count, total, squares = self._past.ratings, self._past.total, self._past.squares
        told: set[UUID] = set()
        for start in range(len(self._rows) - size + 1):
            if count >= size:
                window = self._rows[start : start + size]
                for finding in self._shift(window, (count, total, squares)):
                    if finding.rating_id not in told:
                        told.add(finding.rating_id)
                        yield finding
            value = self._rows[start].sixtieths
            count, total, squares = count + 1, total + value, squares + value * value

    def _shift(self, window: Sequence[Given], past: tuple[int, int, int]) -> Iterator[Finding]:
        mean_now = sum(row.sixtieths for row in window) / len(window)
        sigmas = deviations(mean_now, len(window), past, _LEAST_SPREAD)
        if abs(sigmas) * 10 <= self._limits.shift_sigmas_tenths:
            return
        side = Side("high" if sigmas > 0 else "low", 0.0)
        held = [row for row in window if side.holds(row) and row.assisted_by is None]
        signs = self._company(window, held)
        if not signs:
            return
        evidence = {
            "ratings": len(window),
            "mean_hundredths": round(mean_now * 100 / SIXTIETHS),
            "before_hundredths": round(past[1] * 100 / SIXTIETHS / past[0]),
            "before_ratings": past[0],
            "sigmas_tenths": round(abs(sigmas) * 10),
            "side": side.name,
            "signs": signs,
            **span_of(window),
        }
        for row in held:
            yield Finding(row.id, MEAN_SHIFT, evidence)

    def _company(self, window: Sequence[Given], held: Sequence[Given]) -> list[str]:
        """What else speaks against a shift that the service itself explains: it came at once, from one device, in the same words."""
        signs = []
        took = window[-1].given_at - window[0].given_at
        if self._past.spread_days and self._past.ratings:
            usual = timedelta(days=self._past.spread_days * len(window) / self._past.ratings)
            if took <= usual * _SUDDEN and len({row.rater for row in held}) * 2 > len(window):
                signs.append("sudden")
        for name, marks in (
            ("device", Counter(mark for row in held for kind, mark in _sources(row) if kind == "device")),
            ("text", Counter(row.text for row in held if row.text is not None)),
        ):
            if marks and marks.most_common(1)[0][1] >= 3:
                signs.append(name)
        return signs

    def _crowds(self) -> Iterator[list[Given]]:
        """Stretches in which every rating has enough others within the burst's minutes around it."""
        rows, most = self._alone, self._limits.burst_ratings
        crowd: list[Given] = []
        reached = end = 0
        for start, row in enumerate(rows):
            while end < len(rows) and rows[end].given_at - row.given_at <= self._limits.burst:
                end += 1
            if end - start < most:
                continue
            if start >= reached and crowd:
                yield crowd
                crowd = []
            crowd += rows[max(start, reached) : end]
            reached = end
        if crowd:
            yield crowd

    def _rhythm(self, quiet: Sequence[Given]) -> float:
        """Ratings on a day with any, before or in the quiet part of the period, whichever is more."""
        days = len({local_day(row.given_at) for row in quiet})
        before = self._past.ratings / self._past.active_days if self._past.active_days else 0.0
        return max(before, len(quiet) / days if days else 0.0)

    def _one_place(self, crowd: Sequence[Given]) -> set[UUID]:
        """The ratings of the crowd from its commonest device or address, when they are most of it."""
        place: set[UUID] = set()
        for kind in ("device", "address"):
            marks = Counter(mark for row in crowd for name, mark in _sources(row) if name == kind)
            if not marks:
                continue
            mark, count = marks.most_common(1)[0]
            is_own = count >= _OWN * self._city.sources[kind, mark]
            if is_own and count > self._limits.source_ratings and count >= _OWN * len(crowd):
                place |= {row.id for row in crowd if (kind, mark) in _sources(row)}
        return place

    def _close_together(self, rows: Sequence[Given]) -> Sequence[Given]:
        """The stretch of ``rows`` within the source's days that has the most of them."""
        best, end = (0, 0), 0
        for start, row in enumerate(rows):
            while end < len(rows) and rows[end].given_at - row.given_at <= self._limits.near:
                end += 1
            if end - start > best[1] - best[0]:
                best = (start, end)
        return rows[best[0] : best[1]]

    def _of_one_hand(self, kind: str, rows: Sequence[Given]) -> Sequence[Given]:
        """The ratings from one source that are more than neighbours: too many within its days that stand out, or as many all period
        long that say the same extreme."""
        if len({row.rater for row in rows}) <= self._limits.source_ratings:
            return ()
        close, together = self._close_together(rows), _came_together(rows)
        if len({row.rater for row in close}) > self._limits.source_ratings:
            if kind == "device" and not together and self._stands_out(close):
                return close
            if not (kind == "address" and together) and self._is_uniform(close, _SELDOM):
                return close
        return rows if not together and self._is_uniform(rows, _RARELY) else ()

    def _stands_out(self, rows: Sequence[Given]) -> bool:
        """Whether these differ from what others say of the provider. A tablet in a hall says what everybody says, and whoever says
        that moves nothing; without enough others to compare with, many from one device stand out by themselves."""
        left = {row.id for row in rows}
        others = [row.sixtieths for row in self._rows if row.id not in left]
        count = self._past.ratings + len(others)
        if count < _ENOUGH:
            return True
        total = self._past.total + sum(others)
        squares = self._past.squares + sum(one * one for one in others)
        mean = sum(row.sixtieths for row in rows) / len(rows)
        return abs(deviations(mean, len(rows), (count, total, squares), _LEAST_SPREAD)) > _APART

    def _is_uniform(self, rows: Sequence[Given], chance_below: float) -> bool:
        return uniform(rows, self._ends_without(rows), share=_ALIKE, chance_below=chance_below) is not None

    def _helpers(self, number: int) -> Iterator[Finding]:
        by_helper: dict[UUID, list[Given]] = defaultdict(list)
        for row in self._rows:
            if row.assisted_by is not None:
                by_helper[row.assisted_by].append(row)
        for rows in by_helper.values():
            if len({row.rater for row in rows}) <= self._limits.source_ratings:
                continue
            side = uniform(rows, self._ends_without(rows), share=_ALIKE, chance_below=_RARELY)
            if side is not None:
                number += 1
                yield from self._group("helper", number, [row for row in rows if side.holds(row)])

    def _ends_without(self, rows: Sequence[Given]) -> tuple[Side, Side]:
        left = {row.id for row in rows}
        others = [row.sixtieths for row in self._rows if row.id not in left]
        return sides(self._past, others, self._city.elsewhere(self._cell))

    def _group(self, kind: str, number: int, rows: Sequence[Given]) -> Iterator[Finding]:
        if not rows:
            return
        evidence = {
            "source": kind,
            "group": number,
            "ratings": len(rows),
            "raters": len({row.rater for row in rows}),
            **span_of(rows),
        }
        for row in rows:
            yield Finding(row.id, SAME_SOURCE, evidence)


def _sources(row: Given) -> list[tuple[str, bytes]]:
    """Where a rating came from; what a helper typed came from the helper. What a browser tells of itself many tell alike: only
    together with the address it is a device."""
    if row.assisted_by is not None:
        return []
    found = [("address", row.address)] if row.address is not None else []
    return [*found, ("device", (row.address or b"") + row.device)] if row.device is not None else found


def _came_together(rows: Sequence[Given]) -> bool:
    """Whether most of these answer deliveries with many receivers: their tickets went out together."""
    by_delivery = Counter(row.delivery_id for row in rows)
    together = sum(count for count in by_delivery.values() if count >= _TOGETHER)
    return 2 * together >= len(rows)
