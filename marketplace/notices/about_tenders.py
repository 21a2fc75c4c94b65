"""Notices about tenders: published in an organisation's field and area, amended, answered, called off, ended; and questions to the buyer.

Nobody learns from a notice who follows or asks (87号 article 28): the buyer is told that there is a question, never whose.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select

from marketplace.areas.codes import ancestors_of, within
from marketplace.catalogue.models import Tag
from marketplace.db.session import Session
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role
from marketplace.notices import audience, links
from marketplace.notices.facts import Fact
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.organisations.models import Organisation, OrganisationArea, OrganisationField
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders import follows, lots
from marketplace.procurement.tenders.events import (
    QuestionAnswered,
    QuestionAsked,
    TenderAmended,
    TenderCancelled,
    TenderEndedUnsuccessful,
    TenderPublished,
)
from marketplace.procurement.tenders.models import Question, Tender, TenderVersion


async def published(session: Session, event: TenderPublished) -> None:
    """Managers of verified organisations that work in the field, where the service is given."""
    tender = await session.get_one(Tender, event.tender_id)
    places = {lot.area_code for lot in await lots.of_tender(session, tender.id)}
    fits = await session.scalars(
        select(Organisation.id).where(
            Organisation.verified_at.is_not(None),
            Organisation.suspended_at.is_(None),
            await _works_in(session, tender.category_code),
            or_(*(_serves(place) for place in sorted(places | {tender.area_code}))),
        )
    )
    await _tell(session, tender, Kind.TENDER_PUBLISHED, str(tender.id), fits.all(), ends=True)


async def amended(session: Session, event: TenderAmended) -> None:
    """Followers hear that there is a newer version and when bids are due now."""
    tender = await session.get_one(Tender, event.tender_id)
    version = await session.scalar(
        select(TenderVersion).where(
            TenderVersion.tender_id == tender.id, TenderVersion.number == event.version
        )
    )
    followers = await follows.followers(session, tender.id)
    kind = Kind.TENDER_AMENDED if version is None or not version.voids_bids else Kind.TENDER_AMENDED_BIDS
    await _tell(session, tender, kind, f"{tender.id}:{event.version}", followers, ends=True)


async def asked(session: Session, event: QuestionAsked) -> None:
    """The buyer's officers hear that a question waits."""
    tender = await session.get_one(Tender, event.tender_id)
    officers = await audience.nearest(session, tender.area_code, Role.PROCUREMENT_OFFICER)
    news = News(
        kind=Kind.TENDER_ASKED,
        told_for=f"{Kind.TENDER_ASKED}:{event.question_id}",
        facts={"tender": tender.title},
        link=links.tender_desk(tender.id),
    )
    await tell(session, officers, news)


async def answered(session: Session, event: QuestionAnswered) -> None:
    """Followers, and whoever asked, hear that there is an answer."""
    tender = await session.get_one(Tender, event.tender_id)
    question = await session.get_one(Question, event.question_id)
    concerned = {*await follows.followers(session, tender.id), question.organisation_id}
    await _tell(session, tender, Kind.TENDER_ANSWERED, str(question.id), concerned)


async def cancelled(session: Session, event: TenderCancelled) -> None:
    """Followers hear that the tender was called off."""
    tender = await session.get_one(Tender, event.tender_id)
    followers = await follows.followers(session, tender.id)
    await _tell(session, tender, Kind.TENDER_CANCELLED, str(tender.id), followers)


async def ended(session: Session, event: TenderEndedUnsuccessful) -> None:
    """Followers hear that the tender ended without a result; of a single lot its page tells."""
    tender = await session.get_one(Tender, event.tender_id)
    if tender.unsuccessful_at is None:
        return
    followers = await follows.followers(session, tender.id)
    await _tell(session, tender, Kind.TENDER_UNSUCCESSFUL, str(tender.id), followers)


async def _tell(
    session: Session,
    tender: Tender,
    kind: Kind,
    about: str,
    organisations: Iterable[UUID],
    *,
    ends: bool = False,
) -> None:
    buyer = await session.get_one(Buyer, tender.buyer_id)
    facts: dict[str, Fact] = {"tender": tender.title, "buyer": buyer.name}
    if ends and tender.submissions_end_at is not None:
        facts["ends_at"] = tender.submissions_end_at
    news = News(
        kind=kind,
        told_for=f"{kind}:{about}",
        facts=facts,
        link=links.tender(tender.id),
        useless_from=tender.submissions_end_at if ends else None,
    )
    await tell(session, await _managers(session, list(organisations)), news)


async def _managers(session: Session, organisations: Sequence[UUID]) -> Sequence[UUID]:
    rows = await session.scalars(
        select(RoleGrant.person_id)
        .where(
            RoleGrant.organisation_id.in_(organisations),
            RoleGrant.role == Role.ORGANISATION_MANAGER,
            RoleGrant.revoked_at.is_(None),
        )
        .distinct()
        .order_by(RoleGrant.person_id)
    )
    return rows.all()


async def _works_in(session: Session, category: str | None) -> ColumnElement[bool]:
    """SQL: the organisation named the tender's field, or the broader one above it."""
    parent = await session.scalar(select(Tag.parent_code).where(Tag.code == category))
    codes = [code for code in (category, parent) if code]
    return exists().where(
        OrganisationField.organisation_id == Organisation.id, OrganisationField.tag_code.in_(codes)
    )


def _serves(place: str) -> ColumnElement[bool]:
    """SQL: the organisation is registered or works in the place, above it or below it."""
    above = ancestors_of(place)
    return or_(
        Organisation.area_code.in_(above),
        exists().where(
            OrganisationArea.organisation_id == Organisation.id,
            or_(OrganisationArea.area_code.in_(above), within(OrganisationArea.area_code, place)),
        ),
    )
