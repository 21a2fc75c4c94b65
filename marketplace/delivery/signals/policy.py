"""May they: a whistle is for who bought the service or looks after the compound, who supervises, and the provider; never the public.

Who answers is the buyer's officer, or for a property contract the community's worker. Wishes are told to nobody singly: only counts.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true

from marketplace.areas.codes import within
from marketplace.delivery.signals.errors import AnswererBelongsToTheProvider
from marketplace.delivery.signals.models import Whistle
from marketplace.identity.viewer import COMMUNITY_ROLES, ORGANISATION_ROLES, Role, Viewer
from marketplace.kernel.errors import NotPermitted
from marketplace.procurement.policy import may_buy
from marketplace.volunteering.policy import may_publish

BUYERS = (Role.PROCUREMENT_OFFICER,)
SUPERVISORS = (Role.PROCUREMENT_SUPERVISOR, Role.AUDITOR)


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over whistles."""
    bought = [within(Whistle.area_code, area) for area in viewer.areas_of(*BUYERS)]
    looked_after = [within(Whistle.area_code, area) for area in viewer.areas_of(*COMMUNITY_ROLES)]
    supervised = [within(Whistle.area_code, area) for area in viewer.areas_of(*SUPERVISORS)]
    own = viewer.organisations_of(Role.ORGANISATION_MANAGER)
    return or_(
        and_(Whistle.contract_id.is_not(None), or_(false(), *bought)),
        and_(Whistle.property_contract_id.is_not(None), or_(false(), *looked_after)),
        *supervised,
        Whistle.organisation_id.in_(own) if own else false(),
    )


def has_use_of_whistles(viewer: Viewer) -> bool:
    """Whether the viewer may ever see one."""
    return bool(
        viewer.areas_of(*BUYERS, *COMMUNITY_ROLES, *SUPERVISORS)
        or viewer.organisations_of(Role.ORGANISATION_MANAGER)
    )


def may_answer(viewer: Viewer, whistle: Whistle) -> bool:
    """The buyer's officers; for a property contract the workers of its community. Never the provider's own people."""
    return _is_of_the_area(viewer, whistle) and not _belongs(viewer, whistle)


def answerable_by(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over whistles: those that wait for an answer which the viewer may give, as ``may_answer``."""
    bought = [within(Whistle.area_code, area) for area in viewer.areas_of(*BUYERS)]
    looked_after = [within(Whistle.area_code, area) for area in viewer.areas_of(*COMMUNITY_ROLES)]
    own = viewer.organisations_of(*ORGANISATION_ROLES)
    return and_(
        Whistle.closed_at.is_(None),
        Whistle.answered_at.is_(None),
        or_(
            and_(Whistle.contract_id.is_not(None), or_(false(), *bought)),
            and_(Whistle.property_contract_id.is_not(None), or_(false(), *looked_after)),
        ),
        Whistle.organisation_id.not_in(own) if own else true(),
    )


def must_answer(viewer: Viewer, whistle: Whistle) -> UUID:
    """The answerer's id, for a whistle that the viewer may see. Raises SignInNeeded, NotPermitted, AnswererBelongsToTheProvider."""
    person_id = viewer.signed_in()
    if may_answer(viewer, whistle):
        return person_id
    raise AnswererBelongsToTheProvider() if _is_of_the_area(viewer, whistle) else NotPermitted()


def may_take_up_as_need(viewer: Viewer, area_code: str) -> bool:
    """Who may publish needs for the area itself."""
    return may_publish(viewer, area_code=area_code, organisation_id=None)


def may_take_up_as_item(viewer: Viewer, area_code: str) -> bool:
    """Who buys for the area."""
    return may_buy(viewer, area_code)


def _is_of_the_area(viewer: Viewer, whistle: Whistle) -> bool:
    roles = BUYERS if whistle.contract_id is not None else COMMUNITY_ROLES
    return viewer.holds_in_area(whistle.area_code, *roles)


def _belongs(viewer: Viewer, whistle: Whistle) -> bool:
    return viewer.holds_in_organisation(whistle.organisation_id, *ORGANISATION_ROLES)
