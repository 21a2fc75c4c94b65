"""The pages of roles: found by number, looked at once more, given and taken within one's own reach, always on record."""

from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.ids import new_id
from tests import builders, city
from tests.identity import scene
from tests.statements import counting
from tests.web.visitor import Page, Visitor

LIST = "/desk/roles"
TYPED = "138 0013 8000"


async def be(
    visitor: Visitor, house: House, role: Role | None = None, scope: str | UUID = city.CITY
) -> Viewer:
    viewer = await scene.person(house, role, scope, locale="en")
    await visitor.sign_in(viewer.signed_in())
    return viewer


async def find(visitor: Visitor, phone: str = TYPED) -> Page:
    return await visitor.submit(await visitor.get(LIST), f"{LIST}/person", phone=phone)


async def held(house: House, person_id: UUID) -> list[str]:
    async with house.database.reading() as session:
        rows = select(RoleGrant.role).where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
        return list(await session.scalars(rows))


async def grant_id_of(house: House, person_id: UUID) -> UUID:
    async with house.database.reading() as session:
        found = await session.scalar(select(RoleGrant.id).where(RoleGrant.person_id == person_id))
    assert found is not None
    return found


async def test_a_role_is_given_after_a_second_look_and_taken_away(visitor: Visitor, house: House) -> None:
    person = await scene.person(house, phone=scene.PHONE, name="王小明")
    await be(visitor, house, Role.DISTRICT_OFFICER, city.CHANGNING)
    page = await find(visitor)
    assert page.status == 200 and "王小明" in page.text
    check = await visitor.submit(page, f"{LIST}/check", role="community_worker", area="江苏路街道")
    assert check.status == 200 and "Changning District · Jiangsu Road Subdistrict" in check.text
    assert await held(house, person.signed_in()) == []
    page = await visitor.submit_and_follow(check, LIST)
    assert "it is on record" in page.text and await held(house, person.signed_in()) == ["community_worker"]
    path = f"{LIST}/{await grant_id_of(house, person.signed_in())}/revoke"
    await visitor.submit_and_follow(await visitor.get(path), path)
    assert await held(house, person.signed_in()) == []
    async with house.database.reading() as session:
        actions = set(await session.scalars(select(AuditEntry.action)))
    assert actions == {"person.looked_up", "role.granted", "role.revoked"}


async def test_a_stranger_to_the_officer_is_shown_by_a_surname_only(visitor: Visitor, house: House) -> None:
    await scene.person(house, phone=scene.PHONE, name="王小明", home_area_code=city.TIANPING_COMMUNITY)
    await be(visitor, house, Role.DISTRICT_OFFICER, city.CHANGNING)
    page = await find(visitor)
    assert "王**" in page.text and "小明" not in page.html


async def test_several_areas_of_a_name_are_told_apart(visitor: Visitor, house: House) -> None:
    await scene.person(house, phone=scene.PHONE)
    await be(visitor, house, Role.ADMINISTRATOR)
    page = await visitor.submit(await find(visitor), f"{LIST}/check", role="auditor", area="路街道")
    assert page.status == 422 and "Which one do you mean" in page.text
    check = await visitor.submit(page, f"{LIST}/check", area_code=city.HUAYANG)
    assert "Huayang Road Subdistrict" in check.text and check.status == 200


@pytest.mark.parametrize("phone", ["", "12", "139 0013 9000", "1" * 4000, "abc", "\x00"])
async def test_a_number_that_names_nobody_is_told(visitor: Visitor, house: House, phone: str) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    page = await find(visitor, phone)
    assert page.status == 422 and "problem-phone" in page.ids


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"area": ""}, 422),
        ({"area": "nowhere"}, 422),
        ({"area": "字" * 5000}, 422),
        ({"area": "天平路街道"}, 403),
        ({"role": "administrator"}, 403),
        ({"role": "organisation_member"}, 422),
        ({"role": "emperor"}, 422),
        ({"role": []}, 422),
        ({"phone": "139 0013 9000"}, 422),
    ],
)
async def test_a_wrong_answer_is_told_and_grants_nothing(
    visitor: Visitor, house: House, changes: dict[str, str | list[str]], status: int
) -> None:
    person = await scene.person(house, phone=scene.PHONE)
    await be(visitor, house, Role.DISTRICT_OFFICER, city.CHANGNING)
    given: dict[str, str | list[str]] = {"role": "community_worker", "area": "江苏路街道", **changes}
    page = await visitor.submit(await find(visitor), f"{LIST}/check", **given)
    assert page.status == status and "Please look at this again" in page.text
    assert await held(house, person.signed_in()) == []


