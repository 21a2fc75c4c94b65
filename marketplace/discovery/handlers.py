"""Whatever changes what can be found tells the index, and the index is kept whole by itself."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import select

from marketplace.areas.events import AreasRenamed
from marketplace.db.session import Session
from marketplace.discovery import indexer, sources
from marketplace.discovery.documents import Kind
from marketplace.discovery.upkeep import Upkeep
from marketplace.organisations.events import OrganisationChanged, OrganisationVerified
from marketplace.outbox.events import Event
from marketplace.outbox.registry import Registry
from marketplace.procurement.lists.events import EditionFinalised, EditionWithdrawn
from marketplace.procurement.lists.models import ListItem
from marketplace.procurement.tenders.events import (
    TenderAmended,
    TenderCancelled,
    TenderEndedUnsuccessful,
    TenderPublished,
)
from marketplace.procurement.tenders.models import Tender
from marketplace.volunteering.events import (
    NeedCancelled,
    NeedChanged,
    NeedClosed,
    NeedDeclined,
    NeedPublished,
    NeedResumed,
    NeedsImported,
    NeedSuspended,
    ShiftCancelled,
    ShiftMoved,
)
from marketplace.volunteering.models import Need
from matching.index import SearchIndex

_OF_NEEDS: tuple[type[Event], ...] = (
    NeedPublished,
    NeedChanged,
    NeedClosed,
    NeedCancelled,
    NeedDeclined,
    NeedSuspended,
    NeedResumed,
    ShiftMoved,
    ShiftCancelled,
)
_MOST_AT_ONCE = 500
_OF_ORGANISATIONS: tuple[type[Event], ...] = (OrganisationVerified, OrganisationChanged)
_OF_TENDERS: tuple[type[Event], ...] = (
    TenderPublished,
    TenderAmended,
    TenderCancelled,
    TenderEndedUnsuccessful,
)
_OF_LISTS: tuple[type[Event], ...] = (EditionFinalised, EditionWithdrawn)


def register(registry: Registry, index: SearchIndex, upkeep: Upkeep) -> None:
    """Put discovery's consumers and repeated tasks into the registry."""
    for event in _OF_NEEDS:
        registry.on(event, "discovery.index_need", _index_need(index))
    registry.on(NeedsImported, "discovery.index_imported", _index_imported(index))
    for event in _OF_ORGANISATIONS:
        registry.on(event, "discovery.index_organisation", _index_organisation(index))
    for event in _OF_TENDERS:
        registry.on(event, "discovery.index_tender", _index_tender(index))
    for event in _OF_LISTS:
        registry.on(event, "discovery.index_list", _index_list(index))
    registry.repeat("discovery.heal", timedelta(seconds=20), upkeep.heal)
    registry.on(AreasRenamed, "discovery.index_renamed_areas", _index_renamed_areas(index, upkeep))
    registry.repeat("discovery.reconcile_at_night", timedelta(hours=1), upkeep.reconcile_at_night)
    registry.repeat("discovery.pass_time", timedelta(minutes=10), upkeep.pass_time)


def _index_need(index: SearchIndex) -> Callable[[Session, Event], Awaitable[None]]:
    async def index_need(session: Session, event: Event) -> None:
        await indexer.tell(session, index, Kind.NEED, [event.stream_id])

    return index_need


def _index_renamed_areas(
    index: SearchIndex, upkeep: Upkeep
) -> Callable[[Session, AreasRenamed], Awaitable[None]]:
    async def index_renamed_areas(session: Session, event: AreasRenamed) -> None:
        """A few are told at once; many are found by comparing, which begins now and holds up no news."""
        for kind in Kind:
            ids = await sources.ids_in_areas(session, kind, event.codes, _MOST_AT_ONCE + 1)
            if len(ids) > _MOST_AT_ONCE:
                upkeep.reconcile_soon()
                return
            await indexer.tell(session, index, kind, ids)

    return index_renamed_areas


def _index_imported(index: SearchIndex) -> Callable[[Session, NeedsImported], Awaitable[None]]:
    async def index_imported(session: Session, event: NeedsImported) -> None:
        await indexer.tell(session, index, Kind.NEED, event.need_ids)
        organisations = await session.scalars(
            select(Need.organisation_id)
            .where(Need.id.in_(event.need_ids), Need.organisation_id.is_not(None))
            .distinct()
        )
        await indexer.tell(session, index, Kind.ORGANISATION, [one for one in organisations if one])

    return index_imported


def _index_organisation(index: SearchIndex) -> Callable[[Session, Event], Awaitable[None]]:
    async def index_organisation(session: Session, event: Event) -> None:
        """The organisation itself, and its needs, which are found by its name."""
        await indexer.tell(session, index, Kind.ORGANISATION, [event.stream_id])
        await indexer.tell(session, index, Kind.NEED, await sources.needs_of(session, event.stream_id))

    return index_organisation


def _index_tender(index: SearchIndex) -> Callable[[Session, Event], Awaitable[None]]:
    async def index_tender(session: Session, event: Event) -> None:
        """The tender itself, and the item that announced it, which it stands for from now on."""
        await indexer.tell(session, index, Kind.TENDER, [event.stream_id])
        item_id = await session.scalar(select(Tender.list_item_id).where(Tender.id == event.stream_id))
        await indexer.tell(session, index, Kind.LIST_ITEM, [item_id] if item_id else [])

    return index_tender


def _index_list(index: SearchIndex) -> Callable[[Session, Event], Awaitable[None]]:
    async def index_list(session: Session, event: Event) -> None:
        """Every item that the list ever had: what a new edition left out is no longer announced."""
        items = await session.scalars(select(ListItem.id).where(ListItem.list_id == event.stream_id))
        await indexer.tell(session, index, Kind.LIST_ITEM, items.all())

    return index_list
