"""Giving a rating: once, by whoever received the service or a helper for them, in words that are bounded and numbers that stay."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.delivery.ratings import photo_store, ratings, sources
from marketplace.delivery.ratings.drafts import RatingDraft
from marketplace.delivery.ratings.errors import (
    DeliveryIsRated,
    HelperIsOfTheProvider,
    HelperRatesForThemselves,
    PeriodIsClosed,
    RaterCarriedItOut,
    RaterIsOfTheProvider,
    RaterIsOfThePurchase,
    RatingIsEmpty,
    TicketIsExpired,
    TicketIsOfAnotherDelivery,
    TicketIsUnknown,
    TicketIsUsed,
    TicketIsVoid,
)
from marketplace.delivery.ratings.models import (
    DIMENSIONS,
    Rating,
    RatingHold,
    RatingPeriod,
    RatingPhoto,
    RatingSource,
    RatingTicket,
    RatingWords,
)
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.outbox.models import OutboxEvent
from marketplace.procurement.contracts import opinions
from tests import builders, city, delivering
from tests.delivery.ratings import scene
from tests.delivery.ratings.pictures import jpeg, png


async def one_ticket(house: House) -> RatingTicket:
    """A valid slip of nobody's, of a delivery under a contract."""
    return (await scene.issue(house, await scene.done(house, await scene.supplied(house), None)))[0]


async def rows(house: House, table: Any) -> list[Any]:
    async with house.database.reading() as session:
        return list(await session.scalars(select(table)))


async def nothing_happened(house: House, ticket_id: Any) -> bool:
    """No rating, and the ticket is as good as before."""
    async with house.database.reading() as session:
        ticket = await session.get_one(RatingTicket, ticket_id)
        return ticket.used_at is None and (await session.scalars(select(Rating.id))).all() == []


async def test_two_taps_rate_every_dimension_alike(house: House) -> None:
    ticket = await one_ticket(house)
    rating_id = await scene.give(house, ticket.id, overall=4, should_continue=True, text=" 护理员很细心 ")
    (row,) = await scene.all_ratings(house)
    assert row.id == rating_id and [getattr(row, name) for name in DIMENSIONS] == [4] * 5
    assert (row.sixtieths, row.should_continue, row.given_on) == (240, True, date(2026, 11, 22))
    assert (row.rater, row.delivery_id, row.area_code) == (
        ticket.id,
        ticket.delivery_id,
        city.JIANGSU_COMMUNITY,
    )
    assert [words.text for words in await rows(house, RatingWords)] == ["护理员很细心"]
    async with house.database.reading() as session:
        told = await session.scalars(select(OutboxEvent.name).where(OutboxEvent.name == "RatingGiven"))
        assert len(told.all()) == 1
        assert (await session.get_one(RatingTicket, ticket.id)).used_at is not None


@pytest.mark.parametrize(
    ("facts", "given", "sixtieths"),
    [
        ({"overall": 5, "timeliness": 2}, [5, 5, 2, 5, 5], 264),
        ({"overall": 4, "handling": None}, [4, 4, 4, 4, None], 240),
        ({"overall": None, "respect": 3, "content": 4}, [4, None, None, 3, None], 210),
        ({"overall": None, "quality": "５"}, [None, 5, None, None, None], 300),
        (
            {"content": 1, "quality": 2, "timeliness": 2, "respect": None, "handling": None, "overall": 5},
            [1, 2, 2, None, None],
            100,
        ),
    ],
)
async def test_dimensions_may_differ_and_what_does_not_apply_is_left_out(
    house: House, facts: dict[str, Any], given: list[int | None], sixtieths: int
) -> None:
    await scene.give(house, (await one_ticket(house)).id, **facts)
    (row,) = await scene.all_ratings(house)
    assert [getattr(row, name) for name in DIMENSIONS] == given and row.sixtieths == sixtieths


async def test_nothing_at_all_is_no_rating(house: House) -> None:
    ticket = await one_ticket(house)
    with pytest.raises(RatingIsEmpty):
        await scene.give(house, ticket.id, overall=None, text="只有文字")
    assert await nothing_happened(house, ticket.id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"overall": 0},
        {"overall": 6},
        {"quality": -1},
        {"quality": 2**70},
        {"quality": 3.5},
        {"quality": "五"},
        {"should_continue": "maybe"},
        {"text": "字" * 1001},
        {"text": "字" * 100_000},
        {"text": "a\x00b"},
        {"idempotency_key": "k" * 65},
        {"idempotency_key": ""},
        {"assisted_how": "fax"},
        {"delivery_id": "nothing"},
        {"stars": 5},
    ],
)
def test_a_wrong_answer_names_its_field(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputIsInvalid) as refusal:
        read(RatingDraft, {"overall": 5, "idempotency_key": "a", **wrong})
    assert [problem.field for problem in refusal.value.problems] == list(wrong)


