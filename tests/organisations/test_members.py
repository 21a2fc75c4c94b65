"""People are taken in by their phone number and let go again; an organisation is never without a manager."""

import asyncio
from typing import Any

import pytest

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity import viewers
from marketplace.identity.errors import LastManagerStays
from marketplace.identity.phones import PURPOSE
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from marketplace.organisations import members, queries
from marketplace.organisations.drafts import MemberDraft
from marketplace.organisations.errors import (
    AlreadyAMember,
    NobodyHasThisNumber,
    OrganisationIsNotVerified,
)
from tests import builders

PHONE = "13800138000"


def by_phone(phone: str = PHONE, role: str = "organisation_member") -> MemberDraft:
    return read(MemberDraft, {"phone": phone, "role": role})


async def with_phone(session: Session, house: House, phone: str = "+8613800138000", **facts: Any) -> Viewer:
    return await builders.viewer(
        session, "陈", phone_fingerprint=house.vault.fingerprint(phone, PURPOSE), **facts
    )


async def test_a_manager_takes_somebody_in_by_phone_however_it_is_typed(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
        person = (await with_phone(session, house)).signed_in()
    async with house.database.unit_of_work() as session:
        draft = by_phone("+86 138-0013-8000")
        assert await members.take_in(session, manager, house.vault, organisation_id, draft) == person
    async with house.database.reading() as session:
        viewer = await viewers.of_person(session, person)
        assert viewer.holds_in_organisation(organisation_id, Role.ORGANISATION_MEMBER)
        rows = await queries.members(session, viewer, organisation_id)
        assert [(row.name, row.role) for row in rows] == [
            ("负责人", Role.ORGANISATION_MANAGER),
            ("陈", Role.ORGANISATION_MEMBER),
        ]


async def test_people_are_taken_in_once_and_may_be_promoted(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
        person = (await with_phone(session, house)).signed_in()
        await members.take_in(session, manager, house.vault, organisation_id, by_phone())
    with pytest.raises(AlreadyAMember):
        async with house.database.unit_of_work() as session:
            await members.take_in(session, manager, house.vault, organisation_id, by_phone())
    async with house.database.unit_of_work() as session:
        promotion = by_phone(role="organisation_manager")
        await members.take_in(session, manager, house.vault, organisation_id, promotion)
        viewer = await viewers.of_person(session, person)
        assert viewer.organisations_of(Role.ORGANISATION_MEMBER) == ()
        assert viewer.organisations_of(Role.ORGANISATION_MANAGER) == (organisation_id,)


async def test_a_number_nobody_signs_in_with_is_said_so(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
    with pytest.raises(NobodyHasThisNumber):
        async with house.database.unit_of_work() as session:
            await members.take_in(session, manager, house.vault, organisation_id, by_phone())


@pytest.mark.parametrize("phone", ["", "12345", "1380013800a", "1" * 50])
def test_a_number_that_is_none_is_refused(phone: str) -> None:
    with pytest.raises(InputIsInvalid):
        by_phone(phone)


async def test_an_unverified_organisation_cannot_try_out_numbers(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session, verified=False)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
    with pytest.raises(OrganisationIsNotVerified):
        async with house.database.unit_of_work() as session:
            await members.take_in(session, manager, house.vault, organisation_id, by_phone())


async def test_every_door_is_shut_to_strangers_outsiders_and_members(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        member = await builders.viewer(session, "成员", Role.ORGANISATION_MEMBER, organisation_id)
        outsider = await builders.viewer(session)
    refusals: list[tuple[Viewer, type[MarketplaceError]]] = [
        (STRANGER, SignInNeeded),
        (outsider, NotPermitted),
        (member, NotPermitted),
    ]
    for viewer, error in refusals:
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await members.take_in(session, viewer, house.vault, organisation_id, by_phone())
        with pytest.raises(error):
            async with house.database.unit_of_work() as session:
                await members.let_go(session, viewer, organisation_id, member.signed_in())
    for viewer in (STRANGER, outsider):
        with pytest.raises(NotFound):
            async with house.database.reading() as session:
                await queries.members(session, viewer, organisation_id)


async def test_the_last_manager_stays(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
    for step in (
        lambda session: members.leave(session, manager, organisation_id),
        lambda session: members.let_go(session, manager, organisation_id, manager.signed_in()),
    ):
        with pytest.raises(LastManagerStays):
            async with house.database.unit_of_work() as session:
                await step(session)


async def test_of_two_managers_who_leave_at_once_one_stays(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        both = [
            await builders.viewer(session, name, Role.ORGANISATION_MANAGER, organisation_id)
            for name in ("甲", "乙")
        ]

    async def go(viewer: Viewer) -> bool:
        try:
            async with house.database.unit_of_work() as session:
                await members.leave(session, viewer, organisation_id)
        except LastManagerStays:
            return False
        return True

    assert sorted(await asyncio.gather(*(go(viewer) for viewer in both))) == [False, True]


async def test_a_member_leaves_and_loses_sight_of_the_people(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        await builders.viewer(session, "负责人", Role.ORGANISATION_MANAGER, organisation_id)
        member = await builders.viewer(session, "成员", Role.ORGANISATION_MEMBER, organisation_id)
        await members.leave(session, member, organisation_id)
        gone = await viewers.of_person(session, member.signed_in())
        with pytest.raises(NotFound):
            await queries.members(session, gone, organisation_id)
        with pytest.raises(NotFound):
            await members.leave(session, gone, organisation_id)
