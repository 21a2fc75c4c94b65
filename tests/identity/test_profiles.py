"""Profiles: changed by their owner, a field at a time; the birth date once; an e-mail address counts when confirmed."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity import emails, profiles, queries
from marketplace.identity.drafts import BirthDateDraft, EmailDraft, ProfileDraft
from marketplace.identity.errors import BirthDateIsSet, LinkIsSpent, TooManyEmails
from marketplace.identity.models import Person
from marketplace.identity.queries import Profile
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.input import read
from tests import city
from tests.identity import scene

MORNING = {"weekday": 0, "from_minute": 540, "to_minute": 720}


async def change(house: House, viewer: Viewer, **facts: Any) -> None:
    async with house.database.unit_of_work() as session:
        await profiles.change(session, viewer, read(ProfileDraft, facts))


async def profile(house: House, viewer: Viewer) -> Profile:
    async with house.database.reading() as session:
        return await queries.own_profile(session, house.vault, viewer)


async def give_email(house: House, viewer: Viewer, email: str | None) -> None:
    async with house.database.unit_of_work() as session:
        await emails.give(session, viewer, read(EmailDraft, {"email": email}))


async def confirm(house: House, token: str) -> None:
    async with house.database.unit_of_work() as session:
        await emails.confirm(session, house.vault, token)


async def test_everything_about_oneself_can_be_said(house: House) -> None:
    viewer = await scene.person(house, phone=scene.PHONE)
    await change(
        house,
        viewer,
        name="王小明",
        about="退休教师",
        locale="en",
        home_area_code=city.HUAYANG_COMMUNITY,
        travel_radius_metres=3000,
        skills=["haircut", "teaching"],
        languages=["shanghainese"],
        availability=[MORNING, {**MORNING, "weekday": 2}],
    )
    said = await profile(house, viewer)
    assert (said.name, said.about, said.locale, said.phone) == ("王小明", "退休教师", "en", "138****8000")
    assert (said.home_area_code, said.travel_radius_metres) == (city.HUAYANG_COMMUNITY, 3000)
    assert (said.skills, said.languages) == (("haircut", "teaching"), ("shanghainese",))
    assert [(item.weekday, item.from_minute, item.to_minute) for item in said.availability] == [
        (0, 540, 720),
        (2, 540, 720),
    ]


async def test_what_is_not_named_stays_and_what_is_named_as_nothing_goes(house: House) -> None:
    viewer = await scene.person(house)
    await change(house, viewer, about="退休教师", skills=["haircut"], availability=[MORNING])
    await change(house, viewer, name="王小明")
    said = await profile(house, viewer)
    assert (said.about, said.skills, len(said.availability)) == ("退休教师", ("haircut",), 1)
    await change(house, viewer, about="", skills=[], availability=[])
    said = await profile(house, viewer)
    assert (said.about, said.skills, said.availability) == (None, (), ())


async def test_skills_and_languages_are_replaced_apart(house: House) -> None:
    viewer = await scene.person(house)
    await change(house, viewer, skills=["haircut"], languages=["english"])
    await change(house, viewer, skills=["cooking"])
    said = await profile(house, viewer)
    assert (said.skills, said.languages) == (("cooking",), ("english",))


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "长" * 61}, "name"),
        ({"name": "两\n行"}, "name"),
        ({"name": ["王"]}, "name"),
        ({"about": "长" * 1001}, "about"),
        ({"about": "\x00"}, "about"),
        ({"locale": None}, "locale"),
        ({"locale": "fr"}, "locale"),
        ({"birth_date": "1990-02-30"}, "birth_date"),
        ({"birth_date": "1800-01-01"}, "birth_date"),
        ({"home_area_code": "310105"}, "home_area_code"),
        ({"home_area_code": "999999999999"}, "home_area_code"),
        ({"home_area_code": city.CITY}, "home_area_code"),
        ({"travel_radius_metres": -1}, "travel_radius_metres"),
        ({"travel_radius_metres": 200_001}, "travel_radius_metres"),
        ({"travel_radius_metres": "far"}, "travel_radius_metres"),
        ({"skills": ["nothing"]}, "skills"),
        ({"skills": ["shanghainese"]}, "skills"),
        ({"skills": ["haircut"] * 31}, "skills"),
        ({"languages": ["haircut"]}, "languages"),
        ({"availability": [MORNING] * 29}, "availability"),
        ({"availability": [MORNING, {**MORNING, "from_minute": 600}]}, "availability"),
        ({"availability": [{**MORNING, "weekday": 7}]}, "availability.0.weekday"),
        ({"availability": [{**MORNING, "to_minute": 540}]}, "availability.0"),
        ({"availability": [{**MORNING, "to_minute": 1441}]}, "availability.0.to_minute"),
        ({"phone": "13800138000"}, "phone"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_changes(
    house: House, facts: dict[str, Any], field: str
) -> None:
    viewer = await scene.person(house)
    before = await profile(house, viewer)
    with pytest.raises(InputIsInvalid) as caught:
        await change(house, viewer, **{"name": "别的名字", **facts})
    assert caught.value.problems[0].field == field
    assert await profile(house, viewer) == before


async def test_a_birth_date_is_said_once(house: House) -> None:
    viewer = await scene.person(house, birth_date=None)
    await change(house, viewer, birth_date="2010-05-01")
    await change(house, viewer, birth_date="2010-05-01")
    with pytest.raises(BirthDateIsSet):
        await change(house, viewer, birth_date="1990-05-01")
    assert (await profile(house, viewer)).birth_date == date(2010, 5, 1)


async def test_nobody_is_born_tomorrow(house: House) -> None:
    viewer = await scene.person(house, birth_date=None)
    with pytest.raises(InputIsInvalid):
        await change(house, viewer, birth_date="2026-11-23")


async def test_an_officer_of_the_persons_district_corrects_a_birth_date_on_record(house: House) -> None:
    person = await scene.person(house)
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    outsider = await scene.person(house, Role.DISTRICT_OFFICER, city.XUHUI)
    draft = BirthDateDraft(birth_date=date(2010, 5, 1), reason="核对身份证")
    doors: list[tuple[Viewer, type[MarketplaceError]]] = [
        (STRANGER, SignInNeeded),
        (outsider, NotFound),
        (person, NotPermitted),
    ]
    for viewer, refusal in doors:
        with pytest.raises(refusal):
            async with house.database.unit_of_work() as session:
                await profiles.correct_birth_date(session, viewer, person.signed_in(), draft)
    async with house.database.unit_of_work() as session:
        await profiles.correct_birth_date(session, officer, person.signed_in(), draft)
        assert list(await session.scalars(select(AuditEntry.action))) == ["person.birth_date_corrected"]
    assert (await profile(house, person)).birth_date == date(2010, 5, 1)


async def test_strangers_have_no_profile(house: House) -> None:
    with pytest.raises(SignInNeeded):
        await profile(house, STRANGER)
    with pytest.raises(SignInNeeded):
        await change(house, STRANGER, name="王小明")


async def test_people_are_seen_by_themselves_and_by_their_officers(house: House) -> None:
    person, other = await scene.person(house), await scene.person(house)
    officer = await scene.person(house, Role.DISTRICT_OFFICER, city.CHANGNING)
    outsider = await scene.person(house, Role.DISTRICT_OFFICER, city.XUHUI)
    ids = [person.signed_in()]
    async with house.database.reading() as session:
        for viewer, sees in ((person, 1), (officer, 1), (other, 0), (outsider, 0), (STRANGER, 0)):
            assert len(await queries.people_by_ids(session, viewer, ids)) == sees


async def test_an_address_counts_once_its_link_was_opened(house: House, clock: FixedClock) -> None:
    viewer = await scene.person(house)
    await give_email(house, viewer, "wang@example.org")
    assert (await profile(house, viewer)).email_confirmed_at is None
    token = emails.link_token(house.vault, viewer.signed_in(), "wang@example.org", clock.now())
    await confirm(house, token)
    await confirm(house, token)
    assert (await profile(house, viewer)).email_confirmed_at == clock.now()


async def test_a_link_is_spent_when_late_or_when_the_address_changed_since(
    house: House, clock: FixedClock
) -> None:
    viewer = await scene.person(house)
    await give_email(house, viewer, "wang@example.org")
    token = emails.link_token(house.vault, viewer.signed_in(), "wang@example.org", clock.now())
    await give_email(house, viewer, "other@example.org")
    with pytest.raises(LinkIsSpent):
        await confirm(house, token)
    token = emails.link_token(house.vault, viewer.signed_in(), "other@example.org", clock.now())
    clock.advance(timedelta(days=3))
    with pytest.raises(LinkIsSpent):
        await confirm(house, token)
    assert (await profile(house, viewer)).email_confirmed_at is None


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", f"{'0' * 32}.99999999999.sig", f"{'0' * 32}.{'9' * 5000}.x", "\0.1.é"]
)
async def test_a_forged_link_is_spent(house: House, token: str) -> None:
    with pytest.raises(LinkIsSpent):
        await confirm(house, token)


async def test_a_tampered_link_confirms_nothing(house: House, clock: FixedClock) -> None:
    viewer, other = await scene.person(house), await scene.person(house)
    for one in (viewer, other):
        await give_email(house, one, "same@example.org")
    token = emails.link_token(house.vault, viewer.signed_in(), "same@example.org", clock.now())
    forged = token.replace(viewer.signed_in().hex, other.signed_in().hex)
    with pytest.raises(LinkIsSpent):
        await confirm(house, forged)


async def test_an_address_can_be_taken_away_and_is_not_changed_without_end(house: House) -> None:
    viewer = await scene.person(house)
    for number in range(emails.MOST_A_DAY):
        await give_email(house, viewer, f"wang{number}@example.org")
    with pytest.raises(TooManyEmails):
        await give_email(house, viewer, "wang@example.org")
    await give_email(house, viewer, "")
    assert (await profile(house, viewer)).email is None


@pytest.mark.parametrize(
    "email",
    [
        "wang",
        "wang@",
        "@example.org",
        "wang@localhost",
        "a b@example.org",
        "wang@example.org\nBcc: x@y.z",
        "a..b@example.org",
        "wang@" + "a" * 250 + ".org",
        "王@例子.中国",
        5,
    ],
)
async def test_what_is_no_address_is_refused(house: House, email: Any) -> None:
    viewer = await scene.person(house)
    with pytest.raises(InputIsInvalid) as caught:
        await give_email(house, viewer, email)
    assert caught.value.problems[0].field == "email"


async def test_the_telephone_number_is_not_stored_in_the_clear(house: House) -> None:
    await scene.person(house, phone=scene.PHONE)
    async with house.database.reading() as session:
        person = (await session.scalars(select(Person))).one()
    assert b"13800138000" not in (person.phone_sealed or b"") + (person.phone_fingerprint or b"")
