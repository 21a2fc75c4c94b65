"""Items of an edition: added, changed and taken out while it is drafted, or while what the public said is taken up."""

from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, update

from marketplace.areas import queries as areas
from marketplace.areas.codes import contains
from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import TagKind
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import FieldProblem, InputIsInvalid, NotFound
from marketplace.kernel.ids import new_id
from marketplace.procurement import records
from marketplace.procurement.lists.drafts import ItemDraft
from marketplace.procurement.lists.errors import EditionIsNotOpenToEditing, TooManyItems
from marketplace.procurement.lists.holding import HeldEdition, held_by_officer
from marketplace.procurement.lists.models import ListItem, ListItemVersion
from marketplace.procurement.lists.states import OPEN_TO_EDITING
from marketplace.volunteering.errors import KeyWasUsedElsewhere

MOST_ITEMS: Final = 200
"""More belong into a second list: nobody reads further, and an edition is one document."""


async def add(
    session: Session, viewer: Viewer, edition_id: UUID, draft: ItemDraft, key: UUID | None = None
) -> UUID:
    """Add an item to the edition; gives its id, which it keeps in all editions. ``key`` becomes it and makes a repetition give the same.

    Raises SignInNeeded, NotFound, NotPermitted, EditionIsNotOpenToEditing, TooManyItems, InputIsInvalid, KeyWasUsedElsewhere.
    """
    it, officer = await _open(session, viewer, edition_id)
    await check(session, it.buyer.area_code, draft)
    count, highest = await _numbers(session, it)
    if count >= MOST_ITEMS:
        raise TooManyItems(most=MOST_ITEMS)
    item = ListItem(id=key or new_id(), list_id=it.list.id, number=highest + 1)
    if not await insert_once(session, item):
        return await _added_before(session, item.id, edition_id)
    session.add(ListItemVersion(id=new_id(), edition_id=edition_id, item_id=item.id, **_columns(draft)))
    await session.flush()
    await records.append(
        session, it.list.id, "item.added", officer, edition=edition_id, item=item.id, number=item.number
    )
    return item.id


async def change(session: Session, viewer: Viewer, edition_id: UUID, item_id: UUID, draft: ItemDraft) -> None:
    """Let the item say something else in this edition.

    Raises SignInNeeded, NotFound, NotPermitted, EditionIsNotOpenToEditing, InputIsInvalid.
    """
    it, officer = await _open(session, viewer, edition_id)
    await check(session, it.buyer.area_code, draft)
    changed = await session.execute(
        update(ListItemVersion)
        .where(ListItemVersion.edition_id == edition_id, ListItemVersion.item_id == item_id)
        .values(**_columns(draft))
        .returning(ListItemVersion.id)
    )
    if changed.one_or_none() is None:
        raise NotFound()
    await records.append(session, it.list.id, "item.changed", officer, edition=edition_id, item=item_id)


async def remove(session: Session, viewer: Viewer, edition_id: UUID, item_id: UUID) -> None:
    """Take the item out of this edition; other editions keep it. Raises SignInNeeded, NotFound, NotPermitted, EditionIsNotOpenToEditing."""
    it, officer = await _open(session, viewer, edition_id)
    removed = await session.execute(
        delete(ListItemVersion)
        .where(ListItemVersion.edition_id == edition_id, ListItemVersion.item_id == item_id)
        .returning(ListItemVersion.id)
    )
    if removed.one_or_none() is None:
        raise NotFound()
    await records.append(session, it.list.id, "item.removed", officer, edition=edition_id, item=item_id)


async def check(session: Session, buyer_area: str, draft: ItemDraft) -> None:
    """What the tables decide about an item: its words and its area. Raises InputIsInvalid with every problem."""
    problems = []
    for field, code, kind in (
        ("category_code", draft.category_code, TagKind.CATEGORY),
        ("audience_code", draft.audience_code, TagKind.AUDIENCE),
    ):
        if code is not None and not await tags.usable_codes(session, [code], kind):
            problems.append(FieldProblem(field, "unknown_choice", {"choice": code}))
    if await areas.current(session, draft.area_code) is None:
        problems.append(FieldProblem("area_code", "unknown_choice", {"choice": draft.area_code}))
    elif not contains(buyer_area, draft.area_code):
        problems.append(FieldProblem("area_code", "area_outside_buyer", {}))
    if problems:
        raise InputIsInvalid(problems)


async def _open(session: Session, viewer: Viewer, edition_id: UUID) -> tuple[HeldEdition, UUID]:
    it, officer = await held_by_officer(session, viewer, edition_id)
    if it.state not in OPEN_TO_EDITING:
        raise EditionIsNotOpenToEditing()
    return it, officer


async def _numbers(session: Session, it: HeldEdition) -> tuple[int, int]:
    """How many items the edition has, and the highest number that the list ever gave."""
    count = select(func.count()).where(ListItemVersion.edition_id == it.edition.id).scalar_subquery()
    row = (
        await session.execute(select(count, func.max(ListItem.number)).where(ListItem.list_id == it.list.id))
    ).one()
    return row[0], row[1] or 0


async def _added_before(session: Session, item_id: UUID, edition_id: UUID) -> UUID:
    is_here = await session.scalar(
        select(ListItemVersion.id).where(
            ListItemVersion.edition_id == edition_id, ListItemVersion.item_id == item_id
        )
    )
    if is_here is None:
        raise KeyWasUsedElsewhere()
    return item_id


def _columns(draft: ItemDraft) -> dict[str, object]:
    return draft.model_dump() | {"renewal": draft.renewal.value}
