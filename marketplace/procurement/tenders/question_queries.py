"""Look up questions. Before its answer a question is seen by who asked and by the buyer; the asker is a number to everybody."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from marketplace.areas.codes import within
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement.policy import supplies_for
from marketplace.procurement.tenders.models import Asker, Question, Tender
from marketplace.procurement.tenders.policy import visible_to


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as it is shown. ``is_mine`` is told to nobody but the asker; there is no organisation here."""

    id: UUID
    tender_id: UUID
    number: int
    asker: int
    text: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None
    version: int | None
    is_mine: bool


async def of_tender(session: Session, viewer: Viewer, tender_id: UUID) -> list[QuestionRow]:
    """The questions about one tender that the viewer may see, in the order in which they came."""
    return (await of_tenders(session, viewer, [tender_id])).get(tender_id, [])


async def of_tenders(
    session: Session, viewer: Viewer, ids: Collection[UUID]
) -> dict[UUID, list[QuestionRow]]:
    """The same for several tenders."""
    rows = await session.execute(
        _questions(viewer).where(Question.tender_id.in_(ids)).order_by(Question.number)
    )
    return grouped((one.tender_id, _row(viewer, one, number)) for one, number in rows)


async def questions_by_ids(
    session: Session, viewer: Viewer, ids: Collection[UUID]
) -> dict[UUID, QuestionRow]:
    """Those of the questions that the viewer may see."""
    rows = await session.execute(_questions(viewer).where(Question.id.in_(ids)))
    return {one.id: _row(viewer, one, number) for one, number in rows}


async def question(session: Session, viewer: Viewer, question_id: UUID) -> QuestionRow:
    """One question. Raises NotFound."""
    found = (await questions_by_ids(session, viewer, [question_id])).get(question_id)
    if found is None:
        raise NotFound()
    return found


def _questions(viewer: Viewer) -> Select[Question, int]:
    return (
        select(Question, Asker.number)
        .join(Tender, Tender.id == Question.tender_id)
        .join(
            Asker,
            and_(Asker.tender_id == Question.tender_id, Asker.organisation_id == Question.organisation_id),
        )
        .where(visible_to(viewer), _readable(viewer))
    )


def _readable(viewer: Viewer) -> ColumnElement[bool]:
    bought = (within(Tender.area_code, area) for area in viewer.areas_of(Role.PROCUREMENT_OFFICER))
    return or_(Question.answered_at.is_not(None), Question.organisation_id.in_(supplies_for(viewer)), *bought)


def _row(viewer: Viewer, one: Question, asker: int) -> QuestionRow:
    return QuestionRow(
        id=one.id,
        tender_id=one.tender_id,
        number=one.number,
        asker=asker,
        text=one.text,
        asked_at=one.asked_at,
        answer=one.answer,
        answered_at=one.answered_at,
        version=one.version,
        is_mine=one.organisation_id in supplies_for(viewer),
    )
