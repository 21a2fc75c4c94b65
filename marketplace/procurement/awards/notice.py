"""The notice of awards: what it says, how long it lasts, and its hash. It names organisations and, as the law wants, the panel."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.db import audit
from marketplace.db.clock import read_clock
from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from marketplace.outbox.publish import publish
from marketplace.procurement import records
from marketplace.procurement.awards.events import AwardPublished
from marketplace.procurement.awards.models import Award, AwardNotice
from marketplace.procurement.evaluation.models import EvaluationReport, PanelMember
from marketplace.procurement.models import Buyer
from marketplace.procurement.profiles import rule
from marketplace.procurement.records import content_hash
from marketplace.procurement.tenders.file import read_file
from marketplace.procurement.tenders.models import Lot, Tender, TenderVersion
from marketplace.procurement.working_days import calendar


async def write(
    session: Session, tender: Tender, awards: Sequence[Award], by: UUID, official_notice_url: str | None
) -> AwardNotice:
    """Publish these awards; the caller holds the tender and settles it afterwards."""
    now, limit = await read_clock(session), await rule(session, "award_notice")
    ends_at = (await calendar(session)).due(now, limit, "lasts_days")
    url = official_notice_url or await _url_of_the_file(session, tender)
    content = {
        **await _content(session, tender, awards),
        "published_at": now.isoformat(),
        "ends_at": ends_at.isoformat(),
        "official_notice_url": url,
    }
    row = AwardNotice(
        id=new_id(),
        tender_id=tender.id,
        published_at=now,
        published_by=by,
        ends_at=ends_at,
        official_notice_url=url,
        content=content,
        content_hash=content_hash(content),
    )
    session.add(row)
    await session.flush()
    for award in awards:
        award.published_at, award.notice_ends_at, award.notice_id = now, ends_at, row.id
        await publish(session, AwardPublished(tender.id, award.id))
    await session.flush()
    await records.append(
        session, tender.id, "award.published", by, notice_id=row.id, content_hash=row.content_hash
    )
    audit.record(session, by, "award.published", ("tender", tender.id), notice=row.id)
    return row


async def _content(session: Session, tender: Tender, awards: Sequence[Award]) -> dict[str, Any]:
    buyer = await session.get_one(Buyer, tender.buyer_id)
    rows = await session.execute(
        select(Lot, EvaluationReport.report_hash)
        .outerjoin(EvaluationReport, EvaluationReport.lot_id == Lot.id)
        .where(Lot.id.in_([one.lot_id for one in awards]))
    )
    lots = {lot.id: (lot, report_hash) for lot, report_hash in rows}
    named = await session.execute(
        select(Organisation.id, Organisation.name).where(
            Organisation.id.in_([one.organisation_id for one in awards])
        )
    )
    names = {row.id: row.name for row in named}
    members = await session.scalars(
        select(PanelMember)
        .where(PanelMember.tender_id == tender.id, PanelMember.replaced_at.is_(None))
        .order_by(PanelMember.seat)
    )
    return {
        "format": "wushe-award/1",
        "tender": {"id": str(tender.id), "reference": tender.reference, "title": tender.title},
        "buyer": {"id": str(buyer.id), "name": buyer.name},
        "awards": [
            {
                "id": str(one.id),
                "lot": {"id": str(one.lot_id), "number": lots[one.lot_id][0].number},
                "lot_title": lots[one.lot_id][0].title,
                "report_hash": lots[one.lot_id][1],
                "supplier": {"id": str(one.organisation_id), "name": names[one.organisation_id]},
                "place": one.place,
                "price_fen": str(one.price_fen),
                "currency": one.currency,
                "reason": one.reason,
                "replaces": str(one.replaces_id) if one.replaces_id else None,
            }
            for one in awards
        ],
        # Ids: the page tells their names, and a person who is erased has none any more.
        "panel": [{"seat": one.seat, "kind": one.kind, "member": str(one.id)} for one in members],
    }


async def _url_of_the_file(session: Session, tender: Tender) -> str | None:
    content = await session.scalar(
        select(TenderVersion.content).where(
            TenderVersion.tender_id == tender.id, TenderVersion.number == tender.version
        )
    )
    return read_file(content).official_notice_url if content else None
