"""Organisations as somebody who looks for a provider sees them: fields, areas, verification, many at once."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.db.session import Session
from marketplace.organisations.models import Organisation, OrganisationArea, OrganisationField
from marketplace.organisations.states import OrganisationState, organisation_state


@dataclass(frozen=True, slots=True)
class ProviderProfile:
    """One organisation. ``area_codes`` are those that it says it serves, ``area_code`` is where it is registered."""

    organisation_id: UUID
    is_verified: bool
    area_code: str
    field_codes: frozenset[str]
    area_codes: frozenset[str]


async def provider_profiles(
    session: Session, organisation_ids: Collection[UUID]
) -> dict[UUID, ProviderProfile]:
    """Those of the organisations that exist. Three statements."""
    rows = await session.scalars(select(Organisation).where(Organisation.id.in_(organisation_ids)))
    organisations = {row.id: row for row in rows}
    fields: dict[UUID, set[str]] = {}
    for organisation_id, code in await session.execute(
        select(OrganisationField.organisation_id, OrganisationField.tag_code).where(
            OrganisationField.organisation_id.in_(organisations)
        )
    ):
        fields.setdefault(organisation_id, set()).add(code)
    areas: dict[UUID, set[str]] = {}
    for organisation_id, code in await session.execute(
        select(OrganisationArea.organisation_id, OrganisationArea.area_code).where(
            OrganisationArea.organisation_id.in_(organisations)
        )
    ):
        areas.setdefault(organisation_id, set()).add(code)
    return {
        organisation_id: ProviderProfile(
            organisation_id,
            organisation_state(row) is OrganisationState.VERIFIED,
            row.area_code,
            frozenset(fields.get(organisation_id, ())),
            frozenset(areas.get(organisation_id, ())),
        )
        for organisation_id, row in organisations.items()
    }
