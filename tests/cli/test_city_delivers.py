"""The made-up city is served and says what it thinks: closed months with scorecards of every kind, and something for everybody to do.

On SQLite alone: what the commands do on PostgreSQL is tried room by room.
"""

from collections import Counter

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.catalogue.models import Tag
from marketplace.cli.city.accounts import (
    ACCOUNTS,
    AUDITOR,
    MODERATOR,
    OLDER_RESIDENT,
    SECOND_MODERATOR,
    account_id,
)
from marketplace.cli.city.build import CitySize, build_city
from marketplace.cli.city.delivering import deliver
from marketplace.cli.city.delivering_words import delivering_words
from marketplace.cli.city.procurement import buy
from marketplace.cli.city.rated_history import BURST, PLANS
from marketplace.delivery.deliveries import queries
from marketplace.delivery.deliveries.clauses import Shelf
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.formula import Band
from marketplace.delivery.properties.models import PropertyFact, RenewalMessage
from marketplace.delivery.ratings import codes
from marketplace.delivery.ratings.models import Rating, RatingHiding, RatingPeriod, RatingReply, RatingTicket
from marketplace.delivery.ratings.standing import is_held
from marketplace.delivery.scorecards.models import Scorecard
from marketplace.delivery.signals.models import ServiceWish, Whistle
from marketplace.identity import viewers
from marketplace.identity.viewer import Role
from marketplace.opendata.scorecard_check import Check
from marketplace.opendata.scorecard_files import source

SIZE = CitySize(organisations=30, volunteers=300, needs=20)


async def test_what_is_brought_and_said_is_of_kinds_that_the_house_knows(house: House) -> None:
    words = delivering_words()
    async with house.database.reading() as session:
        known = set(await session.scalars(select(Tag.code)))
    assert {one.category for one in words.service} | {words.wishes.category} <= known
    assert {one.category for one in words.service} == PLANS.keys()
    said = [words.said(points, number) for points in (5, 3, 1) for number in range(30)]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
async def test_months_are_closed_with_scorecards_and_everybody_has_something_to_do(house: House) -> None:
    await build_city(house, SIZE, 7, lambda _done: None)
    await buy(house)
    slips = await deliver(house)
    async with house.database.reading() as session:
        closed = await session.scalars(select(RatingPeriod).where(RatingPeriod.closed_at.is_not(None)))
        newest = max(closed.all(), key=lambda period: period.starts_on)
        cards = (await session.scalars(select(Scorecard).where(Scorecard.period_id == newest.id))).all()
        bands = Counter(card.band for card in cards if card.service_type == "digital_help")
        assert bands[Band.ABOVE] >= 1 and bands[Band.BELOW] >= 1 and bands[Band.AS_THE_CITY] >= 1
        assert sum(count for band, count in bands.items() if band) >= 6
        assert [card.raters for card in cards if card.score is None] == [8]
        held = await session.scalar(select(func.count()).select_from(Rating).where(is_held()))
        assert held == BURST == sum(card.held for card in cards)
        for kind, least in (
            (RatingReply, 2),
            (Whistle, 1),
            (ServiceWish, 5),
            (PropertyFact, 100),
            (RenewalMessage, 3),
        ):
            assert await session.scalar(select(func.count()).select_from(kind)) >= least, kind  # type: ignore[operator]
        hidden = (await session.scalars(select(RatingHiding))).one()
        assert hidden.appealed_at is not None and hidden.appeal_decided_at is None
        assert hidden.hidden_by == account_id(MODERATOR)
        assert (await viewers.of_person(session, account_id(SECOND_MODERATOR))).areas_of(Role.MODERATOR)
        assert (await viewers.of_person(session, account_id(AUDITOR))).areas_of(Role.AUDITOR)
        waiting = select(func.count()).where(
            RatingTicket.person_id == account_id(OLDER_RESIDENT),
            RatingTicket.used_at.is_(None),
            RatingTicket.expires_at > session.now(),
        )
        assert await session.scalar(waiting) == 1
        worker = await viewers.of_person(session, account_id(ACCOUNTS[1]))
        shelves = await queries.community_counts(session, worker)
        assert 0 < shelves[Shelf.TO_DECIDE] < 50 and shelves[Shelf.OVER] > 100
        coming = select(func.count()).where(
            Delivery.starts_at > session.now(), Delivery.cancelled_at.is_(None)
        )
        assert await session.scalar(coming) >= 5
        for slip in slips:
            code = codes.read(slip)
            assert code is not None
            same = RatingTicket.code_fingerprint == codes.fingerprint_of(house.vault, code)
            found = (await session.scalars(select(RatingTicket).where(same))).one()
            assert found.used_at is None and found.person_id is None
    assert len(slips) == 3
    assert len({one.phone for one in ACCOUNTS}) == len({one.name for one in ACCOUNTS}) == 15
    with source(house.settings.data_folder / "scorecards-dump") as dump:
        assert not list(Check(dump).differences())
