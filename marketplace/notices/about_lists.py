"""Notices about service lists: what became of an item that an organisation follows, and that a comment was answered."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import select

from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role
from marketplace.kernel.local_forms import Named, full_day
from marketplace.kernel.locale import EN, ZH
from marketplace.notices import links
from marketplace.notices.facts import Fact, Word
from marketplace.notices.kinds import Kind
from marketplace.notices.telling import News, tell
from marketplace.procurement.lists.content import ItemContent
from marketplace.procurement.lists.differences import Difference, compare
from marketplace.procurement.lists.events import CommentAnswered, EditionFinalised
from marketplace.procurement.lists.holding import contents
from marketplace.procurement.lists.models import ItemFollow, ListComment, ListEdition, ServiceList
from marketplace.procurement.models import Buyer
from marketplace.procurement.tenders.events import TenderPublished
from marketplace.procurement.tenders.models import Tender


async def finalised(session: Session, event: EditionFinalised) -> None:
    """Whoever follows an item hears that it is announced, that it says something else now, or that it is announced no more."""
    edition = await session.get_one(ListEdition, event.edition_id)
    before = await _before(session, edition)
    now = await contents(session, edition.id)
    changes = compare(before, now)
    items = {item.item_id: item for item in (*now, *changes.removed)}
    about = await _about(session, edition)
    followers = await _followers(session, items)
    for item_id in sorted(followers):
        kind, facts = _what(items[item_id], changes)
        news = News(
            kind=kind,
            told_for=f"list_item:{item_id}:{edition.id}",
            facts={**about, **facts, "item": items[item_id].title},
            link=links.list_item(item_id),
        )
        await tell(session, followers[item_id], news)


async def tendered(session: Session, event: TenderPublished) -> None:
    """Whoever follows an item hears that its tender is open."""
    tender = await session.get_one(Tender, event.tender_id)
    if tender.list_item_id is None:
        return
    buyer = await session.get_one(Buyer, tender.buyer_id)
    facts: dict[str, Fact] = {"tender": tender.title, "buyer": buyer.name}
    if tender.submissions_end_at is not None:
        facts["ends_at"] = tender.submissions_end_at
    news = News(
        kind=Kind.LIST_ITEM_TENDERED,
        told_for=f"{Kind.LIST_ITEM_TENDERED}:{tender.id}",
        facts=facts,
        link=links.list_item(tender.list_item_id),
        useless_from=tender.submissions_end_at,
    )
    followers = await _followers(session, [tender.list_item_id])
    await tell(session, followers.get(tender.list_item_id, ()), news)


async def answered(session: Session, event: CommentAnswered) -> None:
    """Whoever commented hears, once, that the buyer answered; the answer itself is read beside the comment."""
    comment = await session.get_one(ListComment, event.comment_id)
    edition = await session.get_one(ListEdition, comment.edition_id)
    news = News(
        kind=Kind.LIST_COMMENT_ANSWERED,
        told_for=f"{Kind.LIST_COMMENT_ANSWERED}:{comment.id}",
        facts=await _about(session, edition),
        link=links.list_edition(edition.list_id, edition.number),
    )
    await tell(session, [comment.person_id], news)


def _what(item: ItemContent, changes: Difference) -> tuple[Kind, Mapping[str, Fact]]:
    if any(one.item_id == item.item_id for one in changes.removed):
        return Kind.LIST_ITEM_REMOVED, {}
    changed = next((one for one in changes.changed if one.new.item_id == item.item_id), None)
    if changed is None:
        return Kind.LIST_ITEM_FINAL, {"planned": _day(item)}
    fields = [Word(f"list_item.{one.field}") for one in changed.fields]
    return Kind.LIST_ITEM_CHANGED, {"fields": fields, "planned": _day(item)}


def _day(item: ItemContent) -> Named:
    """With its year: what is planned lies years ahead."""
    day = item.planned_tender_on
    return Named(full_day(ZH, day), full_day(EN, day))


async def _before(session: Session, edition: ListEdition) -> Sequence[ItemContent]:
    """What the edition said that was in force until now."""
    earlier = await session.scalar(
        select(ListEdition.id)
        .where(
            ListEdition.list_id == edition.list_id,
            ListEdition.number < edition.number,
            ListEdition.finalised_at.is_not(None),
        )
        .order_by(ListEdition.number.desc())
        .limit(1)
    )
    return () if earlier is None else await contents(session, earlier)


async def _about(session: Session, edition: ListEdition) -> Mapping[str, Fact]:
    row = (
        await session.execute(
            select(ServiceList.title, Buyer.name)
            .join(Buyer, Buyer.id == ServiceList.buyer_id)
            .where(ServiceList.id == edition.list_id)
        )
    ).one()
    return {"list": row.title, "buyer": row.name, "edition": edition.number}


async def _followers(session: Session, item_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """The managers of the organisations that follow each item."""
    rows = await session.execute(
        select(ItemFollow.item_id, RoleGrant.person_id)
        .join(RoleGrant, RoleGrant.organisation_id == ItemFollow.organisation_id)
        .where(
            ItemFollow.item_id.in_(list(item_ids)),
            ItemFollow.ended_at.is_(None),
            RoleGrant.role == Role.ORGANISATION_MANAGER,
            RoleGrant.revoked_at.is_(None),
        )
    )
    return grouped(rows)
