"""Look up organisations: the public list, one with its fields and areas, its papers and people, and what waits for an officer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from marketplace.areas.codes import within
from marketplace.areas.models import Area
from marketplace.catalogue.models import Tag
from marketplace.db.pages import rising
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.viewer import ORGANISATION_ROLES, Role, Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import searchable
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import (
    Organisation,
    OrganisationArea,
    OrganisationDocument,
    OrganisationField,
)
from marketplace.organisations.policy import DECIDING, belongs, decides, sees_papers, visible_to


@dataclass(frozen=True, slots=True)
class OrganisationFilters:
    """What the list may be narrowed to; all of them together."""

    text: str | None = None
    field: str | None = None
    area_code: str | None = None


@dataclass(frozen=True, slots=True)
class OrganisationDetails:
    """An organisation with its fields of service and the areas it serves."""

    organisation: Organisation
    area: Area
    fields: Sequence[Tag]
    areas: Sequence[Area]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One of an organisation's people."""

    person_id: UUID
    name: str
    role: Role
    since: datetime


async def by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, Organisation]:
    """Those of the organisations that the viewer may see."""
    rows = await session.scalars(select(Organisation).where(Organisation.id.in_(ids), visible_to(viewer)))
    return {row.id: row for row in rows}


async def page(
    session: Session, viewer: Viewer, filters: OrganisationFilters, request: PageRequest, skip: int = 0
) -> Page[Organisation]:
    """Organisations by name, without the first ``skip`` of those asked for."""
    chosen = select(Organisation).where(visible_to(viewer), *_clauses(filters))
    total = await session.scalar(select(func.count()).select_from(chosen.subquery()))
    return await _by_name(session, chosen.offset(skip) if skip else chosen, request, total)


async def waiting(session: Session, viewer: Viewer, request: PageRequest) -> Page[Organisation]:
    """What waits for this officer's decision, the longest waiting first."""
    if not viewer.areas_of(*DECIDING):
        return Page((), (), False, 0)
    chosen = select(Organisation).where(
        visible_to(viewer),
        decides(viewer),
        Organisation.submitted_at.is_not(None),
        Organisation.verified_at.is_(None),
        Organisation.refused_at.is_(None),
    )
    rows = await session.scalars(rising(chosen, request, Organisation.submitted_at, Organisation.id))
    return cut(rows.all(), request, lambda row: encode_cursor(row.submitted_at, row.id))


async def mine(session: Session, viewer: Viewer) -> Sequence[Organisation]:
    """The organisations to which the viewer belongs, by name."""
    own = viewer.organisations_of(*ORGANISATION_ROLES)
    if not own:
        return ()
    rows = await session.scalars(
        select(Organisation).where(Organisation.id.in_(own), visible_to(viewer)).order_by(Organisation.name)
    )
    return rows.all()


async def details(session: Session, viewer: Viewer, organisation_id: UUID) -> OrganisationDetails:
    """One organisation, whole. Raises NotFound."""
    row = (
        await session.execute(
            select(Organisation, Area)
            .join(Area, Area.code == Organisation.area_code)
            .where(Organisation.id == organisation_id, visible_to(viewer))
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return OrganisationDetails(
        row[0],
        row[1],
        (await fields_of(session, viewer, [organisation_id])).get(organisation_id, ()),
        (await areas_of(session, viewer, [organisation_id])).get(organisation_id, ()),
    )


async def fields_of(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, list[Tag]]:
    """The fields of service of each organisation that the viewer may see."""
    rows = await session.execute(
        select(OrganisationField.organisation_id, Tag)
        .join(Tag, Tag.code == OrganisationField.tag_code)
        .join(Organisation, Organisation.id == OrganisationField.organisation_id)
        .where(OrganisationField.organisation_id.in_(ids), visible_to(viewer))
        .order_by(Tag.code)
    )
    return grouped(rows)


async def areas_of(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, list[Area]]:
    """The areas that each organisation serves, where the viewer may see it."""
    rows = await session.execute(
        select(OrganisationArea.organisation_id, Area)
        .join(Area, Area.code == OrganisationArea.area_code)
        .join(Organisation, Organisation.id == OrganisationArea.organisation_id)
        .where(OrganisationArea.organisation_id.in_(ids), visible_to(viewer))
        .order_by(Area.code)
    )
    return grouped(rows)


async def documents(
    session: Session, viewer: Viewer, organisation_id: UUID
) -> Sequence[OrganisationDocument]:
    """The papers handed in, for the organisation's people and the officers of its area. Raises NotFound for others."""
    organisation = await session.scalar(
        select(Organisation).where(Organisation.id == organisation_id, visible_to(viewer))
    )
    if organisation is None or not sees_papers(viewer, organisation):
        raise NotFound()
    rows = await session.scalars(
        select(OrganisationDocument)
        .where(
            OrganisationDocument.organisation_id == organisation_id, OrganisationDocument.removed_at.is_(None)
        )
        .order_by(OrganisationDocument.uploaded_at, OrganisationDocument.id)
    )
    return rows.all()


async def members(session: Session, viewer: Viewer, organisation_id: UUID) -> list[MemberRow]:
    """The organisation's people, managers first, for its own people. Raises NotFound for everybody else."""
    if not belongs(viewer, organisation_id):
        raise NotFound()
    rows = await session.execute(
        select(Person.id, Person.name, RoleGrant.role, RoleGrant.granted_at)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(
            RoleGrant.organisation_id == organisation_id,
            RoleGrant.role.in_(ORGANISATION_ROLES),
            RoleGrant.revoked_at.is_(None),
        )
        .order_by(RoleGrant.role, RoleGrant.granted_at, Person.id)
    )
    found = [MemberRow(person_id, name, Role(role), since) for person_id, name, role, since in rows]
    return sorted(found, key=lambda row: row.role is not Role.ORGANISATION_MANAGER)


async def _by_name(
    session: Session, chosen: Select[Organisation], request: PageRequest, total: int | None
) -> Page[Organisation]:
    rows = await session.scalars(rising(chosen, request, Organisation.name, Organisation.id))
    return cut(rows.all(), request, lambda row: encode_cursor(row.name, row.id), total)


def _clauses(filters: OrganisationFilters) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if filters.text:
        clauses.append(Organisation.name.icontains(searchable(filters.text), autoescape=True))
    if filters.field:
        field = searchable(filters.field)
        clauses.append(
            exists().where(
                OrganisationField.organisation_id == Organisation.id,
                OrganisationField.tag_code.in_(
                    select(Tag.code).where(or_(Tag.code == field, Tag.parent_code == field))
                ),
            )
        )
    if filters.area_code:
        area_code = searchable(filters.area_code)
        serves = exists().where(
            OrganisationArea.organisation_id == Organisation.id,
            within(OrganisationArea.area_code, area_code),
        )
        clauses.append(or_(within(Organisation.area_code, area_code), serves))
    return clauses