def test_a_thousand_characters_are_not_too_many() -> None:
    assert len(scene.draft(text="字" * 1000).text or "") == 1000


async def test_a_ticket_is_used_once(house: House) -> None:
    ticket = await one_ticket(house)
    await scene.give(house, ticket.id, overall=5)
    with pytest.raises(TicketIsUsed):
        await scene.give(house, ticket.id, overall=1)
    assert [row.sixtieths for row in await scene.all_ratings(house)] == [300]


async def test_the_same_key_again_gives_the_same_answer(house: House, clock: FixedClock) -> None:
    ticket, key = await one_ticket(house), new_id().hex
    first = await scene.give(house, ticket.id, idempotency_key=key)
    clock.advance(timedelta(days=90))
    assert await scene.give(house, ticket.id, idempotency_key=key, overall=1) == first
    assert len(await scene.all_ratings(house)) == 1


async def test_one_ticket_used_twice_at_the_same_moment_gives_one_rating(house: House) -> None:
    ticket = await one_ticket(house)
    answers = await asyncio.gather(
        *(scene.give(house, ticket.id, overall=points) for points in (1, 2, 3, 4, 5)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, TicketIsUsed)]
    assert len(refused) == 4 and len(await scene.all_ratings(house)) == 1


async def test_a_hand_that_trembles_sends_twice_and_rates_once(house: House) -> None:
    ticket, key = await one_ticket(house), new_id().hex
    answers = await asyncio.gather(*(scene.give(house, ticket.id, idempotency_key=key) for _ in range(4)))
    assert len(set(answers)) == 1 and len(await scene.all_ratings(house)) == 1


async def test_two_slips_in_one_hand_at_the_same_moment_give_one_rating(house: House) -> None:
    somebody = await scene.resident(house)
    first, second = await scene.issue(house, await scene.done(house, await scene.supplied(house), None, None))
    answers = await asyncio.gather(
        *(scene.give(house, ticket.id, somebody) for ticket in (first, second)), return_exceptions=True
    )
    assert sum(isinstance(answer, DeliveryIsRated) for answer in answers) == 1
    (row,) = await scene.all_ratings(house)
    assert row.rater == somebody.person_id
    async with house.database.reading() as session:
        used = await session.scalars(select(RatingTicket.id).where(RatingTicket.used_at.is_not(None)))
        assert used.all() == [row.ticket_id]


async def test_a_neighbour_may_hold_the_phone_and_it_is_the_receivers_rating(house: House) -> None:
    grandma, neighbour = await scene.resident(house), await scene.resident(house, "邻居")
    delivery_id = await scene.done(house, await scene.supplied(house), grandma.signed_in())
    await scene.give(house, (await scene.issue(house, delivery_id))[0].id, neighbour)
    assert (await scene.all_ratings(house))[0].rater == grandma.person_id


async def test_expired_void_and_made_up_tickets_are_refused(house: House, clock: FixedClock) -> None:
    expired, void = await one_ticket(house), await one_ticket(house)
    async with house.database.unit_of_work() as session:
        (await session.get_one(RatingTicket, void.id)).void_at = session.now()
    with pytest.raises(TicketIsVoid):
        await scene.give(house, void.id)
    for made_up in (None, new_id()):
        with pytest.raises(TicketIsUnknown):
            await scene.give(house, made_up)
    clock.set(expired.expires_at)
    with pytest.raises(TicketIsExpired) as refusal:
        await scene.give(house, expired.id)
    assert refusal.value.facts["last"] == date(2026, 12, 22) and refusal.value.article
    assert await nothing_happened(house, expired.id)


async def test_a_code_of_another_delivery_is_refused(house: House) -> None:
    ticket, other = await one_ticket(house), await one_ticket(house)
    with pytest.raises(TicketIsOfAnotherDelivery):
        await scene.give(house, ticket.id, delivery_id=str(other.delivery_id))
    assert await nothing_happened(house, ticket.id)
    await scene.give(house, ticket.id, delivery_id=str(ticket.delivery_id))


async def test_a_rating_given_while_the_period_closes_belongs_to_no_closed_period(
    house: House, clock: FixedClock
) -> None:
    ticket = await one_ticket(house)
    async with house.database.unit_of_work() as session:
        await delivering.period(session, starts_on=date(2026, 11, 1), closed_at=session.now())
    with pytest.raises(PeriodIsClosed):
        await scene.give(house, ticket.id)
    assert await nothing_happened(house, ticket.id)
    clock.advance(timedelta(days=9))
    await scene.give(house, ticket.id)


async def test_numbers_are_never_changed(house: House) -> None:
    await scene.give(house, (await one_ticket(house)).id)
    for statement in ("UPDATE ratings SET quality = 1", "DELETE FROM ratings"):
        with pytest.raises(DBAPIError):
            async with house.database.unit_of_work() as session:
                await session.execute(text(statement))


