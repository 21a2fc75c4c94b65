"""Questions: until enquiries end, answered to all, the asker a number to everybody, the buyer too."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.db.audit import AuditEntry
from marketplace.identity.viewer import STRANGER, Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound, NotPermitted, SignInNeeded
from marketplace.notices.models import Notice
from marketplace.organisations.errors import OrganisationIsNotVerified
from marketplace.outbox.models import OutboxEvent
from marketplace.procurement import records
from marketplace.procurement.tenders import follows, question_queries, questions
from marketplace.procurement.tenders.drafts import AnswerDraft, QuestionDraft
from marketplace.procurement.tenders.errors import EnquiriesAreOver, QuestionIsAnswered
from marketplace.procurement.tenders.models import Asker, TenderFollow
from tests import builders, buying
from tests.deliveries import drain
from tests.procurement.tenders import scene

_ANSWER = AnswerDraft(answer="可以分时段。")


def _question(organisation_id: object, key: str = "one", text: str = "可以分时段吗？") -> QuestionDraft:
    return QuestionDraft(organisation_id=organisation_id, text=text, idempotency_key=key)  # type: ignore[arg-type]


async def test_a_question_after_the_enquiry_period_is_refused_with_the_article(
    house: House, clock: FixedClock
) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        organisation_id, manager = await buying.supplier(session)
    clock.advance(timedelta(days=14))
    async with house.database.unit_of_work() as session:
        with pytest.raises(EnquiriesAreOver) as refusal:
            await questions.ask(session, manager, tender_id, _question(organisation_id))
        assert refusal.value.article
    clock.advance(-timedelta(seconds=1))
    async with house.database.unit_of_work() as session:
        assert await questions.ask(session, manager, tender_id, _question(organisation_id))


async def test_an_answered_question_is_everybodys_under_a_stable_pseudonym(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        first_id, first = await buying.supplier(session, "甲社")
        second_id, second = await buying.supplier(session, "乙社")
        one = await questions.ask(session, first, tender_id, _question(first_id))
        await questions.ask(session, second, tender_id, _question(second_id))
        three = await questions.ask(session, first, tender_id, _question(first_id, "two", "地点呢？"))
        assert await questions.ask(session, first, tender_id, _question(first_id)) == one, "a repeated key"
        assert [row.number for row in await question_queries.of_tender(session, first, tender_id)] == [1, 3]
        assert await question_queries.of_tender(session, STRANGER, tender_id) == []
        to_buyer = await question_queries.of_tender(session, officer, tender_id)
        assert [(row.number, row.asker, row.is_mine) for row in to_buyer] == [
            (1, 1, False),
            (2, 2, False),
            (3, 1, False),
        ]
        await questions.answer(session, officer, one, _ANSWER)
        await questions.answer(session, officer, three, _ANSWER)
        public = await question_queries.of_tender(session, STRANGER, tender_id)
        assert [(row.asker, row.answer) for row in public] == [(1, "可以分时段。"), (1, "可以分时段。")]
        with pytest.raises(QuestionIsAnswered):
            await questions.answer(session, officer, one, AnswerDraft(answer="改主意了"))


async def test_askers_get_a_number_each_under_a_race(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender_id = await scene.published(session, await buying.officer(session))
        suppliers = [await buying.supplier(session, f"机构{number}") for number in range(4)]

    async def ask(organisation_id: object, manager: Viewer, key: str) -> None:
        async with house.database.unit_of_work() as session:
            await questions.ask(session, manager, tender_id, _question(organisation_id, key))

    await asyncio.gather(
        *(ask(organisation_id, manager, key) for organisation_id, manager in suppliers for key in ("a", "b"))
    )
    async with house.database.reading() as session:
        assert sorted(await session.scalars(select(Asker.number))) == [1, 2, 3, 4]


async def test_who_asked_is_in_no_record_audit_event_or_notice(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        organisation_id, manager = await buying.supplier(session, "甲社")
        asked = await questions.ask(session, manager, tender_id, _question(organisation_id))
        await questions.answer(session, officer, asked, _ANSWER)
    await drain(house)
    async with house.database.reading() as session:
        acts = await records.entries(session, tender_id)
        told = [
            *(f"{row.facts} {row.actor_id if row.action == 'question.asked' else ''}" for row in acts),
            *(str(row.facts) for row in await session.scalars(select(AuditEntry))),
            *(str(payload) for payload in await session.scalars(select(OutboxEvent.payload))),
            *(
                str(facts)
                for facts in await session.scalars(
                    select(Notice.facts).where(Notice.person_id == officer.signed_in())
                )
            ),
        ]
        kinds = set(await session.scalars(select(Notice.kind)))
    secrets = (str(organisation_id), str(manager.person_id), "甲社")
    assert [line for line in told if any(secret in line for secret in secrets)] == []
    assert {"tender_asked", "tender_answered"} <= kinds


async def test_three_visitors_at_the_door(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        draft_id = await scene.drafted(session, officer, title="另一份")
        organisation_id, manager = await buying.supplier(session)
        outsider = await builders.viewer(session)
        with pytest.raises(SignInNeeded):
            await questions.ask(session, STRANGER, tender_id, _question(organisation_id))
        with pytest.raises(NotFound):
            await questions.ask(session, outsider, tender_id, _question(organisation_id))
        with pytest.raises(NotFound):
            await questions.ask(session, manager, draft_id, _question(organisation_id))
        asked = await questions.ask(session, manager, tender_id, _question(organisation_id))
        for viewer in (outsider, manager):
            with pytest.raises(NotPermitted):
                await questions.answer(session, viewer, asked, _ANSWER)
        with pytest.raises(NotFound):
            await question_queries.question(session, outsider, asked)


async def test_an_unverified_organisation_does_not_ask(house: House) -> None:
    async with house.database.unit_of_work() as session:
        tender_id = await scene.published(session, await buying.officer(session))
        organisation_id = await builders.organisation(session, verified=False)
        manager = await builders.viewer(
            session, "负责人", builders.Role.ORGANISATION_MANAGER, organisation_id
        )
        with pytest.raises(OrganisationIsNotVerified):
            await questions.ask(session, manager, tender_id, _question(organisation_id))


async def test_an_organisation_follows_once_and_only_it_knows(house: House) -> None:
    async with house.database.unit_of_work() as session:
        officer = await buying.officer(session)
        tender_id = await scene.published(session, officer)
        organisation_id, manager = await buying.supplier(session)
        _, rival = await buying.supplier(session, "对手社")
        for _ in range(2):
            await follows.follow(session, manager, tender_id, organisation_id)
        assert len((await session.scalars(select(TenderFollow.id))).all()) == 1
        assert await follows.own(session, manager, [tender_id]) == {tender_id: [organisation_id]}
        assert await follows.own(session, rival, [tender_id]) == {}
        assert await follows.own(session, officer, [tender_id]) == {}
        with pytest.raises(NotFound):
            await follows.follow(session, rival, tender_id, organisation_id)
        await follows.unfollow(session, manager, tender_id, organisation_id)
        assert await follows.own(session, manager, [tender_id]) == {}