async def test_a_form_bent_past_the_second_look_is_refused(visitor: Visitor, house: House) -> None:
    person = await scene.person(house, phone=scene.PHONE)
    await be(visitor, house, Role.DISTRICT_OFFICER, city.CHANGNING)
    answers = {"role": "community_worker", "area": "江苏路街道"}
    check = await visitor.submit(await find(visitor), f"{LIST}/check", **answers)
    assert (await visitor.submit(check, LIST, area_code=city.TIANPING)).status == 403
    assert (await visitor.submit(check, LIST, area_code="x" * 900)).status == 422
    assert await held(house, person.signed_in()) == []


async def test_the_same_role_is_not_given_twice(visitor: Visitor, house: House) -> None:
    person = await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_ROAD, phone=scene.PHONE)
    await be(visitor, house, Role.DISTRICT_OFFICER, city.CHANGNING)
    answers = {"role": "community_worker", "area": "江苏路街道"}
    check = await visitor.submit(await find(visitor), f"{LIST}/check", **answers)
    again = await visitor.submit(check, LIST)
    assert again.status == 409 and await held(house, person.signed_in()) == ["community_worker"]


async def test_nobody_gives_a_role_to_themselves(visitor: Visitor, house: House) -> None:
    officer = await scene.person(house, Role.ADMINISTRATOR, phone=scene.PHONE, locale="en")
    await visitor.sign_in(officer.signed_in())
    page = await find(visitor)
    assert "Nobody gives a role to themselves" in page.text
    assert not any(form.action == f"{LIST}/check" for form in page.forms)


async def test_the_last_administrator_stays(visitor: Visitor, house: House) -> None:
    officer = await be(visitor, house, Role.ADMINISTRATOR)
    path = f"{LIST}/{await grant_id_of(house, officer.signed_in())}/revoke"
    refused = await visitor.submit(await visitor.get(path), path)
    assert refused.status == 409 and await held(house, officer.signed_in()) == ["administrator"]


async def test_a_worker_lays_their_own_role_down(visitor: Visitor, house: House) -> None:
    worker = await be(visitor, house, Role.COMMUNITY_WORKER, city.JIANGSU_ROAD)
    path = f"{LIST}/{await grant_id_of(house, worker.signed_in())}/revoke"
    assert path in (await visitor.get(LIST)).links
    page = await visitor.submit_and_follow(await visitor.get(path), path)
    assert "You hold no role" in page.text


async def test_a_stranger_is_led_to_the_sign_in(visitor: Visitor, house: House) -> None:
    for path in (LIST, f"{LIST}/{new_id()}/revoke"):
        answer = await visitor.get(path)
        assert answer.status == 303 and str(answer.location).startswith("/sign-in?next=")


async def test_whoever_grants_nothing_finds_nobody(visitor: Visitor, house: House) -> None:
    person = await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_ROAD, phone=scene.PHONE)
    await be(visitor, house)
    page = await visitor.get(LIST)
    assert "You hold no role" in page.text and "Find a person" not in page.text
    bent = await visitor.get("/preferences")
    csrf = next(form.fields["csrf"][0] for form in bent.forms if "csrf" in form.fields)
    answer = await visitor.client.post(f"{LIST}/person", data={"csrf": csrf, "phone": TYPED})
    assert answer.status_code == 404
    path = f"{LIST}/{await grant_id_of(house, person.signed_in())}/revoke"
    assert (await visitor.get(path)).status == 404


async def test_an_officer_of_another_district_sees_and_takes_nothing(visitor: Visitor, house: House) -> None:
    person = await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_ROAD, name="王小明")
    await be(visitor, house, Role.DISTRICT_OFFICER, city.XUHUI)
    assert "王小明" not in (await visitor.get(LIST)).text
    path = f"{LIST}/{await grant_id_of(house, person.signed_in())}/revoke"
    assert (await visitor.get(path)).status == 404


async def test_holders_are_told_by_kind(visitor: Visitor, house: House) -> None:
    await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_ROAD, name="王小明")
    await scene.person(house, Role.MODERATOR, city.XUHUI, name="陈岚")
    await be(visitor, house, Role.ADMINISTRATOR)
    page = await visitor.get(f"{LIST}?role=moderator")
    assert "陈岚" in page.text and "王小明" not in page.text
    assert (await visitor.get(f"{LIST}?role=emperor")).status == 200
    assert (await visitor.get(f"{LIST}?after=nonsense")).status == 422


async def test_a_longer_list_costs_no_more_statements(visitor: Visitor, house: House) -> None:
    await be(visitor, house, Role.ADMINISTRATOR)
    costs = []
    for _round in range(2):
        for _number in range(4):
            await scene.person(house, Role.COMMUNITY_WORKER, city.JIANGSU_ROAD)
            async with house.database.unit_of_work() as session:
                organisation_id = await builders.organisation(session, f"社工站{new_id()}")
            await scene.person(house, Role.ORGANISATION_MEMBER, organisation_id)
        with counting(house) as sent:
            await visitor.get(LIST)
            await visitor.get(f"{LIST}?role=organisation_member")
        costs.append(len(sent))
    assert costs[0] == costs[1]
