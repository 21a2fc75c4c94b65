"""Whoever is concerned by a change of a shift or a sign-up is told, once, with what they need to know and nothing else."""

from datetime import timedelta
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.locale import EN, ZH, catalogue
from marketplace.notices import about_shifts, about_sign_ups
from marketplace.organisations import verification
from marketplace.organisations.drafts import ReasonDraft as OrganisationReasonDraft
from marketplace.outbox.publish import publish
from marketplace.volunteering import needs, shifts
from marketplace.volunteering.drafts import NoteDraft, ReasonDraft, TimesDraft
from marketplace.volunteering.events import ShiftMoved, SignUpConfirmed
from marketplace.volunteering.models import Need, Shift
from tests import builders, city
from tests.deliveries import drain
from tests.notices import scene
from tests.statements import counting
from tests.volunteering import scene as volunteering
from tests.volunteering.test_needs_publishing import a_need


async def _move(house: House, at: volunteering.Scene, by: timedelta) -> None:
    async with house.database.unit_of_work() as session:
        shift = await session.get_one(Shift, at.shift_id)
        draft = TimesDraft(starts_at=shift.starts_at + by, ends_at=shift.ends_at + by)
        await shifts.move(session, at.organiser, at.shift_id, draft)


async def _named(house: House, names: str) -> list[Viewer]:
    return [await volunteering.volunteer(house, name) for name in names]


async def test_a_confirmed_place_is_told_with_time_and_place(house: House) -> None:
    at = await volunteering.shift(house)
    reader = await scene.reader(house)
    await volunteering.join(house, reader, at.shift_id)
    (notice,) = await scene.inbox(house, reader)
    assert (notice.kind, notice.link, notice.read_at) == ("sign_up_confirmed", "/my/shifts", None)
    words = notice.in_words(EN)
    assert words.title == "You have a place: 陪老人就医"
    assert "Tue 24 Nov, 10:00–12:00" in words.lines[0]
    assert "江苏路街道社区服务中心" in words.lines[0]
    assert "11月24日 周二 10:00–12:00" in notice.in_words(ZH).lines[0]


async def test_news_that_arrives_twice_is_told_once(house: House) -> None:
    at = await volunteering.shift(house)
    reader = await scene.reader(house)
    sign_up_id = await volunteering.join(house, reader, at.shift_id)
    await drain(house)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await about_sign_ups.confirmed(session, SignUpConfirmed(sign_up_id))
            await publish(session, SignUpConfirmed(sign_up_id))
    assert await scene.kinds(house, reader) == ["sign_up_confirmed"]
    assert len(await scene.deliveries(house)) == 1


async def test_everybody_in_a_moved_shift_is_told_once_with_old_and_new_time(house: House) -> None:
    """Scenario 7."""
    at = await volunteering.shift(house, capacity=1)
    confirmed, waiting, stranger = await _named(house, "甲乙丙")
    for person in (confirmed, waiting):
        await volunteering.join(house, person, at.shift_id)
    await _move(house, at, timedelta(hours=3))
    assert await scene.kinds(house, confirmed) == ["shift_moved", "sign_up_confirmed"]
    assert await scene.kinds(house, waiting) == ["shift_moved", "sign_up_waiting"]
    assert await scene.kinds(house, stranger) == []
    (line,) = (await scene.inbox(house, confirmed))[0].in_words(EN).lines
    assert "It was Tue 24 Nov, 10:00–12:00 and is now Tue 24 Nov, 13:00–15:00" in line


async def test_who_clashes_after_a_move_reads_with_what(house: House) -> None:
    """Scenario 7, second half."""
    at = await volunteering.shift(house)
    busy, free = await _named(house, "甲乙")
    async with house.database.unit_of_work() as session:
        other_need = await builders.need(session, "社区送餐")
        other = await builders.shift(session, other_need, starts_in=timedelta(days=2, hours=3))
    for person in (busy, free):
        await volunteering.join(house, person, at.shift_id)
    await volunteering.join(house, busy, other)
    await drain(house)
    await _move(house, at, timedelta(hours=2))
    _, clashes = (await scene.inbox(house, busy))[0].in_words(EN).lines
    assert "社区送餐 (Tue 24 Nov, 13:00–15:00)" in clashes
    assert len((await scene.inbox(house, free))[0].in_words(EN).lines) == 1
    assert (await scene.kinds(house, busy)).count("shift_moved") == 1


async def test_a_shift_that_moves_twice_is_told_twice(house: House, clock: FixedClock) -> None:
    at = await volunteering.shift(house)
    (person,) = await _named(house, "甲")
    await volunteering.join(house, person, at.shift_id)
    for _ in range(2):
        await _move(house, at, timedelta(hours=1))
        clock.advance(timedelta(minutes=1))
        await drain(house)
    assert (await scene.kinds(house, person)).count("shift_moved") == 2


