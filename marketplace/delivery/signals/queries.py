"""Look up whistles: the list for a desk, one of them, and the weeks behind it. Every select passes through ``visible_to``."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from marketplace.db.pages import falling
from marketplace.db.session import Session
from marketplace.delivery.properties.models import Compound, PropertyContract
from marketplace.delivery.signals import measuring, policy
from marketplace.delivery.signals.judging import WhistleKind, cause
from marketplace.delivery.signals.measuring import Subject, Week
from marketplace.delivery.signals.models import Whistle
from marketplace.delivery.signals.states import WhistleState, whistle_state
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation
from marketplace.procurement.contracts.models import Contract


@dataclass(frozen=True, slots=True)
class WhistleRow:
    """A whistle as its readers see it. ``title`` is the contract's, or the compound's name; who answered is never told."""

    id: UUID
    kind: WhistleKind
    state: WhistleState
    contract_id: UUID | None
    property_contract_id: UUID | None
    compound_id: UUID | None
    title: str
    organisation_id: UUID
    provider: str
    area_code: str
    facts: dict[str, Any]
    blown_at: datetime
    answer: str | None
    answered_at: datetime | None
    closed_at: datetime | None
    may_answer: bool

    @property
    def cause(self) -> str:
        """What slips; words are keyed ``whistle.<cause>``."""
        return cause(self.kind, self.facts)


async def page(
    session: Session, viewer: Viewer, request: PageRequest, *, with_over: bool = False
) -> Page[WhistleRow]:
    """Whistles for the viewer, the newest first; those that are over where asked for. Raises SignInNeeded."""
    viewer.signed_in()
    query = _select().where(policy.visible_to(viewer))
    if not with_over:
        query = query.where(Whistle.closed_at.is_(None))
    rows = await session.execute(falling(query, request, Whistle.blown_at, Whistle.id))
    shown = [_row(row, viewer) for row in rows]
    return cut(shown, request, lambda row: encode_cursor(row.blown_at, row.id))


async def of_contract(session: Session, viewer: Viewer, contract_id: UUID) -> list[WhistleRow]:
    """The whistles about one contract that are not over, for whoever may see them; at most one of a kind."""
    rows = await session.execute(
        _select()
        .where(Whistle.contract_id == contract_id, Whistle.closed_at.is_(None), policy.visible_to(viewer))
        .order_by(Whistle.kind)
    )
    return [_row(row, viewer) for row in rows]


async def whistles_by_ids(session: Session, viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, WhistleRow]:
    """Those of the whistles that the viewer may see."""
    rows = await session.execute(_select().where(Whistle.id.in_(ids), policy.visible_to(viewer)))
    return {row[0].id: _row(row, viewer) for row in rows}


async def whistle(session: Session, viewer: Viewer, whistle_id: UUID) -> WhistleRow:
    """One whistle. Raises SignInNeeded, NotFound."""
    viewer.signed_in()
    found = await whistles_by_ids(session, viewer, [whistle_id])
    if whistle_id not in found:
        raise NotFound()
    return found[whistle_id]


async def weeks_of(session: Session, row: WhistleRow) -> Sequence[Week]:
    """What was kept week by week over the days that the whistle looks at, as it is known now; the oldest week first."""
    if row.kind is not WhistleKind.COMMITMENTS_SLIP:
        return ()
    return await measuring.weeks(
        session, Subject(row.contract_id, row.property_contract_id), row.facts["days"]
    )


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(Whistle, Contract.title, Compound.id, Compound.name, Organisation.name)
        .join(Organisation, Organisation.id == Whistle.organisation_id)
        .outerjoin(Contract, Contract.id == Whistle.contract_id)
        .outerjoin(PropertyContract, PropertyContract.id == Whistle.property_contract_id)
        .outerjoin(Compound, Compound.id == PropertyContract.compound_id)
    )


def _row(row: Row[*tuple[Any, ...]], viewer: Viewer) -> WhistleRow:
    one, title, compound_id, compound, provider = row
    return WhistleRow(
        id=one.id,
        kind=WhistleKind(one.kind),
        state=whistle_state(one),
        contract_id=one.contract_id,
        property_contract_id=one.property_contract_id,
        compound_id=compound_id,
        title=title or compound or "",
        organisation_id=one.organisation_id,
        provider=provider,
        area_code=one.area_code,
        facts=dict(one.facts),
        blown_at=one.blown_at,
        answer=one.answer,
        answered_at=one.answered_at,
        closed_at=one.closed_at,
        may_answer=policy.may_answer(viewer, one),
    )
