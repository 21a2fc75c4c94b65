"""Qualifications: stated by their holder, decided once by an officer of the district, counted until they expire."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.areas.queries import Point
from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity import people, qualifications, queries
from marketplace.identity.drafts import QualificationDraft, ReasonDraft
from marketplace.identity.errors import QualificationIsDecided, QualificationIsOwn, TooManyQualifications
from marketplace.identity.people import VolunteerFacts
from marketplace.identity.states import QualificationState, qualification_state
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, SignInNeeded
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from tests import city
from tests.identity import scene

TODAY = date(2026, 11, 22)
WHY = ReasonDraft(reason="证书照片看不清")


async def stated(house: House, viewer: Viewer, **facts: Any) -> UUID:
    given = {"qualification_code": "nurse", "certificate_number": "N-1", "issued_on": "2020-05-01", **facts}
    async with house.database.unit_of_work() as session:
        return await qualifications.state(session, viewer, read(QualificationDraft, given))


async def verify(house: House, viewer: Viewer, qualification_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await qualifications.verify(session, viewer, qualification_id)


async def officer(house: House, scope: str = city.CHANGNING) -> Viewer:
    return await scene.person(house, Role.DISTRICT_OFFICER, scope)


async def facts(house: House, viewer: Viewer, on: date = TODAY) -> VolunteerFacts:
    async with house.database.reading() as session:
        return await people.facts_for_sign_up(session, viewer.signed_in(), on)


async def test_it_counts_once_verified_with_all_that_it_includes(house: House) -> None:
    holder = await scene.person(house)
    qualification_id = await stated(house, holder)
    assert (await facts(house, holder)).qualification_codes == frozenset()
    await verify(house, await officer(house), qualification_id)
    assert (await facts(house, holder)).qualification_codes == {"nurse", "first_aid"}


async def test_it_counts_through_its_last_day_and_is_told_apart_afterwards(house: House) -> None:
    holder = await scene.person(house)
    await verify(house, await officer(house), await stated(house, holder, expires_on="2026-12-01"))
    assert "nurse" in (await facts(house, holder, date(2026, 12, 1))).qualification_codes
    after = await facts(house, holder, date(2026, 12, 2))
    assert (after.qualification_codes, after.expired_codes) == (
        frozenset(),
        frozenset({"nurse", "first_aid"}),
    )


async def test_what_another_one_covers_is_not_called_expired(house: House) -> None:
    holder, decider = await scene.person(house), await officer(house)
    await verify(house, decider, await stated(house, holder, expires_on="2026-12-01"))
    await verify(house, decider, await stated(house, holder, qualification_code="first_aid"))
    after = await facts(house, holder, date(2026, 12, 2))
    assert (after.qualification_codes, after.expired_codes) == (
        frozenset({"first_aid"}),
        frozenset({"nurse"}),
    )


async def test_the_state_follows_from_the_facts(house: House) -> None:
    holder, decider = await scene.person(house), await officer(house)
    first = await stated(house, holder, expires_on="2026-12-01")
    second = await stated(house, holder, qualification_code="teacher")
    await verify(house, decider, first)
    async with house.database.unit_of_work() as session:
        await qualifications.refuse(session, decider, second, WHY)
    async with house.database.reading() as session:
        rows = {row.id: row for row in await queries.own_qualifications(session, holder)}
    assert qualification_state(rows[first], TODAY) == QualificationState.VERIFIED
    assert qualification_state(rows[first], date(2026, 12, 2)) == QualificationState.EXPIRED
    assert qualification_state(rows[second], TODAY) == QualificationState.REFUSED
    assert rows[second].refusal_reason == WHY.reason


async def test_nobody_decides_on_their_own(house: House) -> None:
    decider = await officer(house)
    with pytest.raises(QualificationIsOwn):
        await verify(house, decider, await stated(house, decider))


async def test_only_officers_of_the_holders_district_decide(house: House) -> None:
    holder = await scene.person(house)
    qualification_id = await stated(house, holder)
    for viewer, refusal in (
        (STRANGER, SignInNeeded),
        (await scene.person(house), NotFound),
        (await officer(house, city.XUHUI), NotFound),
        (await scene.person(house, Role.COMMUNITY_WORKER, city.CHANGNING), NotFound),
    ):
        with pytest.raises(refusal):
            await verify(house, viewer, qualification_id)
    assert (await facts(house, holder)).qualification_codes == frozenset()


async def test_whoever_gave_no_home_is_seen_to_by_the_city(house: House) -> None:
    holder = await scene.person(house, home_area_code=None)
    qualification_id = await stated(house, holder)
    with pytest.raises(NotFound):
        await verify(house, await officer(house), qualification_id)
    await verify(house, await officer(house, city.CITY), qualification_id)


async def test_it_is_decided_once_even_by_two_officers_at_once(house: House) -> None:
    holder = await scene.person(house)
    deciders = [await officer(house), await officer(house)]
    qualification_id = await stated(house, holder)
    outcomes = await asyncio.gather(
        *(verify(house, decider, qualification_id) for decider in deciders), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "QualificationIsDecided"]
    with pytest.raises(QualificationIsDecided):
        await verify(house, deciders[0], qualification_id)
    async with house.database.reading() as session:
        assert list(await session.scalars(select(AuditEntry.action))) == ["qualification.verified"]


async def test_officers_see_what_waits_in_their_district(house: House) -> None:
    holder = await scene.person(house)
    ids = [await stated(house, holder) for _ in range(3)]
    async with house.database.reading() as session:
        first = await queries.qualifications_to_verify(session, await officer(house), PageRequest(first=2))
        assert [item.row.id for item in first.rows] == ids[:2] and first.has_next
        rest = await queries.qualifications_to_verify(
            session, await officer(house), PageRequest(first=2, after=first.end_cursor)
        )
        assert [item.row.id for item in rest.rows] == ids[2:]
        for viewer in (STRANGER, holder, await officer(house, city.XUHUI)):
            assert not (await queries.qualifications_to_verify(session, viewer, PageRequest())).rows


async def test_the_holder_alone_takes_it_back(house: House) -> None:
    holder, other = await scene.person(house), await scene.person(house)
    qualification_id = await stated(house, holder)
    for viewer, refusal in ((STRANGER, SignInNeeded), (other, NotFound)):
        with pytest.raises(refusal):
            async with house.database.unit_of_work() as session:
                await qualifications.remove(session, viewer, qualification_id)
    async with house.database.unit_of_work() as session:
        await qualifications.remove(session, holder, qualification_id)
        assert await queries.own_qualifications(session, holder) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"qualification_code": "astronaut"}, "qualification_code"),
        ({"qualification_code": ""}, "qualification_code"),
        ({"certificate_number": "9" * 65}, "certificate_number"),
        ({"issued_on": "2026-13-01"}, "issued_on"),
        ({"issued_on": "2026-11-23"}, "issued_on"),
        ({"expires_on": "2026-11-21"}, "expires_on"),
        ({"expires_on": "2019-01-01"}, "form"),
        ({"expires_on": "3026-01-01"}, "expires_on"),
        ({"verified_at": "2026-11-22T00:00:00+08:00"}, "verified_at"),
    ],
)
async def test_a_wrong_statement_names_the_field(house: House, given: dict[str, Any], field: str) -> None:
    holder = await scene.person(house)
    with pytest.raises(InputIsInvalid) as caught:
        await stated(house, holder, **given)
    assert caught.value.problems[0].field == field


async def test_nobody_states_without_end(house: House) -> None:
    holder = await scene.person(house)
    for _ in range(qualifications.MOST_STATED):
        await stated(house, holder)
    with pytest.raises(TooManyQualifications):
        await stated(house, holder)
    with pytest.raises(SignInNeeded):
        await stated(house, STRANGER)


async def home(house: House, viewer: Viewer) -> Point | None:
    async with house.database.reading() as session:
        return await people.home_point(session, viewer.signed_in())


async def test_ages_for_a_sign_up(house: House) -> None:
    leapling = await scene.person(house, birth_date=date(2008, 2, 29))
    assert (await facts(house, leapling, date(2026, 2, 28))).age == 17
    grown = await facts(house, leapling, date(2026, 3, 1))
    assert (grown.age, grown.is_minor) == (18, False)
    nameless = await facts(house, await scene.person(house, birth_date=None))
    assert (nameless.age, nameless.is_minor) == (None, False)


async def test_people_live_at_their_point_or_in_their_district_or_nowhere(house: House) -> None:
    exact = await scene.person(house, latitude=31.2, longitude=121.4)
    assert await home(house, exact) == Point(31.2, 121.4)
    assert await home(house, await scene.person(house)) == Point(31.220372, 121.424622)
    assert await home(house, await scene.person(house, home_area_code=None)) is None
