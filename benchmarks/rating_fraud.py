"""Holding suspicious ratings: precision, recall, honest ratings held by mistake, and what it does to published scores. A made-up city.

A year of ratings of one service: honest providers small and large, with classes that rate together, a tablet in the hall, slips that
helpers enter, carriers' addresses, common phones, stock phrases, beloved providers and providers that really get worse; and on some of
them planted fraud. Each month is examined as the worker does it, by the shipped rule. Everything is drawn from one seed, so that a run can be repeated.
"""

import random
import time
import tomllib
from argparse import ArgumentParser
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from uuid import UUID

from marketplace.delivery import formula
from marketplace.delivery.ratings import anomalies
from marketplace.delivery.ratings.anomaly_rows import (
    HIGHEST_FROM,
    LOWEST_UP_TO,
    Cell,
    Given,
    Limits,
    Past,
)
from marketplace.kernel.clock import local_day

SERVICE = "elderly_care"
MONTHS = 12
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
CARRIERS = [f"carrier {number}".encode() for number in range(12)]
PHONES = [f"phone {number}".encode() for number in range(60)]
STOCK = [f"stock {number}".encode() for number in range(8)]


@dataclass
class Provider:
    """One provider: how good it is, how many rate it a month, and what kind of life it leads."""

    cell: Cell
    good: float
    monthly: int
    kind: str
    fives: float
    centre: bytes
    has_tablet: bool

    @property
    def is_small(self) -> bool:
        return self.monthly <= 8


@dataclass
class Made:
    """A rating with what we know of it and the examination does not."""

    row: Given
    fraud: str | None
    honest_as: str


@dataclass
class City:
    """Draws people, places and opinions."""

    draw: random.Random
    made: list[Made] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**9)))

    def id(self) -> UUID:
        return UUID(int=next(self.numbers))

    def moment(self, month: int) -> datetime:
        """A waking hour of some day of the month; 0:00 to 13:00 in UTC is 8:00 to 21:00 in Shanghai."""
        day = self.draw.randrange(27)
        return FIRST + timedelta(days=30 * month + day, minutes=self.draw.randrange(13 * 60))

    def stars(self, provider: Provider, good: float | None = None) -> int:
        """What somebody honest gives, in sixtieths: five dimensions around the provider's quality."""
        good = provider.good if good is None else good
        if self.draw.random() < provider.fives:
            return 300
        points = [min(5, max(1, round(self.draw.gauss(good, 0.8)))) for _ in range(5)]
        return sum(points) * 12

    def source(self) -> tuple[bytes, bytes]:
        """An address, of a home or of a carrier, and a make of phone; a few makes are common."""
        phone = PHONES[min(int(self.draw.paretovariate(0.9)) - 1, len(PHONES) - 1)]
        if self.draw.random() < 0.3:
            return self.draw.choice(CARRIERS), phone
        return b"home %d" % next(self.numbers), phone

    def words(self) -> tuple[bytes | None, int]:
        """Most write nothing, some a stock phrase, few something of their own."""
        luck = self.draw.random()
        if luck < 0.75:
            return None, 0
        if luck < 0.87:
            return self.draw.choice(STOCK), self.draw.randrange(4, 12)
        return b"own %d" % next(self.numbers), self.draw.randrange(8, 80)

    def add(
        self, provider: Provider, at: datetime, sixtieths: int, honest_as: str = "visit", fraud: str | None = None,
        **facts: Any,
    ) -> None:  # fmt: skip
        address, device = self.source()
        text, length = self.words()
        defaults: dict[str, Any] = {
            "id": self.id(), "cell": provider.cell, "delivery_id": self.id(), "rater": self.id(),
            "given_at": at, "sixtieths": sixtieths, "address": address, "device": device,
            "text": text, "text_length": length,
        }  # fmt: skip
        self.made.append(Made(Given(**{**defaults, **facts}), fraud, honest_as))


