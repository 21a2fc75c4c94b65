"""Procurement's share of a person's data: collected for the export; erasure ends what is open and leaves the record nameless.

What was said, scored and decided in a purchase is kept for fifteen years (采购法 article 42), under a person's row that names
nobody once identity has erased it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update

from marketplace.db.plain import plain_rows
from marketplace.db.session import Session
from marketplace.procurement.awards.models import Objection
from marketplace.procurement.bids.models import Opener
from marketplace.procurement.contracts.models import UserOpinion
from marketplace.procurement.evaluation.models import Expert, PanelMember
from marketplace.procurement.lists.models import ListComment, ListEdition, ServiceList
from marketplace.procurement.models import Access
from marketplace.procurement.tenders.models import Question, Tender


async def collect(session: Session, person_id: UUID) -> dict[str, Any]:
    """What the person said and was in purchases, and which sensitive things they saw, as plain JSON values."""
    parts = {
        "comments": _comments(person_id),
        "questions": select(Tender.title, Question.text, Question.asked_at)
        .join(Tender, Tender.id == Question.tender_id)
        .where(Question.asked_by == person_id)
        .order_by(Question.id),
        "opinions": select(
            UserOpinion.contract_id, UserOpinion.is_satisfied, UserOpinion.text, UserOpinion.given_at
        )
        .where(UserOpinion.person_id == person_id)
        .order_by(UserOpinion.id),
        "objections": select(Tender.title, Objection.kind, Objection.text, Objection.raised_at)
        .join(Tender, Tender.id == Objection.tender_id)
        .where(Objection.raised_by == person_id)
        .order_by(Objection.id),
        "expert": select(
            Expert.fields, Expert.speciality, Expert.employer, Expert.registered_at, Expert.ended_at
        )
        .where(Expert.person_id == person_id)
        .order_by(Expert.id),
        "panels": select(Tender.title, PanelMember.joined_at, PanelMember.declared_at, PanelMember.conflicts)
        .join(Tender, Tender.id == PanelMember.tender_id)
        .where(PanelMember.person_id == person_id)
        .order_by(PanelMember.id),
        "opener_of": select(Tender.title, Opener.named_at, Opener.code_confirmed_at)
        .join(Tender, Tender.id == Opener.tender_id)
        .where(Opener.person_id == person_id)
        .order_by(Opener.id),
        "saw": select(Access.at, Access.what, Access.process_id, Access.was_allowed)
        .where(Access.person_id == person_id)
        .order_by(Access.id),
    }
    return {name: await plain_rows(session, query) for name, query in parts.items()}


async def erase(session: Session, person_id: UUID) -> None:
    """Nobody draws the person for a panel any more, and who employs them is forgotten."""
    await session.execute(
        update(Expert)
        .where(Expert.person_id == person_id)
        .values(employer=None, employer_organisation_id=None, speciality="")
    )
    await session.execute(
        update(Expert)
        .where(Expert.person_id == person_id, Expert.ended_at.is_(None))
        .values(ended_at=session.now())
    )


def _comments(person_id: UUID) -> Select[*tuple[Any, ...]]:
    return (
        select(ServiceList.title, ListComment.text, ListComment.created_at, ListComment.answer)
        .join(ListEdition, ListEdition.id == ListComment.edition_id)
        .join(ServiceList, ServiceList.id == ListEdition.list_id)
        .where(ListComment.person_id == person_id)
        .order_by(ListComment.id)
    )
