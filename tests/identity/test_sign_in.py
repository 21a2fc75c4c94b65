"""Signing in: one answer for known and unknown numbers, counted tries, counted codes, and consent on record."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.bootstrap import House
from marketplace.identity import challenges, consents
from marketplace.identity.consents import ConsentKind
from marketplace.identity.drafts import SignInDraft
from marketplace.identity.errors import OneTimeCodeIsSpent, OneTimeCodeIsWrong, TooManyCodes
from marketplace.identity.models import Consent, Person, SignInChallenge
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from tests.identity import scene

GIVEN = {"challenge_id": "0192f0c0-0000-7000-8000-000000000000", "phone": "13800138000", "code": "123456"}


async def people(house: House) -> int:
    async with house.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Person)) or 0


async def test_the_first_answer_makes_the_person_and_records_the_consent(house: House) -> None:
    viewer = await scene.join(house)
    async with house.database.reading() as session:
        held = await consents.holding(session, viewer.signed_in())
        person = await session.get_one(Person, viewer.signed_in())
    assert viewer.name == "王小明"
    assert set(held) == {ConsentKind.TERMS, ConsentKind.PRIVACY}
    assert {row.version for row in held.values()} == {consents.VERSION}
    assert scene.PHONE.encode() not in (person.phone_sealed or b"")


async def test_the_second_time_the_same_person_comes_in_without_being_asked_again(
    house: House, clock: FixedClock
) -> None:
    viewer = await scene.join(house)
    clock.advance(timedelta(hours=2))
    again = await scene.answer(house, await scene.ask(house))
    assert again.person_id == viewer.person_id
    assert await people(house) == 1


async def test_a_newcomer_is_asked_for_name_and_consent_and_answers_the_same_code(house: House) -> None:
    message = await scene.ask(house)
    first = await scene.answer(house, message)
    assert (first.person_id, first.needs_name, first.needs_consent) == (None, True, True)
    assert await people(house) == 0
    without_consent = await scene.answer(house, message, name="王小明")
    assert without_consent.person_id is None and without_consent.needs_consent
    assert (await scene.answer(house, message, name="王小明", agrees=True)).person_id is not None


async def test_whose_consent_is_of_an_older_version_is_asked_again(house: House, clock: FixedClock) -> None:
    viewer = await scene.person(house, phone=scene.PHONE)
    async with house.database.unit_of_work() as session:
        for kind in consents.REQUIRED:
            session.add(
                Consent(
                    person_id=viewer.signed_in(),
                    kind=kind.value,
                    version="2020-01",
                    given=True,
                    at=session.now(),
                )
            )
    message = await scene.ask(house)
    asked = await scene.answer(house, message)
    assert (asked.person_id, asked.needs_name, asked.needs_consent) == (None, False, True)
    assert (await scene.answer(house, message, agrees=True)).person_id == viewer.person_id


async def test_asking_leaves_the_same_trace_for_known_and_unknown_numbers(house: House) -> None:
    await scene.person(house, phone=scene.PHONE)
    known, unknown = await scene.ask(house), await scene.ask(house, scene.OTHER_PHONE)
    async with house.database.reading() as session:
        rows = {row.id: row for row in await session.scalars(select(SignInChallenge))}
    facts = [
        (rows[message.challenge_id].purpose, rows[message.challenge_id].expires_at, len(message.code))
        for message in (known, unknown)
    ]
    assert facts[0] == facts[1]


async def test_a_wrong_code_is_told_alike_for_known_and_unknown_numbers(house: House) -> None:
    await scene.person(house, phone=scene.PHONE)
    for phone in (scene.PHONE, scene.OTHER_PHONE):
        message = await scene.ask(house, phone)
        with pytest.raises(OneTimeCodeIsWrong) as caught:
            await scene.answer(house, message, code=scene.wrong(message.code))
        assert caught.value.facts == {"tries_left": 4}


async def test_after_five_wrong_tries_even_the_right_code_is_spent(house: House) -> None:
    message = await scene.ask(house)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(OneTimeCodeIsWrong) as caught:
            await scene.answer(house, message, code=scene.wrong(message.code))
        assert caught.value.facts["tries_left"] == left
    with pytest.raises(OneTimeCodeIsSpent):
        await scene.answer(house, message, name="王小明", agrees=True)
    assert await people(house) == 0


async def test_tries_that_race_each_other_are_all_counted(house: House) -> None:
    message = await scene.ask(house)
    outcomes = await asyncio.gather(
        *(scene.answer(house, message, code=scene.wrong(message.code)) for _ in range(12)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, OneTimeCodeIsWrong) for outcome in outcomes) == challenges.MOST_WRONG_TRIES
    assert (
        sum(isinstance(outcome, OneTimeCodeIsSpent) for outcome in outcomes)
        == 12 - challenges.MOST_WRONG_TRIES
    )


async def test_a_code_works_once(house: House) -> None:
    message = await scene.ask(house)
    await scene.answer(house, message, name="王小明", agrees=True)
    with pytest.raises(OneTimeCodeIsSpent):
        await scene.answer(house, message)


async def test_a_code_answered_twice_at_once_signs_in_once(house: House) -> None:
    message = await scene.ask(house)
    outcomes = await asyncio.gather(
        *(scene.answer(house, message, name="王小明", agrees=True) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(outcome, OneTimeCodeIsSpent) for outcome in outcomes) == 3
    assert await people(house) == 1


async def test_two_codes_of_one_newcomer_make_one_person(house: House, clock: FixedClock) -> None:
    first = await scene.ask(house)
    clock.advance(timedelta(minutes=2))
    second = await scene.ask(house)
    answers = await asyncio.gather(
        *(scene.answer(house, message, name="王小明", agrees=True) for message in (first, second))
    )
    assert len({answered.person_id for answered in answers}) == 1
    assert await people(house) == 1


async def test_a_code_expires_after_ten_minutes(house: House, clock: FixedClock) -> None:
    message = await scene.ask(house)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(OneTimeCodeIsSpent):
        await scene.answer(house, message, name="王小明", agrees=True)


async def test_a_code_is_worthless_for_another_number_or_another_request(house: House) -> None:
    message = await scene.ask(house)
    for facts in ({"phone": scene.OTHER_PHONE}, {"challenge_id": new_id()}):
        with pytest.raises(OneTimeCodeIsSpent):
            await scene.answer(house, message, name="王小明", agrees=True, **facts)


async def test_a_phone_receives_few_codes(house: House, clock: FixedClock) -> None:
    await scene.ask(house)
    with pytest.raises(TooManyCodes) as caught:
        await scene.ask(house, source="198.51.100.1")
    assert caught.value.facts["retry_after"] == 60
    for _ in range(4):
        clock.advance(timedelta(seconds=61))
        await scene.ask(house)
    clock.advance(timedelta(seconds=61))
    with pytest.raises(TooManyCodes):
        await scene.ask(house)
    clock.advance(timedelta(hours=1))
    await scene.ask(house)


async def test_a_place_asks_for_many_codes_but_not_without_end(house: House) -> None:
    for number in range(60):
        await scene.ask(house, f"+86138001{number:05d}")
    with pytest.raises(TooManyCodes):
        await scene.ask(house, "+8613900000000")
    await scene.ask(house, "+8613900000000", source="198.51.100.1")


async def test_requests_that_race_each_other_get_one_code(house: House) -> None:
    outcomes = await asyncio.gather(*(scene.ask(house) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(outcome, TooManyCodes) for outcome in outcomes) == 5


def test_one_household_is_one_source() -> None:
    assert challenges.network_of("2001:db8:1:2:aaaa::1") == challenges.network_of("2001:db8:1:2::9")
    assert challenges.network_of("2001:db8:1:3::9") != challenges.network_of("2001:db8:1:2::9")
    assert challenges.network_of("::ffff:203.0.113.7") == challenges.network_of("203.0.113.7")
    assert challenges.network_of("a name" * 100) == ("a name" * 100)[:64]


async def test_old_codes_are_forgotten(house: House, clock: FixedClock) -> None:
    await scene.ask(house)
    clock.advance(timedelta(days=3))
    async with house.database.unit_of_work() as session:
        await challenges.forget_old(session)
        assert await session.scalar(select(func.count()).select_from(SignInChallenge)) == 0


async def test_a_message_shows_neither_phone_nor_code(house: House) -> None:
    message = await scene.ask(house)
    assert message.code not in repr(message) and message.phone not in repr(message)


async def test_nobody_is_born_tomorrow(house: House) -> None:
    message = await scene.ask(house)
    with pytest.raises(InputIsInvalid) as caught:
        await scene.answer(house, message, name="王小明", agrees=True, birth_date="2026-11-23")
    assert caught.value.problems[0].code == "date_in_future"
    assert (await scene.answer(house, message, name="王小明", agrees=True)).person_id is not None


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"challenge_id": "not an id"}, "challenge_id"),
        ({"phone": "138"}, "phone"),
        ({"code": "12345"}, "code"),
        ({"code": "1234567"}, "code"),
        ({"code": "12345a"}, "code"),
        ({"code": 123456}, "code"),
        ({"code": "٣٤٥٦٧٨"}, "code"),
        ({"name": "长" * 61}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"birth_date": "2026-02-30"}, "birth_date"),
        ({"birth_date": "0001-01-01"}, "birth_date"),
        ({"agrees": "perhaps"}, "agrees"),
        ({"locale": "fr"}, "locale"),
        ({"role": "administrator"}, "role"),
    ],
)
def test_a_wrong_answer_names_the_field(facts: dict[str, Any], field: str) -> None:
    with pytest.raises(InputIsInvalid) as caught:
        read(SignInDraft, {**GIVEN, **facts})
    assert caught.value.problems[0].field == field


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "１２３４５６", "123-456"])
def test_codes_are_read_as_people_type_them(typed: str) -> None:
    assert read(SignInDraft, {**GIVEN, "code": typed}).code == "123456"
