"""Wishes become a draft: a need that is raised and not published, or an item in an edition that is open to editing. Each wish once.

Whoever takes wishes up holds them locked. Another officer waits, then finds them taken, and is told so before anything of theirs is made.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import select, update

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.delivery.signals import policy
from marketplace.delivery.signals.drafts import ItemOfWishesDraft, NeedOfWishesDraft
from marketplace.delivery.signals.errors import TooFewWishes
from marketplace.delivery.signals.events import WishesTakenUp
from marketplace.delivery.signals.models import ServiceWish, WishDraft
from marketplace.delivery.signals.wish_queries import open_in
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.outbox.publish import publish
from marketplace.procurement.lists import items
from marketplace.volunteering import needs
from marketplace.volunteering.drafts import RaisedNeedDraft
from marketplace.volunteering.errors import KeyWasUsedElsewhere

_AT_ONCE = 500


async def as_need(session: Session, viewer: Viewer, draft: NeedOfWishesDraft) -> WishDraft:
    """A worker turns the wishes of an area into a raised need. Sent again under the same key it is the same draft.

    Raises SignInNeeded, NotPermitted, InputIsInvalid, TooFewWishes, KeyWasUsedElsewhere.
    """
    worker = viewer.signed_in()
    if not policy.may_take_up_as_need(viewer, draft.area_code):
        raise NotPermitted()
    raised = RaisedNeedDraft(
        title=draft.title,
        description=draft.description,
        category=draft.service_type,
        area_code=draft.area_code,
        place=draft.place,
    )

    async def make() -> dict[str, UUID]:
        return {"need_id": await needs.raise_need(session, viewer, raised)}

    return await _take_up(session, worker, draft.idempotency_key, draft.area_code, draft.service_type, make)


async def as_item(session: Session, viewer: Viewer, draft: ItemOfWishesDraft) -> WishDraft:
    """An officer turns the wishes of an area into an item of a service list. Sent again under the same key it is the same draft.

    Raises SignInNeeded, NotFound, NotPermitted, EditionIsNotOpenToEditing, TooManyItems, InputIsInvalid, TooFewWishes,
    KeyWasUsedElsewhere.
    """
    officer = viewer.signed_in()
    item = draft.item
    if not policy.may_take_up_as_item(viewer, item.area_code):
        raise NotPermitted()

    async def make() -> dict[str, UUID]:
        return {"item_id": await items.add(session, viewer, draft.edition_id, item)}

    return await _take_up(session, officer, draft.idempotency_key, item.area_code, item.category_code, make)


async def _take_up(
    session: Session,
    by: UUID,
    key: str,
    area_code: str,
    service_type: str,
    make: Callable[[], Awaitable[dict[str, UUID]]],
) -> WishDraft:
    """Hold the wishes, and let ``make`` make what they become, unless that was done under the key before."""
    wished = await _held(session, area_code, service_type)
    before = await _made_before(session, by, key, area_code, service_type)
    if before is not None:
        return before
    people = await _enough(session, wished)
    made = WishDraft(
        id=new_id(),
        service_type=service_type,
        area_code=area_code,
        people=people,
        idempotency_key=key,
        made_at=session.now(),
        made_by=by,
        **await make(),
    )
    return await _take(session, made, list(wished))


async def _held(session: Session, area_code: str, service_type: str) -> dict[UUID, UUID]:
    """The wishes that count, locked, with their people; in one order, so that two officers never wait for each other crosswise."""
    days = (await rules.in_force(session, "signal.wishes")).value["days"]
    rows = await session.execute(
        select(ServiceWish.id, ServiceWish.person_id)
        .where(*open_in(session, area_code, days), ServiceWish.service_type == service_type)
        .order_by(ServiceWish.id)
        .with_for_update()
    )
    return {row.id: row.person_id for row in rows}


async def _enough(session: Session, wished: dict[UUID, UUID]) -> int:
    rule = await rules.in_force(session, "signal.wishes")
    people = len(set(wished.values()))
    if people < max(rule.value["least_people"], 1):
        raise TooFewWishes(article=rule.article, least_people=rule.value["least_people"])
    return people


async def _made_before(
    session: Session, person_id: UUID, key: str, area_code: str, service_type: str
) -> WishDraft | None:
    found: WishDraft | None = await session.scalar(
        select(WishDraft).where(WishDraft.made_by == person_id, WishDraft.idempotency_key == key)
    )
    if found is not None and (found.area_code, found.service_type) != (area_code, service_type):
        raise KeyWasUsedElsewhere()
    return found


async def _take(session: Session, made: WishDraft, wish_ids: list[UUID]) -> WishDraft:
    if not await insert_once(session, made):
        raise KeyWasUsedElsewhere()
    for start in range(0, len(wish_ids), _AT_ONCE):
        await session.execute(
            update(ServiceWish)
            .where(ServiceWish.id.in_(wish_ids[start : start + _AT_ONCE]))
            .values(taken_up_at=session.now(), draft_id=made.id)
        )
    became = "need" if made.need_id is not None else "item"
    audit.record(
        session, made.made_by, "wishes.taken_up", ("wish_draft", made.id), became=became, people=made.people
    )
    await publish(session, WishesTakenUp(made.id))
    return made