async def test_the_same_time_elsewhere_is_told_as_another_place(house: House) -> None:
    at = await volunteering.shift(house)
    (person,) = await _named(house, "甲")
    await volunteering.join(house, person, at.shift_id)
    async with house.database.unit_of_work() as session:
        (await session.get_one(Need, at.need_id)).place = "新地点二楼"
        await shifts.tell_of_new_place(session, [await session.get_one(Shift, at.shift_id)])
    newest = (await scene.inbox(house, person))[0]
    assert newest.kind == "shift_place_changed"
    assert "新地点二楼" in newest.in_words(EN).lines[0]


async def test_a_move_is_not_told_of_a_shift_that_is_off_by_then(house: House) -> None:
    at = await volunteering.shift(house)
    (person,) = await _named(house, "甲")
    await volunteering.join(house, person, at.shift_id)
    await _move(house, at, timedelta(hours=1))
    async with house.database.unit_of_work() as session:
        await shifts.cancel(session, at.organiser, at.shift_id, ReasonDraft(reason="暴雨红色预警"))
    assert await scene.kinds(house, person) == ["shift_cancelled"]


async def test_a_cancelled_need_is_told_to_who_was_still_to_come(house: House) -> None:
    """Scenario 8."""
    at = await volunteering.shift(house)
    done = await volunteering.one_more_shift(house, at, starts_in=timedelta(days=-1))
    coming, served = await _named(house, "甲乙")
    await volunteering.join(house, coming, at.shift_id)
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, done, served.signed_in())
        await needs.cancel(session, at.organiser, at.need_id, ReasonDraft(reason="暴雨"))
    newest = (await scene.inbox(house, coming))[0]
    assert newest.kind == "shift_cancelled"
    assert newest.in_words(EN).lines[1] == "The reason given: 暴雨"
    assert await scene.kinds(house, served) == []


async def test_the_way_through_the_waiting_list_is_told_step_by_step(house: House, clock: FixedClock) -> None:
    at = await volunteering.shift(house, capacity=1, starts_in=timedelta(days=10))
    first, second, third = await _named(house, "甲乙丙")
    place = await volunteering.join(house, first, at.shift_id)
    for person in (second, third):
        await volunteering.join(house, person, at.shift_id)
    await drain(house)
    await volunteering.withdraw(house, first, place)
    offer = (await scene.inbox(house, second))[0]
    assert offer.kind == "place_offered"
    assert "Please take it by" in offer.in_words(EN).lines[0]
    clock.advance(timedelta(days=3))
    await volunteering.settle_overdue(house)
    assert await scene.kinds(house, second) == ["offer_lapsed", "place_offered", "sign_up_waiting"]
    assert await scene.kinds(house, third) == ["place_offered", "sign_up_waiting"]
    assert await scene.kinds(house, first) == ["sign_up_confirmed"]
    assert await scene.kinds(house, at.organiser) == ["sign_up_withdrawn"]


async def test_an_application_is_told_to_the_organiser_without_a_name(house: House) -> None:
    at = await volunteering.shift(house, needs_approval=True)
    (applicant,) = await _named(house, "甲")
    sign_up_id = await volunteering.join(house, applicant, at.shift_id)
    (notice,) = await scene.inbox(house, at.organiser)
    assert (notice.kind, notice.link) == ("sign_up_applied", f"/shifts/{at.shift_id}/roster")
    assert "甲" not in str(notice.facts)
    await volunteering.approve(house, at.organiser, sign_up_id)
    assert await scene.kinds(house, applicant) == ["sign_up_confirmed"]


async def test_a_no_is_told_with_its_reason(house: House) -> None:
    at = await volunteering.shift(house, needs_approval=True)
    (applicant,) = await _named(house, "甲")
    sign_up_id = await volunteering.join(house, applicant, at.shift_id)
    await volunteering.decline(house, at.organiser, sign_up_id)
    (notice,) = await scene.inbox(house, applicant)
    assert notice.in_words(ZH).lines[1] == "说明：这次人手已够"


async def test_who_is_added_or_released_by_an_organiser_is_told(house: House) -> None:
    at = await volunteering.shift(house)
    (person,) = await _named(house, "甲")
    sign_up_id = await volunteering.add(house, at.organiser, at.shift_id, person)
    await drain(house)
    await volunteering.release(house, at.organiser, sign_up_id)
    assert await scene.kinds(house, person) == ["sign_up_added", "sign_up_released"]
    assert await scene.kinds(house, at.organiser) == []


async def test_a_wish_that_moved_on_before_the_news_came_is_not_told(house: House) -> None:
    at = await volunteering.shift(house)
    (person,) = await _named(house, "甲")
    sign_up_id = await volunteering.join(house, person, at.shift_id)
    await volunteering.withdraw(house, person, sign_up_id)
    assert await scene.kinds(house, person) == []


