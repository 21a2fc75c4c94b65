"""Whoever is erased leaves no name, phone, word or home in deliveries, and gets nothing of others."""

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.deliveries import details, own_data
from marketplace.delivery.deliveries.drafts import (
    EvidenceKind,
    Receiver,
)
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.identity.models import Person
from tests.delivery.deliveries import scene

PDF = b"%PDF-1.7 " + b"0" * 40


async def test_whoever_is_erased_leaves_no_name_phone_or_word(house: House) -> None:
    at = await scene.people(house)
    made = await scene.done(house, at)
    await scene.dispute(house, at.lady, made)
    await scene.show(house, at.member, made, EvidenceKind.REMARK, text="老人身体不适")
    async with house.database.unit_of_work() as session:
        mine = await own_data.collect(session, at.lady.signed_in())
        assert [one["title"] for one in mine["received"]] == ["上门助浴"]
        assert mine["disputed"][0]["dispute"] == "只来了一个人"
        await own_data.erase(session, at.lady.signed_in())
        await own_data.erase(session, at.member.signed_in())
    async with house.database.reading() as session:
        row = (await session.scalars(select(DeliveryRecipient))).one()
        assert (row.name_sealed, row.phone_sealed, row.phone_fingerprint) == (None, None, None)
        kept = (await session.scalars(select(Delivery))).one()
        assert kept.disputed_at is not None and (kept.dispute, kept.place) == ("", "")
        rows = (await details.evidence_of(session, at.officer, [made]))[made]
        assert [one.text for one in rows] == [None]


async def test_a_place_stays_while_others_receive_it_there_and_where_it_is_no_home(house: House) -> None:
    at = await scene.people(house)
    shared = await scene.plan(house, at, receiver=Receiver.HOUSEHOLD)
    await scene.add(house, at.manager, shared, "13900139000", "王伯伯")
    await scene.plan(house, at, receiver=Receiver.GROUP)
    async with house.database.unit_of_work() as session:
        await own_data.erase(session, at.lady.signed_in())
    async with house.database.reading() as session:
        assert all(await session.scalars(select(Delivery.place)))


async def test_whoever_gets_somebody_elses_number_gets_nothing_of_theirs(house: House) -> None:
    at = await scene.people(house)
    await scene.plan(house, at)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Person, at.lady.signed_in())).phone_fingerprint = None
        await session.flush()
        await scene.give_phone(house, session, at.outsider.signed_in())
        assert (await own_data.collect(session, at.outsider.signed_in()))["received"] == []
        await own_data.erase(session, at.outsider.signed_in())
        assert (await session.scalars(select(DeliveryRecipient))).one().name_sealed is not None
