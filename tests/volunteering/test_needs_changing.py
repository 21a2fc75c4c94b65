"""Public needs are edited, closed and cancelled by their organisers; people who signed up keep their places and are told."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.outbox.models import OutboxEvent
from marketplace.volunteering import needs
from marketplace.volunteering.drafts import ReasonDraft
from marketplace.volunteering.errors import (
    NeedIsNotPublished,
    NeedIsOver,
    NeedKeepsItsOrganisation,
    RisksAreNotStated,
)
from marketplace.volunteering.models import Need, NeedQualification, NeedTag, Shift
from tests import builders, city
from tests.volunteering.test_needs_publishing import a_need, worker

Command = Callable[[Session, Viewer, UUID], Awaitable[Any]]
COMMANDS: list[Command] = [
    lambda session, viewer, need_id: needs.edit(session, viewer, need_id, a_need(title="改了名字")),
    needs.close,
    lambda session, viewer, need_id: needs.cancel(session, viewer, need_id, ReasonDraft(reason="下雨")),
]
NAMES = ["edit", "close", "cancel"]


async def told(session: Session) -> list[str]:
    return list(await session.scalars(select(OutboxEvent.name).order_by(OutboxEvent.sequence)))


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
async def test_every_door_is_shut_to_strangers_and_outsiders(house: House, command: Command) -> None:
    async with house.database.unit_of_work() as session:
        shown = await builders.need(session)
        hidden = await builders.need(session, published=False)
        outsider = await builders.viewer(session)
        far = await worker(session, city.HUAYANG_COMMUNITY)
        member = await worker(session)
    for viewer, need_id, error in (
        (STRANGER, shown, SignInNeeded),
        (outsider, shown, NotPermitted),
        (far, shown, NotPermitted),
        (far, hidden, NotFound),
        (member, new_id(), NotFound),
    ):
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await command(session, viewer, need_id)
    async with house.database.unit_of_work() as session:
        await command(session, member, shown)


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"published": False}, NeedIsNotPublished),
        ({"cancelled_at": city.NOW}, NeedIsOver),
        ({"published": False, "declined_at": city.NOW}, NeedIsOver),
    ],
)
async def test_a_need_that_is_over_or_not_yet_public_stays_as_it_is(
    house: House, command: Command, facts: dict[str, Any], error: type[MarketplaceError]
) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, **facts)
        member = await worker(session)
    with pytest.raises(error):
        async with house.database.unit_of_work() as session:
            await command(session, member, need_id)


async def test_an_edited_need_has_its_new_words_and_readers_hear_of_it(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        member = await worker(session)
        await needs.edit(session, member, need_id, a_need(tags=["独居老人"], qualifications=["nurse"]))
    async with house.database.unit_of_work() as session:
        await needs.edit(session, member, need_id, a_need(tags=["older_people"], minimum_age=18))
    async with house.database.reading() as session:
        need = await session.get_one(Need, need_id)
        assert (need.title, need.minimum_age, need.version) == ("周六陪老人做眼科检查", 18, 3)
        assert (await session.scalars(select(NeedTag.tag_code))).all() == ["older_people"]
        assert (await session.scalars(select(NeedQualification.qualification_code))).all() == []
        assert await told(session) == ["NeedTermsChanged", "NeedChanged"] * 2


async def test_other_terms_are_news_and_better_words_are_not(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        member = await worker(session)
        await needs.edit(session, member, need_id, a_need())
    again = {"title": "换个说法", "description": "写得更清楚一些，别的都没有变。", "tags": ["older_people"]}
    for draft in (a_need(**again), a_need(**again, minimum_age=16, qualifications=["nurse"])):
        async with house.database.unit_of_work() as session:
            await needs.edit(session, member, need_id, draft)
    async with house.database.reading() as session:
        told_of = await session.scalars(
            select(OutboxEvent.payload)
            .where(OutboxEvent.name == "NeedTermsChanged")
            .order_by(OutboxEvent.sequence)
        )
        assert [payload["changed"] for payload in told_of][1:] == [["minimum_age", "qualifications"]]


async def test_another_place_is_told_to_people_who_have_signed_up(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session)
        peopled = await builders.shift(session, need_id)
        empty = await builders.shift(session, need_id)
        past = await builders.shift(session, need_id, starts_in=-timedelta(days=1))
        for shift_id in (peopled, past):
            await builders.sign_up(session, shift_id, await builders.person(session))
        await needs.edit(session, await worker(session), need_id, a_need(place="新的集合点"))
    async with house.database.reading() as session:
        moved = await session.scalars(select(OutboxEvent.payload).where(OutboxEvent.name == "ShiftMoved"))
        assert [payload["shift_id"] for payload in moved] == [str(peopled)]
        sequences = {
            shift_id: (await session.get_one(Shift, shift_id)).calendar_sequence
            for shift_id in (peopled, empty, past)
        }
        assert sequences == {peopled: 1, empty: 1, past: 0}


async def test_a_need_stays_with_its_organisation_and_in_reach_of_its_organisers(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        need_id = await builders.need(session)
        member = await worker(session)
    for draft, error in (
        (a_need(organisation_id=organisation_id), NeedKeepsItsOrganisation),
        (a_need(area_code=city.TIANPING_COMMUNITY), NotPermitted),
        (a_need(risks=""), RisksAreNotStated),
    ):
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await needs.edit(session, member, need_id, draft)


async def test_the_area_of_an_organisations_need_has_it_in_hand_too(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        need_id = await builders.need(session, organisation_id=organisation_id)
        officer = await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, city.CHANGNING)
        await needs.close(session, officer, need_id)
    async with house.database.reading() as session:
        assert (await session.get_one(Need, need_id)).closed_at == city.NOW
        assert await told(session) == ["NeedClosed"]


async def test_a_closed_need_may_still_be_cancelled_but_not_closed_again(house: House) -> None:
    async with house.database.unit_of_work() as session:
        need_id = await builders.need(session, closed_at=session.now())
        member = await worker(session)
    with pytest.raises(NeedIsOver):
        async with house.database.unit_of_work() as session:
            await needs.close(session, member, need_id)
    async with house.database.unit_of_work() as session:
        await needs.cancel(session, member, need_id, ReasonDraft(reason="不再需要"))
