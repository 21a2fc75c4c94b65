"""What ten providers of the made-up city brought in the last four months and how it was rated: rows of one month at a time.

Good ones, a poor one, one that too few have rated yet, and one with a burst of praise within half an hour.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from marketplace.cli.city.delivering_words import Service, delivering_words
from marketplace.cli.city.people import Spot
from marketplace.cli.city.work import Seeds, WorkRows
from marketplace.delivery.formula import SIXTIETHS
from marketplace.delivery.ratings import codes
from marketplace.delivery.ratings.models import DIMENSIONS
from marketplace.delivery.ratings.ratings import folded
from marketplace.delivery.ratings.sources import Source
from marketplace.kernel.clock import SHANGHAI, local_day
from marketplace.kernel.vault import Vault

Row = dict[str, Any]
BURST: Final = 26
_PEOPLE: Final = 5
_VALID = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Quality:
    """How a provider is liked: of a hundred ratings so many with five, four, three, two stars and one; and how many a month."""

    stars: tuple[int, int, int, int, int]
    months: tuple[int, int, int, int]
    bursts: bool = False


_GOOD = (74, 22, 3, 1, 0)
_USUAL = (38, 36, 18, 6, 2)
_POOR = (6, 16, 30, 28, 20)
PLANS: Final[dict[str, tuple[Quality, ...]]] = {
    "digital_help": (
        Quality((56, 34, 8, 2, 0), (9, 11, 12, 14)),
        Quality(_GOOD, (16, 18, 18, 20)),
        Quality(_POOR, (14, 15, 16, 15)),
        Quality(_USUAL, (12, 12, 13, 13)),
        Quality(_USUAL, (10, 11, 9, 12)),
        Quality((44, 36, 14, 5, 1), (8, 9, 10, 11)),
        Quality(_USUAL, (6, 7, 6, 8), bursts=True),
        Quality((50, 40, 10, 0, 0), (0, 2, 3, 3)),
        Quality((30, 38, 22, 8, 2), (9, 8, 10, 9)),
        Quality(_USUAL, (4, 4, 5, 6)),
    ),
    "mental_health": (
        Quality((60, 32, 6, 2, 0), (6, 6, 7, 8)),
        Quality((34, 40, 20, 4, 2), (8, 7, 8, 9)),
        Quality(_USUAL, (5, 6, 5, 6)),
        Quality(_POOR, (5, 5, 6, 6)),
    ),
}
"""The first of each kind is the demo manager's organisation."""


