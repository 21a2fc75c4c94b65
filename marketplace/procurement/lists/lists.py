"""Service lists: begun by a buyer's officer, and continued in editions."""

from uuid import UUID

from sqlalchemy import func, select

from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.procurement import policy, records
from marketplace.procurement.lists.content import FIELDS
from marketplace.procurement.lists.drafts import EditionDraft, ListDraft
from marketplace.procurement.lists.errors import EditionIsUnderWay
from marketplace.procurement.lists.models import ListEdition, ListItemVersion, ServiceList
from marketplace.procurement.lists.policy import lists_visible_to
from marketplace.procurement.models import Buyer
from marketplace.volunteering.errors import KeyWasUsedElsewhere


async def start(session: Session, viewer: Viewer, draft: ListDraft, key: UUID | None = None) -> UUID:
    """Begin a list with its first, empty edition; gives the list's id. ``key`` becomes it, so that a repetition gives the same.

    Raises SignInNeeded, NotPermitted, InputIsInvalid, KeyWasUsedElsewhere.
    """
    viewer.signed_in()
    buyer = await session.get(Buyer, draft.buyer_id)
    if buyer is None or buyer.ended_at is not None:
        raise InputIsInvalid.of("buyer_id", "unknown_choice", choice=str(draft.buyer_id))
    officer = policy.must_buy(viewer, buyer.area_code, is_public=True)
    row = ServiceList(id=key or new_id(), created_at=session.now(), created_by=officer, **draft.model_dump())
    if not await insert_once(session, row):
        return await _begun_before(session, row.id, officer)
    edition = _edition(session, row.id, 1, None, officer)
    session.add(edition)
    await session.flush()
    await records.append(session, row.id, "list.begun", officer, edition=edition.id)
    return row.id


async def begin_edition(session: Session, viewer: Viewer, list_id: UUID, draft: EditionDraft) -> UUID:
    """Begin the next edition as a copy of the one in force, or of the last one where none is; gives its id.

    Raises SignInNeeded, NotFound, NotPermitted, EditionIsUnderWay.
    """
    viewer.signed_in()
    buyer = await session.scalar(
        select(Buyer)
        .join(ServiceList, ServiceList.buyer_id == Buyer.id)
        .where(ServiceList.id == list_id, lists_visible_to(viewer))
    )
    if buyer is None:
        raise NotFound()
    officer = policy.must_buy(viewer, buyer.area_code, is_public=True)
    last = await session.scalar(select(func.max(ListEdition.number)).where(ListEdition.list_id == list_id))
    source = await _source(session, list_id)
    edition = _edition(session, list_id, (last or 0) + 1, draft.reason, officer)
    # Two officers at once want the same number, and only one edition may be under way: the constraints choose.
    if not await insert_once(session, edition):
        raise EditionIsUnderWay()
    copied = await _copy(session, source, edition.id)
    await records.append(
        session, list_id, "edition.begun", officer, edition=edition.id, number=edition.number, items=copied
    )
    return edition.id


async def _begun_before(session: Session, list_id: UUID, officer: UUID) -> UUID:
    row = await session.get(ServiceList, list_id)
    if row is None or row.created_by != officer:
        raise KeyWasUsedElsewhere()
    return row.id


def _edition(session: Session, list_id: UUID, number: int, reason: str | None, officer: UUID) -> ListEdition:
    return ListEdition(
        id=new_id(),
        list_id=list_id,
        number=number,
        reason=reason,
        created_at=session.now(),
        created_by=officer,
    )


async def _source(session: Session, list_id: UUID) -> UUID | None:
    """The edition in force; where none ever was, the newest one."""
    found: UUID | None = await session.scalar(
        select(ListEdition.id)
        .where(ListEdition.list_id == list_id)
        .order_by(ListEdition.finalised_at.is_(None), ListEdition.number.desc())
        .limit(1)
    )
    return found


async def _copy(session: Session, source: UUID | None, edition_id: UUID) -> int:
    if source is None:
        return 0
    rows = (await session.scalars(select(ListItemVersion).where(ListItemVersion.edition_id == source))).all()
    session.add_all(
        ListItemVersion(
            id=new_id(),
            edition_id=edition_id,
            item_id=row.item_id,
            currency=row.currency,
            **{name: getattr(row, name) for name in FIELDS},
        )
        for row in rows
    )
    await session.flush()
    return len(rows)
