"""May they: compounds and what was agreed are public; drafts, demands, facts and talks are for owners, the company and the community."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from marketplace.areas.codes import within
from marketplace.db.session import Session
from marketplace.delivery.properties.errors import OwnersOnly, WorkerBelongsToTheCompany
from marketplace.delivery.properties.models import Compound, CompoundOwner, PropertyContract
from marketplace.identity.viewer import COMMUNITY_ROLES, ORGANISATION_ROLES, Role, Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound, NotPermitted


@dataclass(frozen=True, slots=True)
class Standing:
    """What the viewer is to one compound. ``company_ids`` are the viewer's companies with a contract or a draft there.

    ``answering_ids`` are those for which the viewer answers owners: while a contract stands, a draft of another company gives no say.
    """

    is_community: bool
    is_moderator: bool
    is_owner: bool
    company_ids: frozenset[UUID]
    managed_ids: frozenset[UUID]
    answering_ids: frozenset[UUID]

    @property
    def is_inside(self) -> bool:
        """Owners, the companies' people and the community."""
        return self.is_community or self.is_owner or bool(self.company_ids)

    def reads_facts_of(self, organisation_id: UUID) -> bool:
        """Facts are for owners, the community and the company that they are about: not for one that would like to follow it."""
        return self.is_community or self.is_owner or organisation_id in self.company_ids

    def must_be_inside(self) -> None:
        """Raises NotFound: what is inside is not there for others."""
        if not self.is_inside:
            raise NotFound()

    def must_be_community(self) -> None:
        """Raises NotPermitted."""
        if not self.is_community:
            raise NotPermitted()

    @property
    def may_decline(self) -> bool:
        """Whether the viewer may say why a demand is not promised."""
        return self.is_community or bool(self.answering_ids)

    def must_be_owner(self) -> None:
        """Raises OwnersOnly."""
        if not self.is_owner:
            raise OwnersOnly()

    def must_manage(self, organisation_id: UUID) -> None:
        """Raises NotPermitted."""
        if organisation_id not in self.managed_ids:
            raise NotPermitted()


def is_community(viewer: Viewer, area_code: str) -> bool:
    """Community workers and district officers of the area."""
    return viewer.holds_in_area(area_code, *COMMUNITY_ROLES)


def must_not_be_of(viewer: Viewer, organisation_id: UUID) -> None:
    """Raises WorkerBelongsToTheCompany."""
    if viewer.holds_in_organisation(organisation_id, *ORGANISATION_ROLES):
        raise WorkerBelongsToTheCompany()


async def standing(session: Session, viewer: Viewer, compound: Compound) -> Standing:
    """What the viewer is to the compound: at most two statements, none for a stranger."""
    if viewer.is_stranger:
        return Standing(False, False, False, frozenset(), frozenset(), frozenset())
    is_owner = (
        await session.scalar(
            select(CompoundOwner.id).where(
                CompoundOwner.compound_id == compound.id,
                confirmed(),
                CompoundOwner.person_id == viewer.person_id,
            )
        )
        is not None
    )
    own = frozenset(viewer.organisations_of(*ORGANISATION_ROLES))
    there: frozenset[UUID] = frozenset()
    bound: frozenset[UUID] = frozenset()
    if own:
        found = await session.execute(
            select(PropertyContract.organisation_id, agreed().label("is_agreed")).where(
                PropertyContract.compound_id == compound.id, open_ended(local_day(session.now()))
            )
        )
        rows = found.all()
        there = frozenset(row.organisation_id for row in rows)
        bound = frozenset(row.organisation_id for row in rows if row.is_agreed)
    managed = there & frozenset(viewer.organisations_of(Role.ORGANISATION_MANAGER))
    return Standing(
        is_community=is_community(viewer, compound.area_code),
        is_moderator=viewer.holds_in_area(compound.area_code, Role.MODERATOR),
        is_owner=is_owner,
        company_ids=there & own,
        managed_ids=managed,
        answering_ids=managed & (bound or there),
    )


def confirmed() -> ColumnElement[bool]:
    """SQL over owners: those who are confirmed now."""
    return and_(
        CompoundOwner.confirmed_at.is_not(None),
        CompoundOwner.refused_at.is_(None),
        CompoundOwner.ended_at.is_(None),
    )


def agreed() -> ColumnElement[bool]:
    """SQL over contracts: both sides agreed."""
    return and_(
        PropertyContract.owners_agreed_at.is_not(None), PropertyContract.company_agreed_at.is_not(None)
    )


def open_ended(today: date) -> ColumnElement[bool]:
    """SQL over contracts: neither ended nor over, drafts included."""
    return and_(PropertyContract.ended_at.is_(None), PropertyContract.ends_on >= today)


def in_force(today: date) -> ColumnElement[bool]:
    """SQL over contracts: agreed, begun, and neither ended nor over."""
    return and_(agreed(), open_ended(today), PropertyContract.starts_on <= today)


def owned_by(viewer: Viewer) -> Select[UUID]:
    """SQL: the compounds in which the viewer is a confirmed owner."""
    return select(CompoundOwner.compound_id).where(confirmed(), CompoundOwner.person_id == viewer.person_id)


def looked_after_by(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over compounds: those of the viewer's community."""
    areas = viewer.areas_of(*COMMUNITY_ROLES)
    return or_(*(within(Compound.area_code, area) for area in areas)) if areas else false()


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """SQL over contracts joined with their compounds: agreed ones for everybody, drafts for the two sides and the community."""
    if viewer.is_stranger:
        return agreed()
    return or_(
        agreed(),
        PropertyContract.organisation_id.in_(viewer.organisations_of(*ORGANISATION_ROLES)),
        PropertyContract.compound_id.in_(owned_by(viewer)),
        looked_after_by(viewer),
    )


def inside_of(viewer: Viewer, today: date) -> ColumnElement[bool]:
    """SQL over compounds: those whose demands, facts and talks the viewer sees."""
    if viewer.is_stranger:
        return false()
    company = select(PropertyContract.compound_id).where(
        PropertyContract.organisation_id.in_(viewer.organisations_of(*ORGANISATION_ROLES)), open_ended(today)
    )
    return or_(Compound.id.in_(owned_by(viewer)), Compound.id.in_(company), looked_after_by(viewer))
