"""Who rates nothing of a delivery: the provider's people, those who bought it or chose the provider, and those who carried it out."""

from collections.abc import AsyncIterator, Collection, Iterator
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, literal, select, union_all

from marketplace.areas.codes import ancestors_of
from marketplace.db.session import Session
from marketplace.delivery.deliveries.models import Delivery
from marketplace.delivery.properties.models import PropertyContract
from marketplace.delivery.ratings.errors import (
    RaterCarriedItOut,
    RaterIsOfTheProvider,
    RaterIsOfThePurchase,
)
from marketplace.identity.models import RoleGrant
from marketplace.identity.viewer import Role
from marketplace.kernel.errors import MarketplaceError
from marketplace.procurement.contracts import opinions
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.evaluation.models import PanelMember
from marketplace.procurement.models import Buyer
from marketplace.volunteering.models import SignUp
from marketplace.volunteering.sign_up_states import is_confirmed


class Tie(StrEnum):
    """What ties somebody to a delivery so that they do not rate it, the strongest first."""

    PROVIDER = "provider"
    PURCHASE = "purchase"
    CARRIED_OUT = "carried_out"


_REFUSALS: dict[Tie, type[MarketplaceError]] = {
    Tie.PROVIDER: RaterIsOfTheProvider,
    Tie.PURCHASE: RaterIsOfThePurchase,
    Tie.CARRIED_OUT: RaterCarriedItOut,
}
_ORDER = list(Tie)


async def must_be_free(session: Session, delivery: Delivery, people: Collection[UUID], article: str) -> None:
    """Raises RaterIsOfTheProvider, RaterIsOfThePurchase, RaterCarriedItOut when one of ``people`` is tied to the delivery."""
    found = await ties(session, delivery, people) if people else {}
    for tie in sorted(found.values(), key=_ORDER.index):
        raise _REFUSALS[tie](article=article)


async def ties(
    session: Session, delivery: Delivery, among: Collection[UUID] | None = None
) -> dict[UUID, Tie]:
    """Who is tied to the delivery and how; ``among`` looks at these people only."""
    found = [(person_id, Tie.CARRIED_OUT) for person_id in (delivery.done_by, delivery.planned_by)]
    selects: list[tuple[Select[UUID], Tie]] = []
    providers = {delivery.organisation_id} if delivery.organisation_id else set()
    if delivery.contract_id is not None:
        contract = await session.get_one(Contract, delivery.contract_id)
        buyer = await session.get_one(Buyer, contract.buyer_id)
        providers |= set(await opinions.suppliers_of(session, contract))
        found += [(contract.signed_by_buyer, Tie.PURCHASE), (contract.signed_by_supplier, Tie.PROVIDER)]
        selects += [(chosen, Tie.PURCHASE) for chosen in _of_purchase(contract, buyer)]
    if delivery.property_contract_id is not None:
        agreed = await session.get_one(PropertyContract, delivery.property_contract_id)
        found += [(agreed.agreed_for_owners_by, Tie.PURCHASE), (agreed.agreed_by_company, Tie.PROVIDER)]
    if delivery.shift_id is not None:
        hands = select(SignUp.person_id).where(SignUp.shift_id == delivery.shift_id, is_confirmed())
        selects.append((hands, Tie.CARRIED_OUT))
    if providers:
        members = select(RoleGrant.person_id).where(
            RoleGrant.organisation_id.in_(providers), RoleGrant.revoked_at.is_(None)
        )
        selects.append((members, Tie.PROVIDER))
    found += [(person_id, tie) async for person_id, tie in _fetched(session, selects, among)]
    return _strongest(found, among)


async def _fetched(
    session: Session, selects: list[tuple[Select[UUID], Tie]], among: Collection[UUID] | None
) -> AsyncIterator[tuple[UUID, Tie]]:
    if not selects:
        return
    parts = []
    for chosen, tie in selects:
        person = chosen.selected_columns[0]
        narrowed = chosen if among is None else chosen.where(person.in_(among))
        parts.append(narrowed.add_columns(literal(tie.value)))
    for person_id, tie in await session.execute(union_all(*parts)):
        yield person_id, Tie(tie)


def _of_purchase(contract: Contract, buyer: Buyer) -> Iterator[Select[UUID]]:
    """Members of the panel, whether replaced or not, and everybody who buys in the buyer's area."""
    yield select(PanelMember.person_id).where(PanelMember.tender_id == contract.tender_id)
    yield select(RoleGrant.person_id).where(
        RoleGrant.area_code.in_(ancestors_of(buyer.area_code)),
        RoleGrant.role == Role.PROCUREMENT_OFFICER,
        RoleGrant.revoked_at.is_(None),
    )


def _strongest(found: list[tuple[UUID | None, Tie]], among: Collection[UUID] | None) -> dict[UUID, Tie]:
    kept: dict[UUID, Tie] = {}
    for person_id, tie in sorted(found, key=lambda one: _ORDER.index(one[1])):
        if person_id is not None and (among is None or person_id in among):
            kept.setdefault(person_id, tie)
    return kept