async def test_whoever_rates_a_contracts_service_is_heard(house: House) -> None:
    under, grandma = await scene.supplied(house), await scene.resident(house)
    for _ in range(2):
        delivery_id = await scene.done(house, under, grandma.signed_in())
        await scene.give(house, (await scene.issue(house, delivery_id))[0].id, grandma)
    async with house.database.reading() as session:
        assert await opinions.heard(session, under.id) == 1


# Who does not rate


async def with_role(house: House, role: Role, scope: Any) -> Viewer:
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, "小沈", role, scope)


async def test_whoever_is_tied_to_the_purchase_does_not_rate_with_anybodys_slip(house: House) -> None:
    under = await scene.supplied(house)
    hands = await scene.worker(house)
    member = await with_role(house, Role.ORGANISATION_MEMBER, under.organisation_id)
    buyer = await with_role(house, Role.PROCUREMENT_OFFICER, city.CHANGNING)
    delivery_id = await scene.done(house, under, None, done_by=hands.person_id)
    ticket = (await scene.issue(house, delivery_id))[0]
    refused: list[tuple[Viewer, type[MarketplaceError]]] = [
        (member, RaterIsOfTheProvider),
        (under.manager, RaterIsOfTheProvider),
        (under.officer, RaterIsOfThePurchase),
        (buyer, RaterIsOfThePurchase),
        (hands, RaterCarriedItOut),
    ]
    for viewer, refusal in refused:
        with pytest.raises(refusal) as told:
            await scene.give(house, ticket.id, viewer)
        assert told.value.article
    assert await nothing_happened(house, ticket.id)


async def test_whoever_joined_the_provider_after_the_issue_does_not_rate_any_more(house: House) -> None:
    under, grandma = await scene.supplied(house), await scene.resident(house)
    delivery_id = await scene.done(house, under, grandma.signed_in())
    ticket = (await scene.issue(house, delivery_id))[0]
    async with house.database.unit_of_work() as session:
        await builders.grant(session, grandma.signed_in(), Role.ORGANISATION_MEMBER, under.organisation_id)
    # Neither herself nor by a link that she sent to somebody without an account.
    for viewer in (grandma, STRANGER):
        with pytest.raises(RaterIsOfTheProvider):
            await scene.give(house, ticket.id, viewer)


async def test_volunteers_of_the_shift_do_not_rate_it(house: House) -> None:
    volunteer, grandma = await scene.resident(house, "志愿者"), await scene.resident(house)
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        shift_id = await builders.shift(session, need_id)
        await builders.sign_up(session, shift_id, volunteer.signed_in())
        delivery_id = await delivering.delivery(session, need_id=need_id, shift_id=shift_id, contract_id=None)
        for person in (volunteer, grandma):
            await delivering.recipient(session, delivery_id, person.signed_in())
    issued = await scene.issue(house, delivery_id)
    assert [ticket.person_id for ticket in issued] == [grandma.person_id]
    with pytest.raises(RaterCarriedItOut):
        await scene.give(house, issued[0].id, volunteer)


# Helpers


async def test_a_helper_enters_what_somebody_said_and_is_named_on_the_record(house: House) -> None:
    helper, ticket = await scene.worker(house), await one_ticket(house)
    await scene.give(house, ticket.id, helper, overall=3, assisted_how="paper")
    (row,) = await scene.all_ratings(house)
    assert (row.assisted_by, row.assisted_how, row.rater) == (helper.person_id, "paper", ticket.id)
    assert await rows(house, RatingSource) == []
    async with house.database.reading() as session:
        entry = (
            await session.scalars(select(AuditEntry).where(AuditEntry.action == "rating.assisted"))
        ).one()
    assert entry.actor_id == helper.person_id and entry.facts == {"how": "paper"}


async def test_only_the_communitys_workers_help(house: House) -> None:
    under, outsider = await scene.supplied(house), await scene.resident(house, "路人")
    elsewhere = await scene.worker(house, city.TIANPING_COMMUNITY)
    grandma = await scene.resident(house)
    delivery_id = await scene.done(house, under, grandma.signed_in(), None)
    _own, slip = await scene.issue(house, delivery_id)
    refused: list[tuple[Viewer, type[MarketplaceError]]] = [
        (STRANGER, SignInNeeded),
        (outsider, NotPermitted),
        (elsewhere, NotPermitted),
        (under.manager, NotPermitted),
        (under.officer, NotPermitted),
    ]
    for viewer, refusal in refused:
        with pytest.raises(refusal):
            await scene.give(house, slip.id, viewer, assisted_how="phone")
    assert await nothing_happened(house, slip.id)


