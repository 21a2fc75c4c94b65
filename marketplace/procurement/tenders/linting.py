"""The linter asked about a tender of the database: its rules, its calendar, and what only the database knows."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.areas import queries as areas
from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import TagKind
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.procurement import profiles, working_days
from marketplace.procurement.lists.models import ListEdition, ListItemVersion
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import linter
from marketplace.procurement.tenders.errors import FileIsUnlawful
from marketplace.procurement.tenders.file import TenderFile, read_file
from marketplace.procurement.tenders.findings import Finding
from marketplace.procurement.tenders.lint_dates import lawful_dates
from marketplace.procurement.tenders.linted import Known, Linted
from marketplace.procurement.tenders.models import Tender
from marketplace.procurement.tenders.policy import sees_drafts, visible_to


async def of_file(session: Session, tender: Tender, file: TenderFile) -> list[Finding]:
    """What the linter says of ``file`` as the next version of the tender's."""
    profile = await profiles.profile(session, Procedure(tender.procedure))
    return linter.findings(
        file,
        profile,
        await working_days.calendar(session),
        session.now(),
        issued_at=tender.published_at,
        known=await _known(session, tender, file),
    )


async def of_draft(session: Session, viewer: Viewer, tender_id: UUID) -> list[Finding]:
    """What the linter says of the draft, for those who see it. Raises NotFound."""
    tender = await session.scalar(select(Tender).where(Tender.id == tender_id, visible_to(viewer)))
    if tender is None or not sees_drafts(viewer, tender.area_code):
        raise NotFound()
    return await of_file(session, tender, read_file(tender.draft))


async def must_be_lawful(session: Session, tender: Tender, file: TenderFile) -> None:
    """Raises FileIsUnlawful with everything that refuses the file."""
    refusing = [one for one in await of_file(session, tender, file) if one.refuses]
    if refusing:
        raise FileIsUnlawful(refusing)


async def dates(session: Session, procedure: Procedure, file: TenderFile) -> tuple[datetime, datetime]:
    """When questions may end and bids may be due at the earliest, were the file published now."""
    profile = await profiles.profile(session, procedure)
    calendar = await working_days.calendar(session)
    return lawful_dates(Linted(file, profile, calendar, session.now(), session.now(), Known()))


async def _known(session: Session, tender: Tender, file: TenderFile) -> Known:
    codes = {code for code in (file.category_code, file.audience_code) if code}
    places = {file.area_code, *(lot.area_code for lot in file.lots)}
    announced_on, budget = await _announced(session, tender.list_item_id)
    return Known(
        categories=await tags.usable_codes(session, codes, TagKind.CATEGORY, TagKind.AUDIENCE),
        areas=frozenset(
            code for code, area in (await areas.by_codes(session, places)).items() if area.retired_in is None
        ),
        buyer_area=tender.area_code,
        is_on_a_list=tender.list_item_id is not None,
        announced_on=announced_on,
        budget_fen=budget,
    )


async def _announced(session: Session, item_id: UUID | None) -> tuple[date | None, int | None]:
    """The day on which the first final list with the item appeared, and the newest budget for it."""
    if item_id is None:
        return None, None
    rows = (
        await session.execute(
            select(ListEdition.finalised_at, ListItemVersion.budget_fen)
            .join(ListItemVersion, ListItemVersion.edition_id == ListEdition.id)
            .where(ListItemVersion.item_id == item_id, ListEdition.finalised_at.is_not(None))
            .order_by(ListEdition.finalised_at)
        )
    ).all()
    return (local_day(rows[0].finalised_at), rows[-1].budget_fen) if rows else (None, None)
