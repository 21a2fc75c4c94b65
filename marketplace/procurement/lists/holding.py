"""An edition under its lock: whoever changes an edition, its items or its comments holds this row, so that nobody changes what another decides."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement import policy
from marketplace.procurement.lists.content import ItemContent
from marketplace.procurement.lists.models import ListEdition, ListItem, ListItemVersion, ServiceList
from marketplace.procurement.lists.policy import editions_visible_to
from marketplace.procurement.lists.states import EditionState, edition_state
from marketplace.procurement.models import Buyer


@dataclass(frozen=True, slots=True)
class HeldEdition:
    """An edition with its list and buyer, locked until the transaction ends."""

    edition: ListEdition
    list: ServiceList
    buyer: Buyer
    state: EditionState

    @property
    def is_public(self) -> bool:
        return self.edition.consultation_opened_at is not None


async def held(session: Session, viewer: Viewer, edition_id: UUID) -> HeldEdition:
    """The edition, for whoever may see it. Raises NotFound."""
    row = (
        await session.execute(
            select(ListEdition, ServiceList, Buyer)
            .join(ServiceList, ServiceList.id == ListEdition.list_id)
            .join(Buyer, Buyer.id == ServiceList.buyer_id)
            .where(ListEdition.id == edition_id, editions_visible_to(viewer))
            .with_for_update(of=ListEdition)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return HeldEdition(*row, state=edition_state(row[0], session.now()))


async def held_by_officer(session: Session, viewer: Viewer, edition_id: UUID) -> tuple[HeldEdition, UUID]:
    """The edition and the officer's id. Raises SignInNeeded, NotFound, NotPermitted."""
    viewer.signed_in()
    it = await held(session, viewer, edition_id)
    return it, policy.must_buy(viewer, it.buyer.area_code, is_public=it.is_public)


async def contents(session: Session, edition_id: UUID) -> list[ItemContent]:
    """The items of the edition, by their numbers."""
    rows = await session.execute(
        select(ListItem, ListItemVersion)
        .join(ListItemVersion, ListItemVersion.item_id == ListItem.id)
        .where(ListItemVersion.edition_id == edition_id)
        .order_by(ListItem.number)
        .execution_options(populate_existing=True)
    )
    return [ItemContent.of(item, version) for item, version in rows]