def providers(city: City, count: int) -> list[Provider]:
    """Half of them small; some beloved, some with classes, some with paper slips, some that get worse."""
    made = []
    for number in range(count):
        size = city.draw.choices((5, 25, 120), (5, 4, 1))[0]
        kind = city.draw.choices(("plain", "beloved", "classes", "slips", "declining"), (6, 1, 1, 1, 1))[0]
        good = city.draw.gauss(4.1, 0.35)
        made.append(
            Provider(
                cell=(UUID(int=10**12 + number), SERVICE),
                good=min(good + (0.6 if kind == "beloved" else 0), 4.95),
                monthly=max(1, round(size * city.draw.uniform(0.5, 1.5))),
                kind=kind,
                fives=0.85 if kind == "beloved" else city.draw.uniform(0.2, 0.6),
                centre=b"centre %d" % number,
                has_tablet=city.draw.random() < 0.1,
            )
        )
    return made


def honest(city: City, provider: Provider, month: int) -> None:
    """A month of ratings as people really give them."""
    worse = provider.kind == "declining" and month >= 8
    good = provider.good - 1.6 if worse else None
    label = "declining" if worse else "beloved" if provider.kind == "beloved" else "visit"
    for _ in range(max(0, round(city.draw.gauss(provider.monthly, provider.monthly**0.5)))):
        repeated: dict[str, Any] = {
            "rater": UUID(int=provider.cell[0].int + 1),
            "text": b"thanks",
            "text_length": 9,
        }
        is_regular = city.draw.random() < 0.05
        sixtieths = (
            city.stars(provider, good) if not worse or city.draw.random() > 0.1 else city.stars(provider)
        )
        if worse and sixtieths == 300:
            sixtieths = 180
        city.add(provider, city.moment(month), sixtieths, label, **(repeated if is_regular else {}))
    if provider.has_tablet:
        tablet: dict[str, Any] = {"address": provider.centre, "device": PHONES[0]}
        for _ in range(city.draw.randrange(6, 16)):
            city.add(provider, city.moment(month), city.stars(provider), "tablet", **tablet)
    if provider.kind == "classes" and month % 2:
        _class(city, provider, month)
    if provider.kind == "slips" and month % 3 == 1:
        helper, start = city.id(), city.moment(month)
        for number in range(25):
            city.add(
                provider, start + timedelta(minutes=2 * number), city.stars(provider), "slips",
                assisted_by=helper, address=None, device=None,
            )  # fmt: skip


