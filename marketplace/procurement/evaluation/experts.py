"""The register of experts, kept by the supervisors of an area: who may be drawn for a panel, for which fields."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, update

from marketplace.areas import queries as areas
from marketplace.areas.codes import within
from marketplace.areas.models import Area
from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import TagKind
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.pages import falling
from marketplace.db.session import Session
from marketplace.identity import people, sign_in
from marketplace.identity.models import Person
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.kernel.vault import Vault
from marketplace.organisations.models import Organisation
from marketplace.procurement import policy
from marketplace.procurement.evaluation.drafts import ExpertDraft
from marketplace.procurement.evaluation.errors import ExpertIsRegistered
from marketplace.procurement.evaluation.models import Expert


@dataclass(frozen=True, slots=True)
class ExpertRow:
    """An expert as supervisors see them."""

    id: UUID
    person_id: UUID
    name: str
    area: Area
    fields: tuple[str, ...]
    speciality: str
    employer: str | None
    employer_organisation_id: UUID | None
    registered_at: datetime
    ended_at: datetime | None


async def register(session: Session, viewer: Viewer, draft: ExpertDraft, vault: Vault) -> UUID:
    """Register somebody; answers the expert's id. Raises SignInNeeded, NotPermitted, InputIsInvalid, ExpertIsRegistered."""
    supervisor = policy.must_supervise(viewer, draft.area_code)
    if await areas.current(session, draft.area_code) is None:
        raise InputIsInvalid.of("area_code", "unknown_choice", choice=draft.area_code)
    known = await tags.by_codes(session, draft.fields)
    for code in draft.fields:
        if code not in known or known[code].kind != TagKind.CATEGORY:
            raise InputIsInvalid.of("fields", "unknown_choice", choice=code)
    await _must_know_employer(session, draft)
    person_id = await sign_in.find(session, vault, draft.phone)
    if person_id is None:
        raise InputIsInvalid.of("phone", "nobody_has_this_phone")
    await people.must_be_there(session, person_id)
    row = Expert(
        id=new_id(),
        person_id=person_id,
        registered_at=session.now(),
        registered_by=supervisor,
        **draft.model_dump(exclude={"phone", "fields"}),
        fields=sorted(set(draft.fields)),
    )
    if not await insert_once(session, row):
        raise ExpertIsRegistered()
    audit.record(session, supervisor, "expert.registered", ("expert", row.id), area=row.area_code)
    return row.id


async def end(session: Session, viewer: Viewer, expert_id: UUID) -> None:
    """Draw the expert no more; a second time changes nothing. Raises SignInNeeded, NotFound."""
    row = await expert(session, viewer, expert_id)
    ended = await session.execute(
        update(Expert)
        .where(Expert.id == row.id, Expert.ended_at.is_(None))
        .values(ended_at=session.now())
        .returning(Expert.id)
    )
    if ended.first() is not None:
        audit.record(session, viewer.signed_in(), "expert.ended", ("expert", expert_id))


async def expert(session: Session, viewer: Viewer, expert_id: UUID) -> ExpertRow:
    """One of the register. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    row = (await session.execute(_select(viewer).where(Expert.id == expert_id))).first()
    if row is None:
        raise NotFound()
    return _row(row)


async def page(session: Session, viewer: Viewer, request: PageRequest) -> Page[ExpertRow]:
    """The register of the viewer's areas, the newest first. Raises SignInNeeded, NotPermitted, CursorIsInvalid."""
    viewer.signed_in()
    if not viewer.areas_of(Role.PROCUREMENT_SUPERVISOR):
        raise NotPermitted()
    rows = (await session.execute(falling(_select(viewer), request, Expert.registered_at, Expert.id))).all()
    return cut([_row(row) for row in rows], request, lambda row: encode_cursor(row.registered_at, row.id))


def _select(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    reach = viewer.areas_of(Role.PROCUREMENT_SUPERVISOR)
    return (
        select(Expert, Person.name, Area)
        .join(Person, Person.id == Expert.person_id)
        .join(Area, Area.code == Expert.area_code)
        .where(or_(*(within(Expert.area_code, area) for area in reach)) if reach else Expert.id.is_(None))
    )


def _row(row: Any) -> ExpertRow:
    one, name, area = row
    return ExpertRow(
        id=one.id,
        person_id=one.person_id,
        name=name,
        area=area,
        fields=tuple(one.fields),
        speciality=one.speciality,
        employer=one.employer,
        employer_organisation_id=one.employer_organisation_id,
        registered_at=one.registered_at,
        ended_at=one.ended_at,
    )


async def _must_know_employer(session: Session, draft: ExpertDraft) -> None:
    if (
        draft.employer_organisation_id is not None
        and await session.get(Organisation, draft.employer_organisation_id) is None
    ):
        raise InputIsInvalid.of(
            "employer_organisation_id", "unknown_choice", choice=str(draft.employer_organisation_id)
        )
