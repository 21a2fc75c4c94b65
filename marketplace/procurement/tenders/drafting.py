"""Writing a tender: begun alone, from a service list's item or after a tender that ended; saved step by step; a change of a
published one is prepared in the same place."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.areas import queries as areas
from marketplace.areas.codes import ancestors_of, contains
from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import TagKind
from marketplace.db import audit
from marketplace.db.insert import insert_once, upsert
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_year
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.procurement import buyers, records
from marketplace.procurement.errors import ChangedMeanwhile
from marketplace.procurement.lists.models import ListEdition, ListItemVersion
from marketplace.procurement.models import Buyer
from marketplace.procurement.policy import must_buy
from marketplace.procurement.tenders import lots, templates, tenders
from marketplace.procurement.tenders.drafts import NewTenderDraft
from marketplace.procurement.tenders.errors import (
    TenderGoesOn,
    TenderHasASuccessor,
    TenderIsNotPublished,
)
from marketplace.procurement.tenders.file import FileLot, Item, TenderFile, read_file
from marketplace.procurement.tenders.models import Tender, TenderDocument, TenderSeries, TenderVersion
from marketplace.procurement.tenders.policy import visible_to
from marketplace.procurement.tenders.running import must_not_be_over
from marketplace.procurement.tenders.states import Stage, stage

_UNTITLED = "未命名采购"


async def start(
    session: Session, viewer: Viewer, draft: NewTenderDraft, tender_id: UUID | None = None
) -> UUID:
    """Begin a draft; answers its id. With a ``tender_id`` of the caller's choice a repeated call is the same draft.

    Raises SignInNeeded, NotFound, NotPermitted, TenderGoesOn, TenderHasASuccessor, InputIsInvalid.
    """
    viewer.signed_in()
    buyer = await buyers.buyer(session, draft.buyer_id)
    by = must_buy(viewer, buyer.area_code, is_public=True)
    if tender_id is not None and await session.get(Tender, tender_id) is not None:
        return (await tenders.held(session, viewer, tender_id)).id
    tender_id = tender_id or new_id()
    file, item_id = await _first_file(session, viewer, draft, buyer)
    row = Tender(
        id=tender_id,
        buyer_id=buyer.id,
        list_item_id=item_id,
        replaces_tender_id=draft.replaces_tender_id,
        reference=await _next_reference(session, buyer.area_code),
        procedure=draft.procedure.value,
        title=file.title,
        category_code=await _usable(session, file.category_code),
        area_code=buyer.area_code,
        draft=file.plain(),
        created_at=session.now(),
        created_by=by,
    )
    if not await insert_once(session, row):
        return (await tenders.held(session, viewer, tender_id)).id
    if draft.replaces_tender_id is not None:
        await _copy_documents(session, draft.replaces_tender_id, row, by)
    await records.append(
        session, row.id, "tender.drafted", by,
        reference=row.reference, procedure=row.procedure, replaces=row.replaces_tender_id,
    )  # fmt: skip
    audit.record(session, by, "tender.drafted", ("tender", row.id))
    return row.id


async def save(
    session: Session, viewer: Viewer, tender_id: UUID, file: TenderFile, draft_version: int
) -> int:
    """Keep ``file`` as the draft, if nobody saved since ``draft_version``; answers the new number. Papers stay as they are.

    Of a published tender it is the amendment to come; the public sees nothing of it. Raises SignInNeeded, NotFound, NotPermitted,
    TenderIsOver, ChangedMeanwhile.
    """
    tender = await tenders.held(session, viewer, tender_id)
    must_not_be_over(tender)
    if tender.draft_version != draft_version:
        raise ChangedMeanwhile()
    before = read_file(tender.draft)
    known = {row.id: row.number for row in await lots.of_tender(session, tender_id)}
    known |= {lot.id: lot.number for lot in before.lots}
    file = lots.own(file, known)
    return await put(session, tender, file.model_copy(update={"documents": before.documents}))


async def put(session: Session, tender: Tender, file: TenderFile) -> int:
    """The draft of a held tender becomes ``file``; answers its number."""
    values: dict[str, Any] = {"draft": file.plain(), "draft_version": tender.draft_version + 1}
    if tender.published_at is None:
        values |= {"title": file.title, "category_code": await _usable(session, file.category_code)}
    changed = await session.execute(
        update(Tender)
        .where(Tender.id == tender.id, Tender.draft_version == tender.draft_version)
        .values(values)
        .returning(Tender.draft_version)
        .execution_options(synchronize_session=False)
    )
    number = changed.scalar_one_or_none()
    if number is None:
        raise ChangedMeanwhile()
    await session.refresh(tender)
    return number


async def reset(session: Session, viewer: Viewer, tender_id: UUID) -> int:
    """Throw the amendment in preparation away: the draft is the version in force again. Raises NotFound, TenderIsNotPublished."""
    tender = await tenders.held(session, viewer, tender_id)
    if tender.published_at is None:
        raise TenderIsNotPublished()
    content = await session.scalar(
        select(TenderVersion.content).where(
            TenderVersion.tender_id == tender_id, TenderVersion.number == tender.version
        )
    )
    return await put(session, tender, read_file(content or {}))


async def _first_file(
    session: Session, viewer: Viewer, draft: NewTenderDraft, buyer: Buyer
) -> tuple[TenderFile, UUID | None]:
    """What the draft begins with, and the list item that it is for."""
    if draft.replaces_tender_id is not None:
        return await _file_of_ended(session, viewer, draft, buyer)
    if draft.list_item_id is not None:
        return await _file_of_item(session, draft.list_item_id, draft, buyer), draft.list_item_id
    return templates.begun(draft.title or _UNTITLED, buyer.area_code, draft.procedure), None


async def _file_of_ended(
    session: Session, viewer: Viewer, draft: NewTenderDraft, buyer: Buyer
) -> tuple[TenderFile, UUID | None]:
    ended = await session.scalar(
        select(Tender)
        .where(Tender.id == draft.replaces_tender_id, visible_to(viewer))
        .with_for_update(key_share=True)
    )
    if ended is None or ended.buyer_id != buyer.id:
        raise NotFound()
    if stage(ended, session.now()) not in {Stage.CANCELLED, Stage.UNSUCCESSFUL}:
        raise TenderGoesOn()
    follower = select(Tender.id).where(Tender.replaces_tender_id == ended.id, Tender.cancelled_at.is_(None))
    if await session.scalar(follower) is not None:
        raise TenderHasASuccessor()
    file = read_file(ended.draft)
    # New lots, and dates that somebody has to think about anew.
    copied = lots.own(file, {})
    cleared = {"enquiries_end_at": None, "submissions_end_at": None, "documents": ()}
    return copied.model_copy(update=cleared), ended.list_item_id or draft.list_item_id


async def _file_of_item(session: Session, item_id: UUID, draft: NewTenderDraft, buyer: Buyer) -> TenderFile:
    item = await session.scalar(
        select(ListItemVersion)
        .join(ListEdition, ListEdition.id == ListItemVersion.edition_id)
        .where(ListItemVersion.item_id == item_id, ListEdition.withdrawn_at.is_(None))
        .order_by(ListEdition.finalised_at.is_(None), ListEdition.number.desc())
        .limit(1)
    )
    if item is None or not contains(buyer.area_code, item.area_code):
        raise InputIsInvalid.of("list_item_id", "unknown_choice", choice=str(item_id))
    title = (draft.title or item.title)[:120]
    starts_on, ends_on = item.starts_on, item.ends_on
    lot = FileLot(
        number=1,
        title=title,
        area_code=item.area_code,
        ceiling_fen=item.budget_fen,
        starts_on=starts_on,
        ends_on=ends_on,
        items=(Item(description=item.title, quantity=item.quantity, unit=item.unit),),
    )
    begun = templates.begun(title, item.area_code, draft.procedure)
    return begun.model_copy(
        update={
            "description": item.description or None,
            "standards": item.standards or None,
            "category_code": item.category_code,
            "audience_code": item.audience_code,
            "people_served": item.people_served,
            "lots": (lot,),
            "milestones": templates.milestones(starts_on, ends_on),
        }
    )


async def _copy_documents(session: Session, ended_id: UUID, tender: Tender, by: UUID) -> None:
    """The papers of the ended tender's file, as papers of the new one."""
    ended = await session.get_one(Tender, ended_id)
    wanted = read_file(ended.draft).documents
    rows = {
        row.id: row
        for row in await session.scalars(select(TenderDocument).where(TenderDocument.tender_id == ended_id))
    }
    copied = []
    for document in wanted:
        source = rows.get(document.id)
        if source is None:
            continue
        row = TenderDocument(
            id=new_id(),
            tender_id=tender.id,
            uploaded_at=session.now(),
            uploaded_by=by,
            **{
                name: getattr(source, name)
                for name in ("title", "file_name", "content_type", "size", "file_key")
            },
        )
        session.add(row)
        copied.append(document.model_copy(update={"id": row.id}))
    await session.flush()
    file = read_file(tender.draft).model_copy(update={"documents": tuple(copied)})
    tender.draft = file.plain()
    await session.flush()


