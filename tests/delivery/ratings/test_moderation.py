"""Words are hidden with a public reason, never the number; authors appeal once, another moderator decides, the public reads counts."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.delivery.ratings import care_own_data, moderation, moderation_queries, published
from marketplace.delivery.ratings.care_drafts import (
    AppealDecisionDraft,
    AppealDraft,
    HidingDraft,
    Part,
    ReportDraft,
)
from marketplace.delivery.ratings.errors import (
    AnotherModeratorDecides,
    AppealIsDecided,
    AppealIsTooLate,
    CaretakerIsConcerned,
    HidingIsAppealed,
    NothingIsAppealed,
    OnlyTheAuthorAppeals,
    PartIsHidden,
    PartIsNotThere,
    PartIsReported,
    PartWasRestored,
    ReportsAreSettled,
)
from marketplace.delivery.ratings.models import RatingComplaint
from marketplace.identity import viewers
from marketplace.identity.viewer import STRANGER, Role, Viewer
from marketplace.kernel.clock import FixedClock, day_starts, local_day
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted, SignInNeeded
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.locale import EN
from marketplace.kernel.pagination import PageRequest
from tests import builders, city
from tests.delivery.ratings import aftercare
from tests.delivery.ratings.aftercare import Scene

REPORT = ReportDraft(what=Part.WORDS, text="含有辱骂")
APPEAL = AppealDraft(text="我只说了水凉。")
RESTORE = AppealDecisionDraft(is_restored=True, reason="没有骂人")
LEAVE = AppealDecisionDraft(is_restored=False, reason="确有骂人")


async def report(house: House, viewer: Viewer, rating_id: UUID, draft: ReportDraft = REPORT) -> UUID:
    async with house.database.unit_of_work() as session:
        return await moderation.report(session, viewer, rating_id, draft)


async def appeal(house: House, viewer: Viewer, hiding_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await moderation.appeal(session, viewer, hiding_id, APPEAL)


async def decide(house: House, viewer: Viewer, hiding_id: UUID, draft: AppealDecisionDraft = RESTORE) -> None:
    async with house.database.unit_of_work() as session:
        await moderation.decide(session, viewer, hiding_id, draft)


async def reports(house: House, viewer: Viewer) -> list[tuple[UUID, str]]:
    async with house.database.reading() as session:
        page = await moderation_queries.reports(session, viewer, PageRequest(50))
    return [(row.rating.id, row.what) for row in page.rows]


async def also(house: House, viewer: Viewer, role: Role, scope: str | UUID) -> Viewer:
    """The same person with one more role."""
    async with house.database.unit_of_work() as session:
        await builders.grant(session, viewer.signed_in(), role, scope)
        return await viewers.of_person(session, viewer.signed_in())


async def test_a_reader_reports_once_and_the_areas_moderators_see_it_until_it_is_settled(
    house: House,
) -> None:
    at = await aftercare.public(house)
    await report(house, at.outsider, at.rating_id)
    with pytest.raises(PartIsReported):
        await report(house, at.outsider, at.rating_id)
    await report(house, at.author, at.rating_id)
    assert await reports(house, at.moderator) == [(at.rating_id, "words")] * 2
    assert await reports(house, at.outsider) == []
    async with house.database.unit_of_work() as session:
        await moderation.dismiss(session, at.moderator, at.rating_id, Part.WORDS)
        with pytest.raises(ReportsAreSettled):
            await moderation.dismiss(session, at.moderator, at.rating_id, Part.WORDS)
    assert await reports(house, at.moderator) == []


async def test_what_is_not_there_is_neither_reported_nor_hidden(house: House) -> None:
    at = await aftercare.public(house)
    for what in ("photos", "reply"):
        with pytest.raises(PartIsNotThere):
            await report(house, at.outsider, at.rating_id, ReportDraft(what=Part(what), text="x"))
        with pytest.raises(PartIsNotThere):
            await aftercare.hide(house, at, what)
    with pytest.raises(NotFound):
        await report(house, at.outsider, new_id())
    with pytest.raises(SignInNeeded):
        await report(house, STRANGER, at.rating_id)


async def test_hiding_settles_reports_and_is_on_record(house: House) -> None:
    at = await aftercare.public(house)
    await report(house, at.outsider, at.rating_id)
    hiding_id = await aftercare.hide(house, at)
    assert await reports(house, at.moderator) == []
    with pytest.raises(PartIsNotThere):
        await report(house, at.author, at.rating_id)
    with pytest.raises(PartIsHidden):
        await aftercare.hide(house, at, by=at.second)
    async with house.database.reading() as session:
        (entry,) = await session.scalars(select(AuditEntry).where(AuditEntry.action == "rating.hidden"))
    assert (entry.actor_id, entry.subject_id) == (at.moderator.person_id, str(hiding_id))
    assert entry.facts == {"rating": str(at.rating_id), "what": "words", "reason": "insult"}


async def test_nobody_moderates_what_concerns_them_or_lies_elsewhere(house: House) -> None:
    at = await aftercare.public(house)
    own = await also(house, at.author, Role.MODERATOR, city.CITY)
    of_provider = await also(house, at.moderator, Role.ORGANISATION_MEMBER, at.under.organisation_id)
    for viewer, refusal in (
        (STRANGER, SignInNeeded),
        (at.outsider, NotPermitted),
        (at.manager, NotPermitted),
        (at.auditor, NotPermitted),
        (own, CaretakerIsConcerned),
        (of_provider, CaretakerIsConcerned),
    ):
        with pytest.raises(refusal):
            await aftercare.hide(house, at, by=viewer)
        async with house.database.unit_of_work() as session:
            with pytest.raises(refusal):
                await moderation.dismiss(session, viewer, at.rating_id, Part.WORDS)
    assert await reports(house, of_provider) == []


async def test_two_moderators_hide_at_once_and_one_hiding_stands(house: House) -> None:
    at = await aftercare.public(house)

    async def hide(by: Viewer) -> bool:
        try:
            await aftercare.hide(house, at, by=by)
        except PartIsHidden:
            return False
        return True

    assert sorted(await asyncio.gather(hide(at.moderator), hide(at.second), hide(at.moderator))) == [
        False,
        False,
        True,
    ]


async def test_the_author_appeals_once_and_another_moderator_restores_for_good(house: House) -> None:
    at = await aftercare.public(house)
    hiding_id = await aftercare.hide(house, at)
    with pytest.raises(NothingIsAppealed):
        await decide(house, at.second, hiding_id)
    for viewer in (at.manager, at.outsider, at.moderator):
        with pytest.raises(OnlyTheAuthorAppeals):
            await appeal(house, viewer, hiding_id)
    with pytest.raises(SignInNeeded):
        await appeal(house, STRANGER, hiding_id)
    with pytest.raises(NotFound):
        await appeal(house, at.author, new_id())
    await appeal(house, at.author, hiding_id)
    with pytest.raises(HidingIsAppealed):
        await appeal(house, at.author, hiding_id)
    async with house.database.reading() as session:
        for viewer, may in ((at.moderator, False), (at.second, True)):
            (row,) = (await moderation_queries.appeals(session, viewer, PageRequest(5))).rows
            assert (row.hiding_id, row.text, row.may_decide) == (hiding_id, APPEAL.text, may)
        assert (await moderation_queries.appeals(session, at.outsider, PageRequest(5))).rows == []
    with pytest.raises(AnotherModeratorDecides):
        await decide(house, at.moderator, hiding_id)
    for viewer in (at.outsider, at.author):
        with pytest.raises(NotPermitted):
            await decide(house, viewer, hiding_id)
    await decide(house, at.second, hiding_id)
    with pytest.raises(AppealIsDecided):
        await decide(house, at.second, hiding_id, LEAVE)
    async with house.database.reading() as session:
        assert (await published.rating(session, STRANGER, at.rating_id)).words == "水太凉，来得也晚。"
    with pytest.raises(PartWasRestored):
        await aftercare.hide(house, at, by=at.second)


async def test_what_is_left_hidden_stays_so(house: House) -> None:
    at = await aftercare.public(house)
    hiding_id = await aftercare.hide(house, at)
    await appeal(house, at.author, hiding_id)
    await decide(house, at.second, hiding_id, LEAVE)
    async with house.database.reading() as session:
        shown = await published.rating(session, STRANGER, at.rating_id)
    assert shown.words is None and shown.hidden[0].is_decided and shown.sixtieths == 120


async def test_against_a_hidden_reply_the_provider_appeals(house: House) -> None:
    at = await aftercare.public(house)
    await aftercare.reply(house, at)
    hiding_id = await aftercare.hide(house, at, "reply")
    with pytest.raises(OnlyTheAuthorAppeals):
        await appeal(house, at.author, hiding_id)
    await appeal(house, at.manager, hiding_id)
    await decide(house, at.second, hiding_id)
    async with house.database.reading() as session:
        assert (await published.rating(session, STRANGER, at.rating_id)).reply is not None


async def test_an_appeal_has_its_days(house: House, clock: FixedClock) -> None:
    at = await aftercare.public(house)
    hiding_id = await aftercare.hide(house, at)
    last = local_day(clock.now()) + timedelta(days=30)
    clock.set(day_starts(last + timedelta(days=1)))
    with pytest.raises(AppealIsTooLate) as refused:
        await appeal(house, at.author, hiding_id)
    assert refused.value.article is not None and refused.value.facts["last"] == last
    assert "{" not in sentence(EN, f"error.{refused.value.code}", refused.value.facts)
    clock.advance(-timedelta(minutes=1))
    await appeal(house, at.author, hiding_id)


async def test_two_moderators_decide_at_once_and_one_decision_stands(house: House) -> None:
    at = await aftercare.public(house)
    third = await also(house, at.auditor, Role.MODERATOR, city.CITY)
    hiding_id = await aftercare.hide(house, at)
    await appeal(house, at.author, hiding_id)

    async def say(viewer: Viewer, draft: AppealDecisionDraft) -> bool:
        try:
            await decide(house, viewer, hiding_id, draft)
        except AppealIsDecided:
            return False
        return True

    assert sorted(await asyncio.gather(say(at.second, RESTORE), say(third, LEAVE))) == [False, True]


async def test_months_are_counted_for_everybody(house: House, clock: FixedClock) -> None:
    at = await aftercare.public(house)
    await aftercare.held(house, at, at.others[:3])
    hiding_id = await aftercare.hide(house, at)
    clock.advance(timedelta(days=12))
    await appeal(house, at.author, hiding_id)
    await decide(house, at.second, hiding_id)
    async with house.database.reading() as session:
        found = await moderation_queries.months(session, STRANGER)
    assert [row.month for row in found[:3]] == [date(2026, 12, 1), date(2026, 11, 1), date(2026, 10, 1)]
    now, before = found[0], found[1]
    assert len(found) == 12
    assert (now.appeals, now.restored, sum(now.hidden.values())) == (1, 1, 0)
    assert (before.hidden["insult"], sum(before.hidden.values()), before.held) == (1, 1, 3)
    assert (before.released, before.kept) == (0, 0)


async def test_moderators_only(house: House) -> None:
    at = await aftercare.public(house)
    async with house.database.reading() as session:
        for query in (moderation_queries.reports, moderation_queries.appeals):
            with pytest.raises(SignInNeeded):
                await query(session, STRANGER, PageRequest(5))
            with pytest.raises(NotPermitted):
                await query(session, at.author, PageRequest(5))


@pytest.mark.parametrize(
    ("draft", "given"),
    [
        (ReportDraft, {"what": "number", "text": "x"}),
        (ReportDraft, {"what": "words", "text": ""}),
        (ReportDraft, {"what": "words", "text": "字" * 100_000}),
        (HidingDraft, {"what": "words", "reason": "dislike", "explanation": "x"}),
        (HidingDraft, {"what": "words", "reason": "insult", "explanation": " "}),
        (AppealDraft, {"text": "字" * 1001}),
        (AppealDecisionDraft, {"is_restored": "perhaps", "reason": "x"}),
    ],
)
def test_bad_input(draft: Any, given: dict[str, Any]) -> None:
    with pytest.raises(InputIsInvalid):
        read(draft, given)


async def test_reports_of_one_person_race_and_one_stands(house: House) -> None:
    at: Scene = await aftercare.public(house)

    async def once() -> bool:
        try:
            await report(house, at.outsider, at.rating_id)
        except PartIsReported:
            return False
        return True

    assert sorted(await asyncio.gather(once(), once())) == [False, True]
    async with house.database.reading() as session:
        assert len((await session.scalars(select(RatingComplaint))).all()) == 1


async def test_who_reported_or_appealed_gets_their_words_and_has_them_erased(house: House) -> None:
    at = await aftercare.public(house)
    await report(house, at.outsider, at.rating_id)
    await appeal(house, at.author, await aftercare.hide(house, at))
    async with house.database.unit_of_work() as session:
        for viewer, name, said in (
            (at.outsider, "reports_of_ratings", REPORT.text),
            (at.author, "appeals", APPEAL.text),
        ):
            person_id = viewer.signed_in()
            assert said in str((await care_own_data.collect(session, person_id))[name])
            await care_own_data.erase(session, person_id)
            assert said not in str(await care_own_data.collect(session, person_id))
