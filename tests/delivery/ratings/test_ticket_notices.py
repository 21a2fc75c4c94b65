"""Who hears of tickets: once when they are issued, once more while they wait, in words of both languages; and own data."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.delivery.deliveries.events import DeliveryDone
from marketplace.delivery.deliveries.holding import is_recipient
from marketplace.delivery.ratings import own_data, queries, reminders
from marketplace.delivery.ratings.models import Rating, RatingPhoto, RatingSource, RatingWords
from marketplace.identity.models import Person
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.locale import LOCALES
from marketplace.kernel.pagination import PageRequest
from marketplace.notices.models import Notice
from marketplace.notices.wording import worded
from marketplace.outbox.publish import publish
from tests import delivering
from tests.deliveries import drain
from tests.delivery.ratings import scene


async def told(house: House) -> list[tuple[object, str]]:
    async with house.database.reading() as session:
        rows = (
            await session.scalars(
                select(Notice).where(Notice.kind.startswith("rating_")).order_by(Notice.created_at)
            )
        ).all()
    for notice in rows:
        for locale in LOCALES:
            words = worded(locale, notice.kind, notice.facts)
            assert "上门助浴" in words.title and not any("%(" in line for line in words.lines)
        assert notice.link == "/my/services"
    return [(notice.person_id, notice.kind) for notice in rows]


async def test_people_with_an_account_hear_of_their_ticket_and_are_reminded_once(
    house: House, clock: FixedClock
) -> None:
    grandma, uncle = await scene.resident(house), await scene.resident(house, "李大爷")
    people = [grandma.signed_in(), uncle.signed_in(), None]
    delivery_id = await scene.done(house, await scene.supplied(house), *people)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await publish(session, DeliveryDone(delivery_id=delivery_id))
        await drain(house)
        await drain(house)
    assert sorted(map(str, await told(house))) == sorted(
        str((person, "rating_wanted")) for person in people if person
    )
    await scene.give(house, (await scene.tickets_of(house, delivery_id))[1].id, uncle)
    for days in (7, 7):
        clock.advance(timedelta(days=days))
        async with house.database.unit_of_work() as session:
            await reminders.remind(session)
        await drain(house)
    assert [one for one in await told(house) if one[1] == "rating_waits"] == [
        (grandma.person_id, "rating_waits")
    ]


async def test_whoever_rated_before_the_reminder_came_is_left_in_peace(
    house: House, clock: FixedClock
) -> None:
    grandma = await scene.resident(house)
    delivery_id = await scene.done(house, await scene.supplied(house), grandma.signed_in())
    ticket = (await scene.issue(house, delivery_id))[0]
    clock.advance(timedelta(days=8))
    async with house.database.unit_of_work() as session:
        await reminders.remind(session)
    await scene.give(house, ticket.id, grandma)
    await drain(house)
    assert "rating_waits" not in {kind for _person, kind in await told(house)}


async def test_an_export_has_what_the_person_said_and_an_erasure_leaves_the_numbers(house: House) -> None:
    grandma, helper = await scene.resident(house), await scene.worker(house)
    under = await scene.supplied(house)
    own, slip = await scene.issue(house, await scene.done(house, under, grandma.signed_in(), None))
    await scene.give(
        house, own.id, grandma, overall=4, text="我家住三楼", pictures=[("image/png", 9, "0" * 64)]
    )
    other = await scene.give(house, slip.id, helper, assisted_how="paper", text="别人的话")
    async with house.database.reading() as session:
        mine = await own_data.collect(session, grandma.signed_in())
        helped = await own_data.collect(session, helper.signed_in())
    assert [(one["title"], one["quality"], one["text"]) for one in mine["ratings"]] == [
        ("上门助浴", 4, "我家住三楼")
    ]
    assert len(mine["tickets"]) == 1 and helped["ratings"] == []
    assert [one["content_type"] for one in mine["rating_photos"]] == ["image/png"]
    assert [one["assisted_how"] for one in helped["ratings_entered_for_others"]] == ["paper"]
    async with house.database.unit_of_work() as session:
        await own_data.erase(session, grandma.signed_in())
    async with house.database.reading() as session:
        words = {row.rating_id: row for row in await session.scalars(select(RatingWords))}
        assert words.pop(other).text == "别人的话"
        (gone,) = words.values()
        assert gone.text is None and gone.text_fingerprint is None and gone.erased_at is not None
        assert len((await session.scalars(select(Rating.id))).all()) == 2
        assert (await session.scalars(select(RatingSource.rating_id))).all() == []
        assert (await session.scalars(select(RatingPhoto.removed_at))).all() != [None]


async def test_what_was_said_from_a_phone_is_of_whoever_has_it_now(house: House) -> None:
    fingerprint = house.vault.fingerprint("+8613800138000", "phone")
    delivery_id = await scene.done(house, await scene.supplied(house))
    async with house.database.unit_of_work() as session:
        await delivering.recipient(session, delivery_id, phone_fingerprint=fingerprint)
    await scene.give(house, (await scene.issue(house, delivery_id))[0].id)
    grandma = await scene.resident(house, phone_fingerprint=fingerprint)
    async with house.database.reading() as session:
        assert len((await own_data.collect(session, grandma.signed_in()))["ratings"]) == 1


async def test_whoever_gets_the_number_of_somebody_with_an_account_gets_nothing_of_theirs(
    house: House,
) -> None:
    fingerprint = house.vault.fingerprint("+8613800138000", "phone")
    before = await scene.resident(house, phone_fingerprint=fingerprint)
    delivery_id = await scene.done(house, await scene.supplied(house))
    async with house.database.unit_of_work() as session:
        await delivering.recipient(session, delivery_id, before.signed_in(), phone_fingerprint=fingerprint)
    (ticket,) = await scene.issue(house, delivery_id)
    await scene.give(house, ticket.id, before, text="我家住三楼")
    async with house.database.unit_of_work() as session:
        (await session.get_one(Person, before.signed_in())).phone_fingerprint = None
        await session.flush()
    after = await scene.resident(house, "新机主", phone_fingerprint=fingerprint)
    async with house.database.reading() as session:
        for viewer, has in ((before, 1), (after, 0)):
            kept = await own_data.collect(session, viewer.signed_in())
            assert (len(kept["tickets"]), len(kept["ratings"])) == (has, has)
            assert len((await queries.own_tickets(session, viewer, PageRequest(5))).rows) == has
            assert await is_recipient(session, viewer, delivery_id) is (has == 1)
