"""May they: a published contract is everybody's to read; before that it is for the buyer's officers and the supplier's managers."""

from uuid import UUID

from sqlalchemy import ColumnElement, or_

from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.procurement import policy
from marketplace.procurement.contracts.errors import OfficerBelongsToTheSupplier
from marketplace.procurement.contracts.models import Contract
from marketplace.procurement.models import Buyer


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over contracts joined with their buyers."""
    return or_(
        Contract.published_at.is_not(None),
        policy.of_the_trade(viewer, Buyer.area_code),
        Contract.organisation_id.in_(policy.supplies_for(viewer)),
    )


def is_officer(viewer: Viewer, area_code: str) -> bool:
    """Whether the viewer buys in the area."""
    return policy.may_buy(viewer, area_code)


def must_be_officer(viewer: Viewer, area_code: str, organisation_id: UUID | None) -> UUID:
    """The officer's id, for a thing that the viewer may see. Raises SignInNeeded, NotPermitted, OfficerBelongsToTheSupplier."""
    officer = policy.must_buy(viewer, area_code, is_public=True)
    if belongs_to(viewer, organisation_id):
        raise OfficerBelongsToTheSupplier()
    return officer


def must_be_supplier(viewer: Viewer, organisation_id: UUID) -> UUID:
    """The manager's id, for a thing that the viewer may see. Raises SignInNeeded, NotPermitted."""
    person_id = viewer.signed_in()
    if not policy.may_supply(viewer, organisation_id):
        raise NotPermitted()
    return person_id


def belongs_to(viewer: Viewer, organisation_id: UUID | None) -> bool:
    """Whether the viewer is one of the organisation's own people."""
    return viewer.holds_in_organisation(organisation_id, Role.ORGANISATION_MEMBER, Role.ORGANISATION_MANAGER)