def _class(city: City, provider: Provider, month: int) -> None:
    """Forty people after a class: tickets of one delivery, half of them through the centre's network, within half an hour."""
    start, delivery_id = city.moment(month), city.id()
    for _ in range(40):
        address, device = city.source()
        if city.draw.random() < 0.5:
            address = provider.centre
        city.add(
            provider, start + timedelta(minutes=city.draw.randrange(30)), city.stars(provider), "class",
            delivery_id=delivery_id, address=address, device=device,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """How a fraud goes: how many, within how many minutes, with which means, and whether from one place."""

    least: int
    most: int
    minutes: float
    sixtieths: tuple[int, ...]
    one_place: bool = False


_DAY = 24 * 60.0
PLANS: Mapping[str, Plan] = {
    "burst, one place": Plan(24, 60, 55, (300,), True),
    "burst, scattered": Plan(24, 60, 55, (300,)),
    "sock puppets": Plan(8, 20, 6 * _DAY, (276, 300, 300), True),
    "patient puppets": Plan(10, 18, 26 * _DAY, (300,), True),
    "retaliation": Plan(10, 16, 1.5 * _DAY, (60,)),
    "own people": Plan(3, 9, 20 * _DAY, (300,)),
    "copied words": Plan(5, 13, 20 * _DAY, (288, 300)),
}


def plant(city: City, provider: Provider, month: int, kind: str) -> None:
    """One fraud of that kind against or for the provider."""
    draw, plan, start = city.draw, PLANS[kind], city.moment(month)
    place = {"address": b"office %d" % next(city.numbers), "device": draw.choice(PHONES)}
    copied = {"text": b"copied %d" % next(city.numbers), "text_length": draw.randrange(15, 60)}
    facts: dict[str, Any] = {
        **(place if plan.one_place else {}),
        **(copied if kind == "copied words" else {}),
    }
    for _ in range(draw.randrange(plan.least, plan.most)):
        # Of a supplier's own people some are known as such; their cousins are not.
        link = draw.choice(("member", "phone", "deliverer", "device")) if draw.random() < 0.6 else None
        own: dict[str, Any] = {"link": link} if kind == "own people" else {}
        moment = start + timedelta(minutes=draw.random() * plan.minutes)
        city.add(provider, moment, draw.choice(plan.sixtieths), fraud=kind, **facts, **own)


def build(seed: int, count: int, attacked: int) -> tuple[list[Provider], list[Made], dict[Cell, str]]:
    """The city's year: every kind of fraud against or for as many providers of all sizes, in a month after the third."""
    city = City(random.Random(seed))
    known = providers(city, count)
    for provider in known:
        for month in range(MONTHS):
            honest(city, provider, month)
    chosen: dict[Cell, str] = {}
    free = known[:]
    city.draw.shuffle(free)
    for kind in [*PLANS] * attacked:
        wanted = [one for one in free if kind != "retaliation" or (one.monthly >= 12 and one.good > 3.9)]
        if wanted:
            chosen[wanted[0].cell] = kind
            free.remove(wanted[0])
            plant(city, wanted[0], city.draw.randrange(4, MONTHS), kind)
    return known, city.made, chosen


def examined(made: Sequence[Made], limits: Limits) -> tuple[dict[UUID, set[str]], float]:
    """Month by month, as the worker does; what is held is no history. The causes by rating, and the seconds it took."""
    months: dict[int, list[Given]] = defaultdict(list)
    for one in made:
        months[(one.row.given_at - FIRST).days // 30].append(one.row)
    held: dict[UUID, set[str]] = defaultdict(set)
    counted: dict[Cell, list[Given]] = defaultdict(list)
    seconds = 0.0
    for month in sorted(months):
        past = {cell: _past(rows) for cell, rows in counted.items()}
        started = time.perf_counter()
        for finding in anomalies.find(months[month], past, limits):
            held[finding.rating_id].add(finding.cause)
        seconds += time.perf_counter() - started
        for row in months[month]:
            if row.id not in held:
                counted[row.cell].append(row)
    return held, seconds


def _past(rows: Sequence[Given]) -> Past:
    days = {row.given_at.date() for row in rows}
    return Past(
        ratings=len(rows),
        total=sum(row.sixtieths for row in rows),
        squares=sum(row.sixtieths**2 for row in rows),
        highest=sum(row.sixtieths >= HIGHEST_FROM for row in rows),
        lowest=sum(row.sixtieths <= LOWEST_UP_TO for row in rows),
        active_days=len(days),
        spread_days=(max(days) - min(days)).days + 1,
    )


def scores(rows: Iterable[Given], model: formula.Model) -> Mapping[Cell, float]:
    """The score of each provider at the end of the year, in stars, as it would be published."""
    by_cell: dict[Cell, list[Given]] = defaultdict(list)
    for row in rows:
        by_cell[row.cell].append(row)
    whole = [row.sixtieths for group in by_cell.values() for row in group]
    city = formula.City(len(whole), sum(whole), sum(one * one for one in whole))
    as_of = local_day(FIRST + timedelta(days=30 * MONTHS))
    found = {}
    for cell, group in by_cell.items():
        sums = formula.add_up(((local_day(row.given_at), row.sixtieths, 1) for row in group), as_of, model)
        found[cell] = formula.score(sums, len({row.rater for row in group}), city, model).score / 10_000
    return found


def rules() -> dict[str, dict[str, int]]:
    """The shipped rules ``rating.*``."""
    text = resources.files("marketplace.catalogue").joinpath("data/delivery_rules.toml").read_text("utf-8")
    return {rule["code"]: rule["value"] for rule in tomllib.loads(text)["rule"]}


def share(part: float, whole: float) -> str:
    return f"{part / whole:.3f}" if whole else "  -  "


def report(known: Sequence[Provider], made: Sequence[Made], chosen: Mapping[Cell, str]) -> None:
    shipped = rules()
    held, seconds = examined(made, Limits.of(shipped))
    fraud = [one for one in made if one.fraud]
    right = [one for one in fraud if one.row.id in held]
    print(
        f"{len(made):,} ratings of {len(known)} providers, {len(fraud)} of them fraud on {len(chosen)} providers"
    )
    print(f"precision of holding {share(len(right), len(held))}   recall {share(len(right), len(fraud))}")
    print(f"examined {len(made) / seconds:,.0f} ratings a second")
    print("\nkind of fraud            ratings  recall   causes")
    for kind in PLANS:
        own = [one for one in fraud if one.fraud == kind]
        causes = Counter(cause for one in own for cause in held.get(one.row.id, ()))
        told = ", ".join(f"{name} {count}" for name, count in causes.most_common())
        print(
            f"{kind:<24} {len(own):>7}   {share(sum(one.row.id in held for one in own), len(own))}   {told}"
        )
    print("\ncause                       held  precision")
    for cause in anomalies.CAUSES:
        caught = [one for one in made if cause in held.get(one.row.id, ())]
        print(
            f"{cause:<24} {len(caught):>7}   {share(sum(one.fraud is not None for one in caught), len(caught))}"
        )
    clean = {one.cell for one in known} - chosen.keys()
    small = {one.cell for one in known if one.is_small}
    innocent = [one for one in made if not one.fraud]
    print("\nhonest ratings           ratings  held by mistake")
    groups = {
        "all": innocent,
        "of small providers": [one for one in innocent if one.row.cell in small],
        "of small ones, no fraud": [one for one in innocent if one.row.cell in small & clean],
        "beside planted fraud": [one for one in innocent if one.row.cell in chosen],
        **{
            name: [one for one in innocent if one.honest_as == name]
            for name in ("class", "tablet", "slips", "beloved", "declining")
        },
    }
    for name, group in groups.items():
        print(
            f"{name:<24} {len(group):>7}   {sum(one.row.id in held for one in group) / max(len(group), 1):.5f}"
        )
    touched = {one.row.cell for one in innocent if one.row.id in held and one.row.cell in small & clean}
    print(f"small honest providers with any rating held: {share(len(touched), len(small & clean))}")
    _effect(known, made, chosen, held.keys(), formula.Model.of(shipped))


def _effect(
    known: Sequence[Provider], made: Sequence[Made], chosen: Mapping[Cell, str], held: Iterable[UUID], model: formula.Model
) -> None:  # fmt: skip
    """How far scores lie from those of the honest ratings alone, with everything counted and with holding."""
    kept_out = set(held)
    truth = scores((one.row for one in made if not one.fraud), model)
    naive = scores((one.row for one in made), model)
    cared = scores((one.row for one in made if one.row.id not in kept_out), model)
    print("\nscore at the end of the year, mean distance from that of the honest ratings, in stars")
    print("providers with             without   with holding   left over")
    for kind in (*PLANS, None):
        cells = [one.cell for one in known if chosen.get(one.cell) == kind]
        without = sum(abs(naive[cell] - truth[cell]) for cell in cells) / len(cells)
        holding = sum(abs(cared[cell] - truth[cell]) for cell in cells) / len(cells)
        print(f"{kind or 'no fraud':<26} {without:.4f}    {holding:.4f}         {share(holding, without)}")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--providers", type=int, default=600)
    parser.add_argument("--attacked", type=int, default=12, help="providers for each kind of fraud")
    asked = parser.parse_args()
    report(*build(asked.seed, asked.providers, asked.attacked))


if __name__ == "__main__":
    main()