@dataclass(slots=True)
class History:
    """Draws the rows. ``needs`` are those under which each provider works, by kind and provider; ``people`` have no part in any.

    The older resident is served by two of them, each month: by one that she likes, and by one that she does not.
    The community has accepted what was brought before ``accepted_before``.
    """

    seeds: Seeds
    random: Random
    vault: Vault
    spot: Spot
    needs: Mapping[tuple[str, UUID], UUID]
    people: Sequence[UUID]
    older_resident: UUID
    liked: UUID
    disliked: UUID
    accepted_before: datetime
    _said: int = field(default=0)

    def month(self, number: int, first: date, last: date, period_id: UUID) -> WorkRows:
        """The deliveries, tickets and ratings of the month of that number, 0 to 3."""
        rows = WorkRows()
        for service in delivering_words().service:
            plans = PLANS[service.category]
            providers = [provider for kind, provider in self.needs if kind == service.category]
            for quality, provider in zip(plans, providers, strict=False):
                self._provide(
                    rows, service, provider, quality.stars, quality.months[number], (first, last), period_id
                )
                if quality.bursts and number == len(quality.months) - 1:
                    self._burst(rows, service, provider, last, period_id)
        return rows

    def _provide(
        self,
        rows: WorkRows,
        service: Service,
        provider: UUID,
        stars: tuple[int, ...],
        ratings: int,
        days: tuple[date, date],
        period_id: UUID,
    ) -> None:
        left, first = ratings, days[0]
        span = max((days[1] - first).days - 5, 1)
        turn = 0
        while left > 0:
            day = first + timedelta(days=1 + turn * span * _PEOPLE // max(ratings, 1) % span)
            delivery = self._delivery(service, provider, day, turn)
            rows.add("deliveries", delivery)
            for seat, ticket in enumerate(
                self._tickets(
                    rows, delivery, self._raters(provider, days[0].month * 7 + turn * 2, is_first=turn == 0)
                )
            ):
                # Of those who receive it some never answer.
                if left == 0 or seat == _PEOPLE - 1 - turn % 2:
                    continue
                left -= 1
                points = self.random.choices((5, 4, 3, 2, 1), stars)[0]
                if ticket["person_id"] == self.older_resident:
                    points = 5 if provider == self.liked else 2
                given = delivery["ends_at"] + timedelta(
                    hours=3 + 17 * seat, minutes=self.random.randrange(60)
                )
                self._rate(rows, delivery, ticket, points, given, period_id)
            turn += 1

    def _burst(self, rows: WorkRows, service: Service, provider: UUID, last: date, period_id: UUID) -> None:
        """Fives only, one a minute, late in the evening, for as many deliveries as tickets."""
        begun = datetime.combine(last - timedelta(days=2), time(22, 40), SHANGHAI)
        for number in range(BURST):
            delivery = self._delivery(
                service, provider, local_day(begun) - timedelta(days=1 + number % 9), number
            )
            rows.add("deliveries", delivery)
            ticket = self._tickets(rows, delivery, [None])[0]
            self._rate(
                rows, delivery, ticket, 5, begun + timedelta(minutes=number), period_id, is_silent=True
            )

    def _raters(self, provider: UUID, start: int, *, is_first: bool) -> list[UUID | None]:
        """Some are known, most hold a slip."""
        some: list[UUID | None] = [self.people[(start + place) % len(self.people)] for place in range(2)]
        if is_first and provider in (self.liked, self.disliked):
            some[0] = self.older_resident
        return [*some, *[None] * (_PEOPLE - 2)]

    def _delivery(self, service: Service, provider: UUID, day: date, turn: int) -> Row:
        begins = datetime.combine(day, time(9 + turn % 7), SHANGHAI)
        ends = begins + timedelta(hours=2)
        return {
            "id": self.seeds.id(), "need_id": self.needs[service.category, provider], "organisation_id": provider,
            "service_type": service.category, "area_code": self.spot.code, "title": service.title, "promised": service.promised,
            "place": f"{self.spot.name.removesuffix('居委会')}党群服务站", "receiver": "group", "people": _PEOPLE,
            "served_by": service.served_by, "starts_at": begins, "ends_at": ends, "idempotency_key": self.seeds.id().hex,
            "planned_at": begins - timedelta(days=6), "done_at": ends, "minutes": service.minutes,
            "confirmed_at": ends + timedelta(hours=1) if turn % 3 else None, "confirmed_as": "community" if turn % 3 else None,
            "decided_at": ends + timedelta(days=2) if ends < self.accepted_before else None,
            "is_accepted": True if ends < self.accepted_before else None,
        }  # fmt: skip

    def _tickets(self, rows: WorkRows, delivery: Row, people: Sequence[UUID | None]) -> list[Row]:
        made = []
        for number, person_id in enumerate(people, start=1):
            recipient_id, ticket_id = self.seeds.id(), self.seeds.id()
            seen = {"delivery_id": delivery["id"], "person_id": person_id}
            rows.add(
                "delivery_recipients",
                {"id": recipient_id, **seen, "number": number, "added_at": delivery["planned_at"]},
            )
            ticket = {
                "id": ticket_id, **seen, "recipient_id": recipient_id, "organisation_id": delivery["organisation_id"],
                "service_type": delivery["service_type"], "rater": person_id or ticket_id,
                "code_fingerprint": codes.fingerprint_of(self.vault, codes.code_of(self.vault, ticket_id)),
                "issued_at": delivery["done_at"], "expires_at": delivery["done_at"] + _VALID, "used_at": None,
            }  # fmt: skip
            rows.add("rating_tickets", ticket)
            made.append(ticket)
        return made

    def _rate(
        self,
        rows: WorkRows,
        delivery: Row,
        ticket: Row,
        points: int,
        given: datetime,
        period_id: UUID,
        *,
        is_silent: bool = False,
    ) -> None:
        rating_id, each = self.seeds.id(), dict.fromkeys(DIMENSIONS, points)
        if not is_silent and self.random.random() < 0.4:
            # Not all is alike: one part was a little better or worse.
            part = self.random.choice(DIMENSIONS)
            each[part] = min(5, max(1, points + self.random.choice((-1, 1))))
        ticket["used_at"] = given
        rows.add("ratings", {
            "id": rating_id, "ticket_id": ticket["id"], "delivery_id": delivery["id"], "period_id": period_id,
            "organisation_id": delivery["organisation_id"], "service_type": delivery["service_type"], "area_code": delivery["area_code"],
            "rater": ticket["rater"], **each, "sixtieths": SIXTIETHS * sum(each.values()) // len(each),
            "should_continue": points >= 3, "idempotency_key": rating_id.hex, "given_on": local_day(given), "given_at": given,
        })  # fmt: skip
        source = Source(
            f"10.{self.random.randrange(256)}.{self.random.randrange(256)}.7", f"phone {rating_id.hex[-6:]}"
        )
        rows.add("rating_sources", {
            "rating_id": rating_id, "address_fingerprint": source.address_fingerprint(self.vault),
            "device_fingerprint": source.device_fingerprint(self.vault), "noted_at": given,
        })  # fmt: skip
        is_to_hide = points <= 2 and ticket["person_id"] == self.older_resident
        if is_to_hide or (not is_silent and self.random.random() < 0.35):
            self._said += 1
            text = delivering_words().hidden if is_to_hide else delivering_words().said(points, self._said)
            rows.add("rating_words", {
                "rating_id": rating_id, "text": text, "text_fingerprint": self.vault.fingerprint(folded(text), "rating-words"),
            })  # fmt: skip


def tables() -> Iterator[str]:
    """The tables that are filled, parents first."""
    yield from (
        "deliveries",
        "delivery_recipients",
        "rating_tickets",
        "ratings",
        "rating_sources",
        "rating_words",
    )