async def test_a_helper_is_not_of_the_provider_and_does_not_rate_for_themselves(house: House) -> None:
    under, helper = await scene.supplied(house), await scene.worker(house)
    delivery_id = await scene.done(house, under, helper.signed_in(), None)
    own, slip = await scene.issue(house, delivery_id)
    with pytest.raises(HelperRatesForThemselves):
        await scene.give(house, own.id, helper, assisted_how="phone")
    async with house.database.unit_of_work() as session:
        await builders.grant(session, helper.signed_in(), Role.ORGANISATION_MEMBER, under.organisation_id)
    with pytest.raises(HelperIsOfTheProvider):
        await scene.give(house, slip.id, helper, assisted_how="paper")


# Own tickets


async def test_a_ticket_is_taken_by_its_id_only_by_whoever_it_was_issued_to(house: House) -> None:
    under, grandma, outsider = (
        await scene.supplied(house),
        await scene.resident(house),
        await scene.resident(house, "路人"),
    )
    ticket = (await scene.issue(house, await scene.done(house, under, grandma.signed_in())))[0]

    async def take(viewer: Viewer) -> Any:
        async with house.database.reading() as session:
            return await ratings.own_ticket(session, viewer, ticket.id)

    assert await take(grandma) == ticket.id
    with pytest.raises(SignInNeeded):
        await take(STRANGER)
    for viewer in (outsider, under.manager, under.officer):
        with pytest.raises(NotFound):
            await take(viewer)


# Words, photos, traces


def test_words_are_the_same_however_they_are_dressed() -> None:
    assert ratings.folded(" 服务 很好！！ＯＫ") == ratings.folded("服务很好，ok。") == "服务很好ok"
    assert ratings.folded("……！") == ""


async def test_identical_words_have_the_same_fingerprint_and_marks_alone_have_none(house: House) -> None:
    for said in ("服务很好，下次还来", "服务很好 下次还来！", "服务一般", "。。。"):
        await scene.give(house, (await one_ticket(house)).id, text=said)
    prints = {one.text: one.text_fingerprint for one in await rows(house, RatingWords)}
    assert prints["服务很好，下次还来"] == prints["服务很好 下次还来！"] != prints["服务一般"]
    assert prints["服务一般"] is not None and prints["。。。"] is None


async def test_photos_are_kept_with_the_type_that_their_bytes_prove(house: House) -> None:
    await give_with_photos(house, (await one_ticket(house)).id, png(), jpeg())
    kept = {one.content_type: one for one in await rows(house, RatingPhoto)}
    assert {kind: one.size for kind, one in kept.items()} == {
        "image/png": len(png()),
        "image/jpeg": len(jpeg()),
    }
    assert await house.rating_photos.get(kept["image/png"].file_key or "") == png()


async def give_with_photos(house: House, ticket_id: UUID, *contents: bytes, **facts: Any) -> None:
    async with photo_store.kept(house.database, house.rating_photos, contents) as pictures:
        await scene.give(house, ticket_id, pictures=pictures, **facts)


def photos_in(house: House) -> int:
    return sum(path.is_file() for path in (house.settings.data_folder / "rating_photos").rglob("*"))


async def test_photos_that_no_rating_took_are_left_nowhere(house: House) -> None:
    ticket = await one_ticket(house)
    with pytest.raises(RatingIsEmpty):
        await give_with_photos(house, ticket.id, png(), overall=None)
    assert photos_in(house) == 0
    await give_with_photos(house, ticket.id, png(), idempotency_key="once")
    await give_with_photos(house, ticket.id, jpeg(), idempotency_key="once")
    with pytest.raises(TicketIsUsed):
        await give_with_photos(house, ticket.id, png(), jpeg())
    assert photos_in(house) == 1
    assert await house.rating_photos.get((await rows(house, RatingPhoto))[0].file_key) == png()


async def test_where_a_rating_came_from_is_kept_as_fingerprints_and_forgotten_later(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        period_id = await delivering.period(session)
    kept = await scene.give(house, (await one_ticket(house)).id)
    held = await scene.give(house, (await one_ticket(house)).id)
    first, second = await rows(house, RatingSource)
    assert first.address_fingerprint == second.address_fingerprint
    assert b"203.0.113.7" not in first.address_fingerprint + first.device_fingerprint
    async with house.database.unit_of_work() as session:
        hold = {"rating_id": held, "cause": "burst", "evidence": {}, "held_at": session.now()}
        session.add(RatingHold(id=new_id(), **hold))
        (await session.get_one(RatingPeriod, period_id)).closed_at = session.now()

    async def forget() -> list[Any]:
        async with house.database.unit_of_work() as session:
            await sources.forget_old(session)
        return [one.rating_id for one in await rows(house, RatingSource)]

    clock.advance(timedelta(days=90))
    assert sorted(await forget()) == sorted([kept, held])
    clock.advance(timedelta(seconds=1))
    assert await forget() == [held]