async def test_a_moved_shift_with_many_people_takes_few_statements(house: House) -> None:
    at = await volunteering.shift(house, capacity=60)
    people: list[UUID] = []
    async with house.database.unit_of_work() as session:
        for number in range(60):
            person_id = await builders.person(session, f"志愿者{number}")
            await builders.sign_up(session, at.shift_id, person_id)
            people.append(person_id)
        moved = ShiftMoved(
            at.need_id, at.shift_id, session.now(), session.now() + timedelta(hours=1), session.now()
        )
    with counting(house) as statements:
        async with house.database.unit_of_work() as session:
            await about_shifts.moved(session, moved)
    assert len(statements) <= 8


async def test_an_organisation_looks_after_its_own_need(house: House) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        manager = await builders.viewer(session, "经理", Role.ORGANISATION_MANAGER, organisation_id)
    at = await volunteering.shift(house, needs_approval=True, organisation_id=organisation_id)
    (applicant,) = await _named(house, "甲")
    await volunteering.join(house, applicant, at.shift_id)
    assert await scene.kinds(house, manager) == ["sign_up_applied"]
    assert await scene.kinds(house, at.organiser) == []


async def test_whoever_got_no_place_until_the_start_is_told(house: House, clock: FixedClock) -> None:
    at = await volunteering.shift(house, capacity=1)
    confirmed, waiting = await _named(house, "甲乙")
    for person in (confirmed, waiting):
        await volunteering.join(house, person, at.shift_id)
    await drain(house)
    clock.advance(timedelta(days=2, hours=1))
    await volunteering.settle_overdue(house)
    assert "sign_up_lapsed" in await scene.kinds(house, waiting)
    assert "sign_up_lapsed" not in await scene.kinds(house, confirmed)
    newest = (await scene.inbox(house, waiting))[0]
    assert newest.in_words(EN).lines[0].startswith("The shift Tue 24 Nov, 10:00–12:00 has begun")


async def test_another_note_of_a_shift_is_told_to_its_people(house: House) -> None:
    at = await volunteering.shift(house)
    inside, outside = await _named(house, "甲乙")
    await volunteering.join(house, inside, at.shift_id)
    for note in ("请带手套", "请带手套", None):
        async with house.database.unit_of_work() as session:
            await shifts.change_note(session, at.organiser, at.shift_id, NoteDraft(note=note))
        await drain(house)
    assert await scene.kinds(house, inside) == ["shift_noted", "sign_up_confirmed"]
    assert await scene.kinds(house, outside) == []


async def test_a_note_is_told_in_its_own_words(house: House) -> None:
    at = await volunteering.shift(house)
    (person,) = await _named(house, "甲")
    await volunteering.join(house, person, at.shift_id)
    async with house.database.unit_of_work() as session:
        await shifts.change_note(session, at.organiser, at.shift_id, NoteDraft(note="请带手套"))
    newest = (await scene.inbox(house, person))[0]
    assert newest.in_words(ZH).lines == ("11月24日 周二 10:00–12:00，组织者说明：请带手套",)


async def test_other_terms_are_told_to_whoever_has_yet_to_come(house: House) -> None:
    at = await volunteering.shift(house)
    past = await volunteering.one_more_shift(house, at, starts_in=-timedelta(days=1))
    comes, came = await _named(house, "甲乙")
    await volunteering.join(house, comes, at.shift_id)
    async with house.database.unit_of_work() as session:
        await builders.sign_up(session, past, came.signed_in())
        await needs.edit(session, at.organiser, at.need_id, a_need(minimum_age=20, contact="周老师"))
    assert "need_terms_changed" not in await scene.kinds(house, came)
    newest = next(one for one in await scene.inbox(house, comes) if one.kind == "need_terms_changed")
    assert newest.link == f"/needs/{at.need_id}"
    assert "风险说明、最低年龄、联系方式" in newest.in_words(ZH).lines[0]


async def test_a_suspension_and_its_end_are_told_to_whoever_signed_up(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        organisation_id = await builders.organisation(session)
        officer = await builders.viewer(session, "专员", Role.DISTRICT_OFFICER, city.CHANGNING)
    at = await volunteering.shift(house, organisation_id=organisation_id)
    inside, outside = await _named(house, "甲乙")
    await volunteering.join(house, inside, at.shift_id)
    for _ in range(2):
        async with house.database.unit_of_work() as session:
            await verification.suspend(
                session, officer, organisation_id, OrganisationReasonDraft(reason="年报逾期")
            )
        newest = (await scene.inbox(house, inside))[0]
        assert newest.kind == "need_suspended" and "暖阳助老服务社" in newest.in_words(ZH).lines[0]
        assert "年报逾期" not in str(newest.in_words(ZH))
        async with house.database.unit_of_work() as session:
            await verification.lift(session, officer, organisation_id)
        assert (await scene.inbox(house, inside))[0].kind == "need_resumed"
        clock.advance(timedelta(hours=1))
    assert (await scene.kinds(house, inside)).count("need_suspended") == 2
    assert await scene.kinds(house, outside) == []


def test_every_term_has_words() -> None:
    for locale in (EN, ZH):
        for name in (*needs.TERMS, "qualifications"):
            assert catalogue(locale).gettext(f"term.{name}") != f"term.{name}"
