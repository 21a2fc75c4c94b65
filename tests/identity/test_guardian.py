"""A guardian's consent: proved on the guardian's own phone, for this minor alone, and withdrawn by either of them."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity import guardian, people
from marketplace.identity.drafts import GuardianAnswerDraft, GuardianDraft
from marketplace.identity.errors import (
    GuardianConsentedAlready,
    GuardianPhoneIsYourOwn,
    OneTimeCodeIsSpent,
    OneTimeCodeIsWrong,
    PersonIsNotAMinor,
)
from marketplace.identity.gateway import CodeMessage
from marketplace.identity.models import GuardianConsent
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, SignInNeeded
from marketplace.kernel.input import read
from tests.identity import scene

MOTHER = {"guardian_name": "王妈妈", "guardian_phone": scene.OTHER_PHONE, "relation": "parent"}
MINOR = date(2012, 5, 1)


async def a_minor(house: House, phone: str = scene.PHONE) -> Viewer:
    return await scene.person(house, phone=phone, birth_date=MINOR)


async def ask(house: House, viewer: Viewer, **facts: Any) -> CodeMessage:
    async with house.database.unit_of_work() as session:
        draft = read(GuardianDraft, {**MOTHER, **facts})
        return await guardian.ask(session, house.vault, viewer, draft, scene.SOURCE)


async def give(house: House, viewer: Viewer, message: CodeMessage, **facts: Any) -> UUID:
    given = {**MOTHER, "challenge_id": message.challenge_id, "code": message.code, **facts}
    async with house.database.unit_of_work() as session:
        answered = await guardian.give(session, house.vault, viewer, read(GuardianAnswerDraft, given))
    consent_id = answered.or_refusal().consent_id
    assert consent_id is not None
    return consent_id


async def consents(house: House, viewer: Viewer) -> bool:
    async with house.database.reading() as session:
        facts = await people.facts_for_sign_up(session, viewer.signed_in(), date(2026, 11, 22))
        assert facts.is_minor
        return facts.guardian_consented


async def test_a_guardian_consents_by_the_code_on_their_own_phone(house: House) -> None:
    minor = await a_minor(house)
    assert not await consents(house, minor)
    message = await ask(house, minor)
    assert message.phone == scene.OTHER_PHONE
    await give(house, minor, message)
    assert await consents(house, minor)
    async with house.database.reading() as session:
        row = (await session.scalars(select(GuardianConsent))).one()
        assert "王妈妈".encode() not in row.guardian_name_sealed
        assert list(await session.scalars(select(AuditEntry.action))) == ["guardian.consented"]


async def test_minor_and_guardian_see_the_consent_and_either_withdraws_it(
    house: House, clock: FixedClock
) -> None:
    minor, mother = await a_minor(house), await scene.person(house, phone=scene.OTHER_PHONE)
    for withdrawing in (minor, mother):
        consent_id = await give(house, minor, await ask(house, minor))
        async with house.database.reading() as session:
            shown = (await guardian.consents_of(session, house.vault, withdrawing))[0]
            assert (shown.guardian_name, shown.guardian_phone) == ("王妈妈", "139****9000")
        for _ in range(2):
            async with house.database.unit_of_work() as session:
                await guardian.withdraw(session, withdrawing, consent_id)
        assert not await consents(house, minor)
        clock.advance(timedelta(minutes=2))


async def test_a_wrong_code_is_counted_and_gives_nothing(house: House) -> None:
    minor = await a_minor(house)
    message = await ask(house, minor)
    for left in (4, 3):
        with pytest.raises(OneTimeCodeIsWrong) as caught:
            await give(house, minor, message, code=scene.wrong(message.code))
        assert caught.value.facts["tries_left"] == left
    assert not await consents(house, minor)


async def test_a_code_for_one_minor_is_worthless_for_another(house: House) -> None:
    minor, sibling = await a_minor(house), await a_minor(house, "+8613700137000")
    message = await ask(house, minor)
    with pytest.raises(OneTimeCodeIsWrong):
        await give(house, sibling, message)
    assert not await consents(house, sibling)


async def test_a_sign_in_code_of_the_guardian_is_no_consent(house: House) -> None:
    minor = await a_minor(house)
    message = await scene.ask(house, scene.OTHER_PHONE)
    with pytest.raises(OneTimeCodeIsSpent):
        await give(house, minor, message)


async def test_a_minor_does_not_consent_for_themselves(house: House) -> None:
    minor = await a_minor(house)
    with pytest.raises(GuardianPhoneIsYourOwn):
        await ask(house, minor, guardian_phone=scene.PHONE)


async def test_grown_ups_and_people_without_a_birth_date_need_none(house: House) -> None:
    for birth_date in (date(2008, 11, 22), None):
        viewer = await scene.person(house, birth_date=birth_date)
        with pytest.raises(PersonIsNotAMinor):
            await ask(house, viewer)
    assert (await ask(house, await scene.person(house, birth_date=date(2008, 11, 23)))).code


async def test_one_consent_at_a_time(house: House) -> None:
    minor = await a_minor(house)
    await give(house, minor, await ask(house, minor))
    with pytest.raises(GuardianConsentedAlready):
        await ask(house, minor, guardian_phone="+8613600136000")


async def test_every_door_is_shut_to_strangers_and_other_people(house: House) -> None:
    minor, other = await a_minor(house), await scene.person(house)
    consent_id = await give(house, minor, await ask(house, minor))
    for viewer, refusal in ((STRANGER, SignInNeeded), (other, NotFound)):
        with pytest.raises(refusal):
            async with house.database.unit_of_work() as session:
                await guardian.withdraw(session, viewer, consent_id)
    with pytest.raises(SignInNeeded):
        await ask(house, STRANGER)
    async with house.database.reading() as session:
        assert await guardian.consents_of(session, house.vault, other) == []
    assert await consents(house, minor)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"guardian_name": ""}, "guardian_name"),
        ({"guardian_phone": "12345"}, "guardian_phone"),
        ({"relation": "friend"}, "relation"),
        ({"relation": None}, "relation"),
    ],
)
def test_a_wrong_field_is_named(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(InputIsInvalid) as caught:
        read(GuardianDraft, {**MOTHER, **facts})
    assert caught.value.problems[0].field == field
