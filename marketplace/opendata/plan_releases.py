"""A release for every announced purchase: the items of a service list, when an edition of it comes into force."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue.models import Tag
from marketplace.db.session import Session
from marketplace.kernel.clock import day_starts
from marketplace.opendata.codelists import ReleaseTag
from marketplace.opendata.kinds import moment
from marketplace.opendata.models import OcdsRecord
from marketplace.opendata.parties import Parties
from marketplace.opendata.parts import Classification, Document, Item, Milestone, Unit
from marketplace.opendata.publishing import Head, Process, Publisher, publish
from marketplace.opendata.release import Budget, Planning, Release, Tender
from marketplace.opendata.tender_part import LANGUAGE, TAG_SCHEME, days, money, sha256
from marketplace.procurement.lists.models import ListEdition, ListItem, ListItemVersion, ServiceList
from marketplace.procurement.models import Buyer


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An item as the edition has it; withdrawn when the edition has it no more."""

    version: ListItemVersion
    category: Tag
    is_withdrawn: bool


async def of_edition(session: Session, publisher: Publisher, edition_id: UUID) -> int:
    """Tell of every item that the edition brings, changes or drops; how many that were."""
    found = (
        await session.execute(
            select(ListEdition, ServiceList, Buyer)
            .join(ServiceList, ServiceList.id == ListEdition.list_id)
            .join(Buyer, Buyer.id == ServiceList.buyer_id)
            .where(ListEdition.id == edition_id, ListEdition.finalised_at.is_not(None))
        )
    ).one_or_none()
    if found is None:
        return 0
    edition, service_list, buyer = found
    told = 0
    # In one order, because each item's record stays locked until the commit.
    for item in sorted(await _items(session, edition), key=lambda one: one.version.item_id):
        ocid = publisher.ocid("item", item.version.item_id.hex, item.version.item_id)
        told += await publish(
            session,
            Process(item.version.item_id, ocid),
            partial(
                _release,
                item=item,
                edition=edition,
                service_list=service_list,
                buyer=buyer,
                publisher=publisher,
            ),
        )
    return told


async def _items(session: Session, edition: ListEdition) -> list[PlannedItem]:
    current = await session.execute(
        select(ListItemVersion, Tag)
        .join(Tag, Tag.code == ListItemVersion.category_code)
        .where(ListItemVersion.edition_id == edition.id)
    )
    items = [PlannedItem(version, tag, False) for version, tag in current]
    return items + await _dropped(session, edition, [one.version.item_id for one in items])


async def _dropped(session: Session, edition: ListEdition, kept: Sequence[UUID]) -> list[PlannedItem]:
    """Items that were announced and that this edition does not have, each as it was last."""
    earlier = await session.execute(
        select(ListItemVersion, Tag)
        .join(Tag, Tag.code == ListItemVersion.category_code)
        .join(ListItem, ListItem.id == ListItemVersion.item_id)
        .join(ListEdition, ListEdition.id == ListItemVersion.edition_id)
        .join(OcdsRecord, OcdsRecord.process_id == ListItem.id)
        .where(
            ListItem.list_id == edition.list_id,
            ListItem.id.not_in(kept),
            ListEdition.finalised_at.is_not(None),
            ListEdition.number < edition.number,
        )
        .order_by(ListEdition.number)
    )
    last = {version.item_id: PlannedItem(version, tag, True) for version, tag in earlier}
    return list(last.values())


def _release(
    head: Head,
    item: PlannedItem,
    edition: ListEdition,
    service_list: ServiceList,
    buyer: Buyer,
    publisher: Publisher,
) -> Release | None:
    """None when the edition says of the item what was said before."""
    version, parties = item.version, Parties({})
    tags: list[ReleaseTag] = ["planningUpdate" if head.record else "planning"]
    release = Release(
        ocid=head.ocid,
        id=head.release_id(tags),
        date=head.date,
        tag=tags,
        initiation_type="tender",
        language=LANGUAGE,
        buyer=parties.buyer(buyer, "buyer"),
        planning=Planning(
            rationale=version.description,
            budget=Budget(description=service_list.title, amount=money(version.budget_fen, version.currency)),
            milestones=[
                Milestone(
                    id="tender",
                    title="计划采购时间",
                    type="preProcurement",
                    due_date=moment(day_starts(version.planned_tender_on)),
                )
            ],
            documents=[_edition_document(edition, publisher)],
        ),
        tender=_tender(item, parties, buyer),
        parties=parties.all(),
    )
    return None if head.record and _gist(head.record) == _gist(release.pruned()) else release


def _tender(item: PlannedItem, parties: Parties, buyer: Buyer) -> Tender:
    version = item.version
    return Tender(
        id=str(version.item_id),
        title=version.title,
        description=version.standards,
        status="withdrawn" if item.is_withdrawn else "planned",
        procuring_entity=parties.buyer(buyer, "procuringEntity"),
        main_procurement_category="services",
        value=money(version.budget_fen, version.currency),
        contract_period=days(version.starts_on, version.ends_on),
        items=[
            Item(
                id="1",
                description=version.title,
                classification=Classification(
                    scheme=TAG_SCHEME, id=item.category.code, description=item.category.name_zh
                ),
                quantity=version.quantity,
                unit=Unit(name=version.unit),
            )
        ],
    )


def _edition_document(edition: ListEdition, publisher: Publisher) -> Document:
    return Document(
        id=f"edition-{edition.number}",
        document_type="procurementPlan",
        title=f"购买服务清单 第 {edition.number} 版",
        url=publisher.page(f"/buying/lists/{edition.list_id}"),
        date_published=moment(edition.finalised_at) if edition.finalised_at else None,
        format="text/html",
        language=LANGUAGE,
        content_hash=sha256(edition.content_hash) if edition.content_hash else None,
    )


def _gist(release: dict[str, Any]) -> dict[str, Any]:
    """What an edition says of an item, apart from which edition says it."""
    planning = {name: value for name, value in release.get("planning", {}).items() if name != "documents"}
    return {"planning": planning, "tender": release.get("tender"), "parties": release.get("parties")}
