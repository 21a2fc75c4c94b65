"""Roles: granted by higher rank within one's own reach, never to oneself, on record, and never so that nobody is left."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity import policy, roles
from marketplace.identity.drafts import RoleDraft
from marketplace.identity.errors import (
    LastAdministratorStays,
    LastManagerStays,
    RoleGrantIsRevoked,
    RoleIsForOneself,
    RoleIsHeldAlready,
    RoleIsOutOfReach,
)
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import STRANGER, HeldRole, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, SignInNeeded
from marketplace.kernel.input import read
from tests import builders, city
from tests.identity import scene


async def grant(house: House, viewer: Viewer, role: Role, scope: str | UUID, **facts: Any) -> UUID:
    where = {"area_code": scope} if isinstance(scope, str) else {"organisation_id": scope}
    draft = read(RoleDraft, {"role": role.value, "phone": scene.PHONE, **where, **facts})
    async with house.database.unit_of_work() as session:
        return await roles.grant(session, house.vault, viewer, draft)


async def revoke(house: House, viewer: Viewer, grant_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await roles.revoke(session, viewer, grant_id)


async def grant_of(house: House, viewer: Viewer) -> UUID:
    async with house.database.reading() as session:
        found = await session.scalar(
            select(RoleGrant.id).where(
                RoleGrant.person_id == viewer.person_id, RoleGrant.revoked_at.is_(None)
            )
        )
    assert found is not None
    return found


async def an_organisation(house: House) -> UUID:
    async with house.database.unit_of_work() as session:
        return await builders.organisation(session)


async def test_an_officer_makes_a_community_worker_of_their_district_on_record(house: House) -> None:
    worker = await scene.person(house, phone=scene.PHONE)
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    await grant(house, officer, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    now = await scene.viewer_of(house, worker.signed_in())
    assert now.roles == (HeldRole(Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY),)
    async with house.database.reading() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.action, entry.actor_id, entry.facts["role"]) == (
        "role.granted",
        officer.person_id,
        "community_worker",
    )


@pytest.mark.parametrize(
    ("held", "held_scope", "role", "scope", "may"),
    [
        (Role.ADMINISTRATOR, city.CITY, Role.ADMINISTRATOR, city.CITY, True),
        (Role.ADMINISTRATOR, city.CITY, Role.DISTRICT_OFFICER, city.XUHUI, True),
        (Role.ADMINISTRATOR, city.CITY, Role.MODERATOR, city.CITY, True),
        (Role.ADMINISTRATOR, city.CITY, Role.AUDITOR, city.CITY, True),
        (Role.ADMINISTRATOR, city.CHANGNING, Role.DISTRICT_OFFICER, city.CHANGNING, True),
        (Role.ADMINISTRATOR, city.CHANGNING, Role.DISTRICT_OFFICER, city.XUHUI, False),
        (Role.ADMINISTRATOR, city.CHANGNING, Role.ADMINISTRATOR, city.CITY, False),
        (Role.DISTRICT_OFFICER, city.CHANGNING, Role.COMMUNITY_WORKER, city.JIANGSU_ROAD, True),
        (Role.DISTRICT_OFFICER, city.CHANGNING, Role.COMMUNITY_WORKER, city.TIANPING_COMMUNITY, False),
        (Role.DISTRICT_OFFICER, city.CHANGNING, Role.COMMUNITY_WORKER, city.CITY, False),
        (Role.DISTRICT_OFFICER, city.CHANGNING, Role.DISTRICT_OFFICER, city.CHANGNING, False),
        (Role.DISTRICT_OFFICER, city.CHANGNING, Role.MODERATOR, city.CHANGNING, False),
        (Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY, False),
        (Role.MODERATOR, city.CITY, Role.MODERATOR, city.CITY, False),
        (Role.AUDITOR, city.CITY, Role.COMMUNITY_WORKER, city.CITY, False),
    ],
)
async def test_rank_and_reach_decide_who_grants_what(
    house: House, held: Role, held_scope: str, role: Role, scope: str, may: bool
) -> None:
    await scene.person(house, phone=scene.PHONE)
    viewer = await scene.person(house, held, held_scope)
    if may:
        await grant(house, viewer, role, scope)
        return
    with pytest.raises(RoleIsOutOfReach):
        await grant(house, viewer, role, scope)


async def test_whoever_may_not_grant_learns_nothing_about_a_number(house: House) -> None:
    outsider = await scene.person(house, Role.DISTRICT_OFFICER, city.XUHUI)
    for phone in (scene.PHONE, scene.OTHER_PHONE):
        with pytest.raises(RoleIsOutOfReach):
            await grant(house, outsider, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY, phone=phone)
        await scene.person(house, phone=phone)


async def test_strangers_grant_and_revoke_nothing(house: House) -> None:
    worker = await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY, phone=scene.PHONE)
    with pytest.raises(SignInNeeded):
        await grant(house, STRANGER, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    with pytest.raises(SignInNeeded):
        await revoke(house, STRANGER, await grant_of(house, worker))


async def test_nobody_grants_to_themselves(house: House) -> None:
    administrator = await scene.person(house, Role.ADMINISTRATOR, phone=scene.PHONE)
    with pytest.raises(RoleIsForOneself):
        await grant(house, administrator, Role.MODERATOR, city.CITY)


async def test_an_organisations_manager_grants_its_roles_and_no_others(house: House) -> None:
    member = await scene.person(house, phone=scene.PHONE)
    own, foreign = await an_organisation(house), await an_organisation(house)
    manager = await scene.person(house, Role.ORGANISATION_MANAGER, own)
    await grant(house, manager, Role.ORGANISATION_MEMBER, own)
    assert (await scene.viewer_of(house, member.signed_in())).roles[0].organisation_id == own
    with pytest.raises(RoleIsOutOfReach):
        await grant(house, manager, Role.ORGANISATION_MEMBER, foreign)
    with pytest.raises(RoleIsOutOfReach):
        await grant(house, manager, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    plain = await scene.viewer_of(house, member.signed_in())
    with pytest.raises(RoleIsOutOfReach):
        await grant(house, plain, Role.ORGANISATION_MEMBER, own)


async def test_a_role_is_held_once(house: House) -> None:
    await scene.person(house, phone=scene.PHONE)
    administrator = await scene.person(house, Role.ADMINISTRATOR)
    await grant(house, administrator, Role.AUDITOR, city.CITY)
    with pytest.raises(RoleIsHeldAlready):
        await grant(house, administrator, Role.AUDITOR, city.CITY)


async def test_a_role_granted_twice_at_once_is_held_once(house: House) -> None:
    await scene.person(house, phone=scene.PHONE)
    administrator = await scene.person(house, Role.ADMINISTRATOR)
    outcomes = await asyncio.gather(
        *(grant(house, administrator, Role.AUDITOR, city.CITY) for _ in range(3)), return_exceptions=True
    )
    assert sum(isinstance(outcome, RoleIsHeldAlready) for outcome in outcomes) == 2


async def test_a_revoked_role_is_gone_and_can_be_granted_again(house: House) -> None:
    worker = await scene.person(house, phone=scene.PHONE)
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    grant_id = await grant(house, officer, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    await revoke(house, officer, grant_id)
    assert (await scene.viewer_of(house, worker.signed_in())).roles == ()
    with pytest.raises(RoleGrantIsRevoked):
        await revoke(house, officer, grant_id)
    assert await grant(house, officer, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY) != grant_id


async def test_a_role_can_be_laid_down_by_its_holder_but_not_taken_by_outsiders(house: House) -> None:
    worker = await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    grant_id = await grant_of(house, worker)
    outsiders = (
        await scene.person(house),
        await scene.person(house, Role.DISTRICT_OFFICER, city.XUHUI),
        await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY),
    )
    for outsider in outsiders:
        with pytest.raises(NotFound):
            await revoke(house, outsider, grant_id)
    await revoke(house, worker, grant_id)
    assert (await scene.viewer_of(house, worker.signed_in())).roles == ()


async def test_the_last_administrator_stays(house: House) -> None:
    administrator = await scene.person(house, Role.ADMINISTRATOR)
    with pytest.raises(LastAdministratorStays):
        await revoke(house, administrator, await grant_of(house, administrator))


async def test_two_last_administrators_cannot_revoke_each_other_at_once(house: House) -> None:
    first, second = (
        await scene.person(house, Role.ADMINISTRATOR),
        await scene.person(house, Role.ADMINISTRATOR),
    )
    grants = [await grant_of(house, first), await grant_of(house, second)]
    outcomes = await asyncio.gather(
        revoke(house, first, grants[1]), revoke(house, second, grants[0]), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastAdministratorStays", "NoneType"]


async def test_the_last_manager_of_an_organisation_stays(house: House) -> None:
    organisation = await an_organisation(house)
    manager = await scene.person(house, Role.ORGANISATION_MANAGER, organisation)
    with pytest.raises(LastManagerStays):
        await revoke(house, manager, await grant_of(house, manager))


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"role": "emperor"}, "role"),
        ({"area_code": "123"}, "area_code"),
        ({"area_code": None}, "form"),
        ({"organisation_id": "0192f0c0-0000-7000-8000-000000000000"}, "form"),
        ({"role": "organisation_member"}, "form"),
        ({"phone": "12"}, "phone"),
    ],
)
def test_a_wrong_grant_names_the_field(facts: dict[str, Any], field: str) -> None:
    given = {"role": "moderator", "phone": scene.PHONE, "area_code": city.CITY, **facts}
    with pytest.raises(InputIsInvalid) as caught:
        read(RoleDraft, given)
    assert caught.value.problems[0].field == field


@pytest.mark.parametrize(
    ("phone", "scope", "field"),
    [(scene.OTHER_PHONE, city.CITY, "phone"), (scene.PHONE, "310199000000", "area_code")],
)
async def test_nobody_and_nowhere_are_named(house: House, phone: str, scope: str, field: str) -> None:
    await scene.person(house, phone=scene.PHONE)
    administrator = await scene.person(house, Role.ADMINISTRATOR)
    with pytest.raises(InputIsInvalid) as caught:
        await grant(house, administrator, Role.DISTRICT_OFFICER, scope, phone=phone)
    assert caught.value.problems[0].field == field


async def test_an_organisation_that_does_not_exist_is_refused(house: House) -> None:
    await scene.person(house, phone=scene.PHONE)
    administrator = await scene.person(house, Role.ADMINISTRATOR)
    with pytest.raises(InputIsInvalid) as caught:
        await grant(house, administrator, Role.ORGANISATION_MEMBER, UUID(int=7))
    assert caught.value.problems[0].field == "organisation_id"


async def test_a_grant_that_does_not_exist_is_missing(house: House) -> None:
    with pytest.raises(NotFound):
        await revoke(house, await scene.person(house, Role.ADMINISTRATOR), UUID(int=7))


async def test_viewers_see_their_own_grants_and_those_in_their_reach(house: House) -> None:
    worker = await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    outsider = await scene.person(house, Role.DISTRICT_OFFICER, city.XUHUI)
    async with house.database.reading() as session:
        for viewer, seen in ((worker, 1), (officer, 2), (outsider, 1), (await scene.person(house), 0)):
            assert len(await roles.granted_within(session, viewer)) == seen


async def test_what_a_viewer_may_grant_is_offered(house: House) -> None:
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    assert policy.grantable_roles(officer) == (Role.COMMUNITY_WORKER, Role.PROCUREMENT_OFFICER)
    assert policy.grantable_roles(STRANGER) == ()
    assert set(policy.grantable_roles(await scene.person(house, Role.ADMINISTRATOR))) == set(Role)