async def _usable(session: Session, code: str | None) -> str | None:
    """The category for the row, or none where the draft names one that is not there; the linter says so."""
    return code if code and await tags.usable_codes(session, [code], TagKind.CATEGORY) else None


async def _next_reference(session: Session, area_code: str) -> str:
    """The next number of the buyer's district and year, such as CN-2026-0001. The statement that counts gives it out."""
    district = await _initials(session, ancestors_of(area_code))
    name = f"{district}-{local_year(session.now())}"
    series = upsert(session, TenderSeries)
    number = await session.scalar(
        series.values(name=name, last_number=1)
        .on_conflict_do_update(
            index_elements=[TenderSeries.name],
            set_={"last_number": TenderSeries.last_number + series.excluded.last_number},
        )
        .returning(TenderSeries.last_number)
    )
    return f"{name}-{number:04d}"


async def _initials(session: Session, codes: Iterable[str]) -> str:
    """The district's initials; the city's where the buyer is the city's. Districts may share theirs: the code then follows."""
    chain = list(codes)[:2]
    found = await areas.by_codes(session, chain)
    area = found.get(chain[-1])
    if area is None:
        return chain[-1][:6]
    twins = [one for one in await areas.children(session, area.parent_code) if one.initials == area.initials]
    initials = area.initials.upper()
    return initials if len(twins) < 2 else f"{initials}{area.code[4:6]}"
