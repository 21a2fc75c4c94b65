"""May they: deliveries are no public things. Provider, buyer, community and those who receive them see them; nobody judges their own."""

from typing import Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from marketplace.areas.codes import within
from marketplace.delivery.deliveries.drafts import Receiver
from marketplace.delivery.deliveries.models import Delivery, DeliveryRecipient
from marketplace.identity.models import Person
from marketplace.identity.viewer import COMMUNITY_ROLES, ORGANISATION_ROLES, Role, Viewer
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.models import Buyer
from marketplace.volunteering.policy import AREA_ORGANISERS


class Provided(Protocol):
    """What of a delivery decides who is who."""

    @property
    def area_code(self) -> str: ...
    @property
    def organisation_id(self) -> UUID | None: ...
    @property
    def need_id(self) -> UUID | None: ...


def belongs_to_provider(viewer: Viewer, delivery: Provided) -> bool:
    """Whether the viewer is one of the organisation's own people."""
    return viewer.holds_in_organisation(delivery.organisation_id, *ORGANISATION_ROLES)


def is_provider(viewer: Viewer, delivery: Provided) -> bool:
    """The organisation's people; where a community brings it itself, its organisers."""
    if delivery.organisation_id is None:
        return viewer.holds_in_area(delivery.area_code, *AREA_ORGANISERS)
    return belongs_to_provider(viewer, delivery)


def is_community(viewer: Viewer, delivery: Provided) -> bool:
    """Workers and officers of the area in which it is brought."""
    return viewer.holds_in_area(delivery.area_code, *COMMUNITY_ROLES)


def brings_services(viewer: Viewer) -> bool:
    """Whether the viewer may ever plan and record something, as ``provided_by``."""
    return bool(viewer.areas_of(*AREA_ORGANISERS) or viewer.organisations_of(*ORGANISATION_ROLES))


def may_plan(viewer: Viewer, delivery: Provided) -> bool:
    """Whether the viewer plans, moves and cancels it: the provider, and for a volunteer need whoever organises the need."""
    if is_provider(viewer, delivery):
        return True
    return delivery.need_id is not None and viewer.holds_in_area(delivery.area_code, *AREA_ORGANISERS)


def may_record(viewer: Viewer, delivery: Provided) -> bool:
    """Whether the viewer records it as done, with its evidence."""
    return may_plan(viewer, delivery) or is_community(viewer, delivery)


def provided_by(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over deliveries: those that the viewer plans and records, as ``may_plan``."""
    clauses: list[ColumnElement[bool]] = [
        and_(Delivery.need_id.is_not(None), within(Delivery.area_code, area))
        for area in viewer.areas_of(*AREA_ORGANISERS)
    ]
    organisations = viewer.organisations_of(*ORGANISATION_ROLES)
    if organisations:
        clauses.append(Delivery.organisation_id.in_(organisations))
    return or_(*clauses) if clauses else false()


def of_community(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over deliveries: those brought where the viewer works for the community."""
    areas = viewer.areas_of(*COMMUNITY_ROLES)
    return or_(*(within(Delivery.area_code, area) for area in areas)) if areas else false()


def bought_by(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over deliveries: those under contracts of buyers for which the viewer acts."""
    areas = viewer.areas_of(Role.PROCUREMENT_OFFICER)
    if not areas:
        return false()
    return exists().where(
        Contract.id == Delivery.contract_id,
        Buyer.id == Contract.buyer_id,
        or_(*(within(Buyer.area_code, area) for area in areas)),
    )


def received_by(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over deliveries: those that the viewer receives, named by the account or, where nobody's account was, by the phone that it has."""
    if viewer.is_stranger:
        return false()
    phone = select(Person.phone_fingerprint).where(Person.id == viewer.person_id).scalar_subquery()
    # Two searches by index, joined by an IN: an OR over both columns would read every recipient of the city.
    named = select(DeliveryRecipient.delivery_id).where(DeliveryRecipient.person_id == viewer.person_id)
    phoned = select(DeliveryRecipient.delivery_id).where(
        DeliveryRecipient.phone_fingerprint == phone, DeliveryRecipient.person_id.is_(None)
    )
    return Delivery.id.in_(named.union(phoned))


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over deliveries."""
    return _seen_by(viewer, received_by(viewer))


def shows_evidence_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over deliveries: signed notes and photos of a building or a group name neighbours, so its recipients do not read them."""
    alone = Delivery.receiver.in_((Receiver.PERSON, Receiver.HOUSEHOLD))
    return _seen_by(viewer, and_(received_by(viewer), alone))


def _seen_by(viewer: Viewer, received: ColumnElement[bool]) -> ColumnElement[bool]:
    if viewer.is_stranger:
        return false()
    return or_(provided_by(viewer), of_community(viewer), bought_by(viewer), received)
