"""Who may take what: age, guardian, insurance, qualifications, each refusal with its article; for a list in constant SQL."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity.models import GuardianConsent, PersonQualification
from marketplace.identity.viewer import Viewer
from marketplace.kernel.ids import new_id
from marketplace.kernel.local_forms import Named
from marketplace.volunteering import eligibility
from marketplace.volunteering.errors import (
    BirthDateIsUnknown,
    GuardianHasNotConsented,
    NeedIsNotOpen,
    NobodyIsInsured,
    PersonIsTooYoung,
    QualificationHasExpired,
    QualificationIsMissing,
    Reason,
)
from marketplace.volunteering.models import NeedQualification
from tests import builders, city
from tests.statements import counting
from tests.volunteering import scene

FIT = "《志愿服务条例》第十五、十六条"
INSURANCE = "《志愿服务条例》第十七条；《上海市志愿服务条例》第二十四条"
MINORS = "《上海市志愿服务条例》第十三条"
SIXTEEN = date(2010, 11, 20)


async def demand(house: House, at: scene.Scene, *codes: str) -> None:
    async with house.database.unit_of_work() as session:
        session.add_all(NeedQualification(need_id=at.need_id, qualification_code=code) for code in codes)


async def qualify(house: House, viewer: Viewer, code: str, **facts: Any) -> None:
    """A qualification that an officer verified, without end unless told otherwise."""
    async with house.database.unit_of_work() as session:
        row = {"stated_at": city.NOW, "verified_at": city.NOW, **facts}
        session.add(
            PersonQualification(id=new_id(), person_id=viewer.signed_in(), qualification_code=code, **row)
        )


async def consent(session: Session, viewer: Viewer, **facts: Any) -> None:
    session.add(
        GuardianConsent(
            id=new_id(),
            minor_id=viewer.signed_in(),
            guardian_name_sealed=b"sealed",
            guardian_phone_sealed=b"sealed",
            guardian_phone_fingerprint=b"f" * 32,
            relation="mother",
            given_at=city.NOW,
            **facts,
        )
    )


async def refused(house: House, viewer: Viewer, at: scene.Scene, error: type[Reason]) -> Reason:
    """Joining, agreed or not, raises ``error`` and takes no place."""
    with pytest.raises(error) as caught:
        await scene.join(house, viewer, at.shift_id, agreed=True)
    assert await scene.places_taken(house, at.shift_id) == 0
    return caught.value


async def test_a_minor_without_the_guardians_consent_is_refused_citing_the_article(house: House) -> None:
    at = await scene.shift(house)
    error = await refused(
        house, await scene.volunteer(house, birth_date=SIXTEEN), at, GuardianHasNotConsented
    )
    assert error.article == MINORS


async def test_a_minor_with_the_guardians_consent_takes_part(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house, birth_date=SIXTEEN)
    async with house.database.unit_of_work() as session:
        await consent(session, me)
    await scene.join(house, me, at.shift_id)


async def test_a_consent_that_was_withdrawn_is_none(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house, birth_date=SIXTEEN)
    async with house.database.unit_of_work() as session:
        await consent(session, me, withdrawn_at=city.NOW)
    await refused(house, me, at, GuardianHasNotConsented)


async def test_age_counts_on_the_day_of_the_shift_in_shanghai(house: House) -> None:
    turns_eighteen = date(2008, 11, 24)  # the day after tomorrow
    me = await scene.volunteer(house, birth_date=turns_eighteen)
    await refused(house, me, await scene.shift(house, starts_in=timedelta(days=1)), GuardianHasNotConsented)
    # 00:30 on the birthday in Shanghai is still the day before in UTC.
    at = await scene.shift(house, starts_in=timedelta(days=1, hours=14, minutes=30))
    await scene.join(house, me, at.shift_id)


async def test_a_minimum_age_holds_whatever_a_guardian_says(house: House) -> None:
    at = await scene.shift(house, minimum_age=17)
    me = await scene.volunteer(house, birth_date=SIXTEEN)
    async with house.database.unit_of_work() as session:
        await consent(session, me)
    error = await refused(house, me, at, PersonIsTooYoung)
    assert (error.article, error.facts) == (FIT, {"minimum_age": 17})


async def test_without_a_birth_date_nobody_can_tell(house: House) -> None:
    error = await refused(
        house, await scene.volunteer(house, birth_date=None), await scene.shift(house), BirthDateIsUnknown
    )
    assert error.article == MINORS


@pytest.mark.parametrize("insurance", [None, ""])
async def test_a_risky_task_without_insurance_takes_nobody(house: House, insurance: str | None) -> None:
    at = await scene.shift(house, is_risky=True, insurance=insurance)
    error = await refused(house, await scene.volunteer(house), at, NobodyIsInsured)
    assert error.article == INSURANCE


async def test_a_missing_qualification_is_named_in_both_languages(house: House) -> None:
    at = await scene.shift(house)
    await demand(house, at, "nurse")
    error = await refused(house, await scene.volunteer(house), at, QualificationIsMissing)
    assert (error.article, error.facts) == (
        FIT,
        {"qualification": Named("护士执业证书", "Registered nurse")},
    )


async def test_a_stated_qualification_counts_once_it_is_verified(house: House) -> None:
    at = await scene.shift(house)
    await demand(house, at, "first_aid")
    me = await scene.volunteer(house)
    await qualify(house, me, "first_aid", verified_at=None)
    await refused(house, me, at, QualificationIsMissing)


async def test_a_qualification_that_expires_before_the_shift_is_expired(house: House) -> None:
    at = await scene.shift(house, starts_in=timedelta(days=10))
    await demand(house, at, "first_aid")
    me = await scene.volunteer(house)
    await qualify(house, me, "first_aid", expires_on=date(2026, 12, 1))
    error = await refused(house, me, at, QualificationHasExpired)
    assert error.article == FIT
    on_its_last_day = await scene.shift(house, starts_in=timedelta(days=9))
    await demand(house, on_its_last_day, "first_aid")
    await scene.join(house, me, on_its_last_day.shift_id)


async def test_a_higher_qualification_that_includes_the_needed_one_is_accepted(house: House) -> None:
    at = await scene.shift(house)
    await demand(house, at, "first_aid")
    me = await scene.volunteer(house)
    await qualify(house, me, "physician")
    await scene.join(house, me, at.shift_id)


async def test_every_reason_is_told_not_only_the_first(house: House) -> None:
    at = await scene.shift(house, minimum_age=17, is_risky=True, closed_at=city.NOW)
    await demand(house, at, "first_aid", "nurse")
    me = await scene.volunteer(house, birth_date=SIXTEEN)
    async with house.database.reading() as session:
        reasons = await eligibility.mine(session, me, at.shift_id)
    assert [type(reason) for reason in reasons] == [
        NeedIsNotOpen,
        NobodyIsInsured,
        PersonIsTooYoung,
        GuardianHasNotConsented,
        QualificationIsMissing,
        QualificationIsMissing,
    ]


async def test_what_one_can_take_of_many_needs_costs_the_same_sql_as_of_one(house: House) -> None:
    me = await scene.volunteer(house, birth_date=SIXTEEN)
    need_ids: list[UUID] = []
    async with house.database.unit_of_work() as session:
        await consent(session, me)
        for number in range(30):
            need_ids.append(await builders.need(session, minimum_age=number))
            session.add(NeedQualification(need_id=need_ids[-1], qualification_code="first_aid"))
    counts = []
    for asked in (need_ids[:1], need_ids):
        async with house.database.reading() as session:
            with counting(house) as statements:
                found = await eligibility.for_needs(session, me.signed_in(), asked)
        counts.append(len(statements))
        assert set(found) == set(asked)
    assert counts[0] == counts[1] <= 10


async def test_needs_that_do_not_exist_are_left_out(house: House) -> None:
    me = await scene.volunteer(house)
    async with house.database.reading() as session:
        assert await eligibility.for_needs(session, me.signed_in(), [new_id()]) == {}
