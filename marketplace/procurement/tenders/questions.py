"""Questions about a tender and their answers for all. Who asks is a number to everybody, the buyer too: the names of those who may
bid are secret (87号 article 28). Nothing that is recorded or told here names an organisation."""

from uuid import UUID

from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.db import audit
from marketplace.db.clock import database_now
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import new_id
from marketplace.organisations.errors import OrganisationIsNotVerified
from marketplace.organisations.models import Organisation
from marketplace.outbox.publish import publish as tell
from marketplace.procurement import profiles, records
from marketplace.procurement.errors import TenderIsSuspended
from marketplace.procurement.policy import must_supply
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import tenders
from marketplace.procurement.tenders.drafts import AnswerDraft, QuestionDraft
from marketplace.procurement.tenders.errors import EnquiriesAreOver, QuestionIsAnswered, TooManyQuestions
from marketplace.procurement.tenders.events import QuestionAnswered, QuestionAsked
from marketplace.procurement.tenders.models import Asker, Question, Tender
from marketplace.procurement.tenders.running import must_not_be_over
from marketplace.volunteering.errors import KeyWasUsedElsewhere

MOST_QUESTIONS = 50


async def ask(session: Session, viewer: Viewer, tender_id: UUID, draft: QuestionDraft) -> UUID:
    """Ask for one's organisation; answers the question's id, for a repeated key the first one. The database's clock ends the time to ask.

    Raises SignInNeeded, NotFound, OrganisationIsNotVerified, TenderIsNotPublished, TenderIsOver, TenderIsSuspended, EnquiriesAreOver,
    TooManyQuestions, KeyWasUsedElsewhere.
    """
    by = must_supply(viewer, draft.organisation_id)
    tender = await tenders.locked(session, tender_id)
    if tender.published_at is None:
        raise NotFound()
    repeated = await session.scalar(
        select(Question).where(Question.asked_by == by, Question.idempotency_key == draft.idempotency_key)
    )
    if repeated is not None:
        if repeated.tender_id != tender_id:
            raise KeyWasUsedElsewhere()
        return repeated.id
    await _must_be_verified(session, draft.organisation_id)
    tenders.must_be_public(session, tender)
    if tender.suspended_at is not None:
        raise TenderIsSuspended()
    await _must_have_room(session, tender_id, draft.organisation_id)
    question_id = await _write(session, tender, by, draft)
    asker = await _asker(session, tender_id, draft.organisation_id)
    # Who asked stays out of record and audit: both are read by the buyer's people.
    await records.append(session, tender_id, "question.asked", None, question_id=question_id, asker=asker)
    await tell(session, QuestionAsked(tender_id, question_id))
    return question_id


async def answer(session: Session, viewer: Viewer, question_id: UUID, draft: AnswerDraft) -> UUID:
    """Answer to all, once; answers the tender's id. Raises SignInNeeded, NotFound, NotPermitted, QuestionIsAnswered, TenderIsOver."""
    viewer.signed_in()
    tender_id = await session.scalar(select(Question.tender_id).where(Question.id == question_id))
    if tender_id is None:
        raise NotFound()
    tender = await tenders.held(session, viewer, tender_id)
    must_not_be_over(tender)
    question = await session.get_one(Question, question_id, populate_existing=True)
    if question.answered_at is not None:
        if question.answer == draft.answer:
            return tender_id
        raise QuestionIsAnswered()
    if draft.version is not None and not 1 < draft.version <= tender.version:
        raise NotFound()
    by = viewer.signed_in()
    question.answer, question.version = draft.answer, draft.version
    question.answered_at, question.answered_by = session.now(), by
    await session.flush()
    await records.append(
        session, tender_id, "question.answered", by, question_id=question_id, version=draft.version
    )
    audit.record(session, by, "tender.question_answered", ("tender", tender_id), question=question_id)
    await tell(session, QuestionAnswered(tender_id, question_id))
    return tender_id


async def _write(session: Session, tender: Tender, by: UUID, draft: QuestionDraft) -> UUID:
    """The question's row, with the next number; whoever asks holds the tender, so numbers have no rivals. Raises EnquiriesAreOver."""
    question_id = new_id()
    values: dict[InstrumentedAttribute[object], object] = {
        Question.id: question_id,
        Question.tender_id: tender.id,
        Question.number: (await _highest(session, Question.number, tender.id)) + 1,
        Question.organisation_id: draft.organisation_id,
        Question.asked_by: by,
        Question.idempotency_key: draft.idempotency_key,
        Question.text: draft.text,
        Question.asked_at: session.now(),
    }
    row = select(*(literal(value, column.type) for column, value in values.items())).where(
        select(Tender.id)
        .where(Tender.id == tender.id, Tender.enquiries_end_at > database_now(session))
        .exists()
    )
    names = [column.key for column in values]
    written = await session.execute(insert(Question).from_select(names, row).returning(Question.id))
    if written.scalar_one_or_none() is None:
        profile = await profiles.profile(session, Procedure(tender.procedure))
        raise EnquiriesAreOver(article=profile.rule("documents").article)
    return question_id


async def _asker(session: Session, tender_id: UUID, organisation_id: UUID) -> int:
    """The organisation's number in this tender: in the order of first questions, the same from then on."""
    known = await session.get(Asker, (tender_id, organisation_id))
    if known is not None:
        return known.number
    number = await _highest(session, Asker.number, tender_id) + 1
    session.add(Asker(tender_id=tender_id, organisation_id=organisation_id, number=number))
    await session.flush()
    return number


async def _highest(session: Session, column: InstrumentedAttribute[int], tender_id: UUID) -> int:
    table = column.class_
    return await session.scalar(select(func.max(column)).where(table.tender_id == tender_id)) or 0


async def _must_be_verified(session: Session, organisation_id: UUID) -> None:
    row = await session.get_one(Organisation, organisation_id)
    if row.verified_at is None or row.suspended_at is not None:
        raise OrganisationIsNotVerified()


async def _must_have_room(session: Session, tender_id: UUID, organisation_id: UUID) -> None:
    asked = await session.scalar(
        select(func.count()).where(
            Question.tender_id == tender_id, Question.organisation_id == organisation_id
        )
    )
    if (asked or 0) >= MOST_QUESTIONS:
        raise TooManyQuestions(most=MOST_QUESTIONS)
