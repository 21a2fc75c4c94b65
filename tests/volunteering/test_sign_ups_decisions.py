"""What organisers decide: approve, decline, add, release. Never about themselves, never against the law, always on record."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.volunteering import decisions
from marketplace.volunteering.errors import (
    BirthDateIsUnknown,
    NobodyDecidesForThemselves,
    NoPlaceIsHeld,
    PersonIsTakenThen,
    ShiftIsFull,
    ShiftIsOff,
    ShiftIsOver,
    SignUpHasEnded,
    SignUpIsConfirmed,
    SignUpIsTooLate,
)
from marketplace.volunteering.models import SignUp
from marketplace.volunteering.sign_up_drafts import AddDraft, DecisionDraft
from tests import builders, city
from tests.volunteering import scene


async def audited(house: House) -> list[tuple[str, dict[str, Any]]]:
    async with house.database.reading() as session:
        rows = await session.execute(select(AuditEntry.action, AuditEntry.facts).order_by(AuditEntry.id))
        return [(row.action, row.facts) for row in rows]


async def state(house: House, viewer: Viewer, sign_up_id: Any) -> str:
    return (await scene.state_of(house, viewer, sign_up_id)).value


async def test_an_approved_applicant_has_a_place(house: House) -> None:
    at = await scene.shift(house, needs_approval=True)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    await scene.approve(house, at.organiser, sign_up_id)
    await scene.approve(house, at.organiser, sign_up_id)
    assert await state(house, me, sign_up_id) == "confirmed"
    assert await scene.places_taken(house, at.shift_id) == 1
    assert await scene.events(house, sign_up_id) == ["SignUpApplied", "SignUpConfirmed"]
    assert [action for action, _ in await audited(house)] == ["sign_up.approved"]


async def test_an_applicant_approved_for_a_full_shift_waits_in_line(house: House) -> None:
    at = await scene.shift(house, needs_approval=True, capacity=1)
    people = [await scene.volunteer(house, name) for name in ("甲", "乙")]
    ids = [await scene.join(house, person, at.shift_id) for person in people]
    for sign_up_id in ids:
        await scene.approve(house, at.organiser, sign_up_id)
    assert [await state(house, at.organiser, one) for one in ids] == ["confirmed", "waiting"]
    await scene.withdraw(house, people[0], ids[0])
    assert await state(house, people[1], ids[1]) == "offered"


async def test_an_applicant_who_is_taken_by_now_is_not_approved(house: House) -> None:
    at = await scene.shift(house, needs_approval=True)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    other = await scene.shift(house, title="私人的事")
    await scene.join(house, me, other.shift_id)
    with pytest.raises(PersonIsTakenThen) as caught:
        await scene.approve(house, at.organiser, sign_up_id)
    assert "need" not in caught.value.facts
    assert await state(house, me, sign_up_id) == "applied"


async def test_a_declined_applicant_reads_why(house: House) -> None:
    at = await scene.shift(house, needs_approval=True)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    await scene.decline(house, at.organiser, sign_up_id)
    await scene.decline(house, at.organiser, sign_up_id)
    shown = await scene.seen(house, me, sign_up_id)
    assert (shown.state.value, shown.decline_reason) == ("declined", "这次人手已够")
    assert await scene.events(house, sign_up_id) == ["SignUpApplied", "SignUpDeclined"]
    with pytest.raises(SignUpHasEnded):
        await scene.approve(house, at.organiser, sign_up_id)


async def test_an_offer_that_the_organiser_declines_passes_on(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    people = [await scene.volunteer(house, name) for name in ("甲", "乙", "丙")]
    ids = [await scene.join(house, person, at.shift_id) for person in people]
    await scene.withdraw(house, people[0], ids[0])
    await scene.decline(house, at.organiser, ids[1])
    assert [await state(house, at.organiser, one) for one in ids] == ["withdrawn", "declined", "offered"]
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_a_confirmed_person_is_released_not_declined(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    with pytest.raises(SignUpIsConfirmed):
        await scene.decline(house, at.organiser, sign_up_id)
    await scene.release(house, at.organiser, sign_up_id)
    await scene.release(house, at.organiser, sign_up_id)
    assert await state(house, me, sign_up_id) == "withdrawn"
    assert await scene.places_taken(house, at.shift_id) == 0
    async with house.database.reading() as session:
        assert (
            await session.scalar(select(SignUp.withdrawn_by).where(SignUp.id == sign_up_id))
            == at.organiser.person_id
        )


async def test_nobody_is_released_who_is_not_confirmed_or_after_the_start(
    house: House, clock: FixedClock
) -> None:
    at = await scene.shift(house, capacity=1)
    ids = [await scene.join(house, await scene.volunteer(house, name), at.shift_id) for name in ("甲", "乙")]
    with pytest.raises(NoPlaceIsHeld):
        await scene.release(house, at.organiser, ids[1])
    clock.advance(timedelta(days=2))
    with pytest.raises(SignUpIsTooLate):
        await scene.release(house, at.organiser, ids[0])


async def test_an_organiser_adds_somebody_on_record(house: House) -> None:
    at = await scene.shift(house)
    me = await scene.volunteer(house)
    sign_up_id = await scene.add(house, at.organiser, at.shift_id, me)
    assert await scene.add(house, at.organiser, at.shift_id, me) == sign_up_id
    shown = await scene.seen(house, me, sign_up_id)
    assert (shown.state.value, shown.is_added, shown.override_reason) == ("confirmed", True, None)
    assert await audited(house) == [("sign_up.added", {"override": False, "reason": None})]


async def test_who_clashes_is_added_only_by_an_override_with_a_reason_on_record(house: House) -> None:
    at, other = await scene.shift(house), await scene.shift(house)
    me = await scene.volunteer(house)
    await scene.join(house, me, other.shift_id)
    with pytest.raises(PersonIsTakenThen):
        await scene.add(house, at.organiser, at.shift_id, me, reason="他说来得及")
    with pytest.raises(InputIsInvalid) as caught:
        read(AddDraft, {"person_id": me.person_id, "in_spite_of_clash": True})
    assert caught.value.problems[0].code == "override_needs_reason"
    sign_up_id = await scene.add(
        house, at.organiser, at.shift_id, me, in_spite_of_clash=True, reason="两处只隔一条街"
    )
    assert (await scene.seen(house, at.organiser, sign_up_id)).override_reason == "两处只隔一条街"
    assert await audited(house) == [("sign_up.added", {"override": True, "reason": "两处只隔一条街"})]


async def test_the_law_is_never_overridden(house: House) -> None:
    at = await scene.shift(house)
    nobody_knows = await scene.volunteer(house, birth_date=None)
    with pytest.raises(BirthDateIsUnknown):
        await scene.add(
            house, at.organiser, at.shift_id, nobody_knows, in_spite_of_clash=True, reason="人手不够"
        )
    assert await audited(house) == []


async def test_a_full_shift_takes_nobody_more_not_even_by_its_organiser(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    await scene.join(house, await scene.volunteer(house, "先到"), at.shift_id)
    with pytest.raises(ShiftIsFull):
        await scene.add(house, at.organiser, at.shift_id, await scene.volunteer(house))
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_who_is_offered_a_place_is_added_into_it(house: House) -> None:
    at = await scene.shift(house, capacity=1)
    first, second = [await scene.volunteer(house, name) for name in ("甲", "乙")]
    held = await scene.join(house, first, at.shift_id)
    waiting = await scene.join(house, second, at.shift_id)
    await scene.withdraw(house, first, held)
    assert await scene.add(house, at.organiser, at.shift_id, second) == waiting
    assert await state(house, second, waiting) == "confirmed"
    assert await scene.places_taken(house, at.shift_id) == 1


async def test_somebody_at_the_door_is_added_until_the_shift_ends(house: House, clock: FixedClock) -> None:
    at = await scene.shift(house, starts_in=timedelta(hours=1), lasts=timedelta(hours=2), capacity=5)
    clock.advance(timedelta(hours=2))
    await scene.add(house, at.organiser, at.shift_id, await scene.volunteer(house, "到场了"))
    clock.advance(timedelta(hours=1))
    with pytest.raises(ShiftIsOver):
        await scene.add(house, at.organiser, at.shift_id, await scene.volunteer(house, "来晚了"))


async def test_nobody_is_added_to_a_cancelled_shift_or_who_is_not_there(house: House) -> None:
    off = await scene.shift(house, cancelled_at=city.NOW)
    with pytest.raises(ShiftIsOff):
        await scene.add(house, off.organiser, off.shift_id, await scene.volunteer(house))
    at = await scene.shift(house)
    async with house.database.unit_of_work() as session:
        with pytest.raises(NotFound):
            await decisions.add(session, at.organiser, at.shift_id, AddDraft(person_id=new_id()))
        with pytest.raises(NotFound):
            await decisions.add(session, at.organiser, new_id(), AddDraft(person_id=new_id()))


async def test_organisers_decide_nothing_about_themselves(house: House) -> None:
    at = await scene.shift(house, needs_approval=True)
    sign_up_id = await scene.join(house, at.organiser, at.shift_id)
    for step in (scene.approve, scene.decline, scene.release):
        with pytest.raises(NobodyDecidesForThemselves):
            await step(house, at.organiser, sign_up_id)
    with pytest.raises(NobodyDecidesForThemselves):
        await scene.add(house, at.organiser, at.shift_id, at.organiser)
    assert await state(house, at.organiser, sign_up_id) == "applied"


async def test_strangers_volunteers_and_other_organisers_decide_nothing(house: House) -> None:
    at = await scene.shift(house, needs_approval=True)
    me, other = await scene.volunteer(house), await scene.volunteer(house, "邻居")
    sign_up_id = await scene.join(house, me, at.shift_id)
    async with house.database.unit_of_work() as session:
        elsewhere = await builders.viewer(session, "外区", Role.DISTRICT_OFFICER, city.XUHUI)
    for step in (scene.approve, scene.decline, scene.release):
        with pytest.raises(SignInNeeded):
            await step(house, STRANGER, sign_up_id)
        with pytest.raises(NotPermitted):
            await step(house, me, sign_up_id)
        for outsider in (other, elsewhere):
            with pytest.raises(NotFound):
                await step(house, outsider, sign_up_id)
    with pytest.raises(SignInNeeded):
        await scene.add(house, STRANGER, at.shift_id, other)
    for outsider in (me, elsewhere):
        with pytest.raises(NotPermitted):
            await scene.add(house, outsider, at.shift_id, other)
    assert await state(house, me, sign_up_id) == "applied"


async def test_the_people_of_the_organisation_decide_too(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        member = await builders.viewer(session, "社工", Role.ORGANISATION_MEMBER, organisation_id)
    at = await scene.shift(house, needs_approval=True, organisation_id=organisation_id)
    me = await scene.volunteer(house)
    sign_up_id = await scene.join(house, me, at.shift_id)
    await scene.approve(house, member, sign_up_id)
    assert await state(house, me, sign_up_id) == "confirmed"


@pytest.mark.parametrize("reason", [None, "", "   ", "长" * 501, "a\u202eb", 5])
def test_a_decision_has_a_readable_reason(reason: Any) -> None:
    with pytest.raises(InputIsInvalid) as caught:
        read(DecisionDraft, {"reason": reason})
    assert [problem.field for problem in caught.value.problems] == ["reason"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "person_id"),
        ({"person_id": "nobody"}, "person_id"),
        ({"person_id": str(new_id()), "reason": "长" * 501}, "reason"),
        ({"person_id": str(new_id()), "force": True}, "force"),
    ],
)
def test_a_wrong_addition_names_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InputIsInvalid) as caught:
        read(AddDraft, given)
    assert [problem.field for problem in caught.value.problems] == [field]
