"""Read compounds, their contracts and checklists, each as the viewer may see them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from marketplace.catalogue import rules
from marketplace.db.pages import falling, rising
from marketplace.db.rows import grouped
from marketplace.db.session import Session
from marketplace.delivery.properties import policy
from marketplace.delivery.properties.models import (
    Compound,
    CompoundOwner,
    PropertyCommitment,
    PropertyContract,
    PropertyStandard,
)
from marketplace.delivery.properties.performance import Direction, Per, Promise
from marketplace.delivery.properties.states import LIVE, PropertyContractState, Talk, contract_state, talk_of
from marketplace.identity.viewer import ORGANISATION_ROLES, Role, Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import searchable
from marketplace.kernel.locale import EN
from marketplace.kernel.pagination import Page, PageRequest, cut, encode_cursor
from marketplace.organisations.models import Organisation

_MOST_CONTRACTS = 20


@dataclass(frozen=True, slots=True)
class CompoundRow:
    """A compound as everybody sees it: how many owners are confirmed, and who looks after it now."""

    id: UUID
    name: str
    area_code: str
    address: str
    households: int
    buildings: int
    built_year: int | None
    owners: int
    property_contract_id: UUID | None
    organisation_id: UUID | None
    company: str | None


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A property contract as its readers see it. People who agreed are never told."""

    id: UUID
    compound_id: UUID
    compound: str
    area_code: str
    organisation_id: UUID
    company: str
    fee_fen: int
    starts_on: date
    ends_on: date
    state: PropertyContractState
    drafted_at: datetime
    owners_agreed_at: datetime | None
    company_agreed_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    talk: Talk
    is_community: bool
    is_manager: bool

    @property
    def is_live(self) -> bool:
        """Agreed, and neither over nor ended."""
        return self.state in LIVE

    @property
    def is_agreed(self) -> bool:
        return self.owners_agreed_at is not None and self.company_agreed_at is not None


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a checklist. Standards are told in the reader's language, with where they are written."""

    id: UUID
    property_contract_id: UUID
    number: int
    origin: str
    part: str
    text_zh: str
    text_en: str
    unit: str
    promise: Promise
    source: str | None
    standard_code: str | None
    demand_id: UUID | None

    def text(self, locale: str) -> str:
        return self.text_en if locale == EN else self.text_zh


async def compound(session: Session, viewer: Viewer, compound_id: UUID) -> CompoundRow:
    """One compound. Raises NotFound."""
    found = await compounds_by_ids(session, viewer, [compound_id])
    if compound_id not in found:
        raise NotFound()
    return found[compound_id]


async def compounds_by_ids(
    session: Session, viewer: Viewer, compound_ids: Collection[UUID]
) -> dict[UUID, CompoundRow]:
    """The compounds with these ids; they are public."""
    rows = await session.execute(_compounds(session).where(Compound.id.in_(compound_ids)))
    return {row[0].id: _compound(row) for row in rows}


async def compounds(
    session: Session, viewer: Viewer, request: PageRequest, *, text: str = ""
) -> Page[CompoundRow]:
    """All compounds by name; with these words in name or address where asked."""
    query = _compounds(session)
    words = searchable(text).strip()
    if words:
        query = query.where(
            or_(
                Compound.name.contains(words, autoescape=True),
                Compound.address.contains(words, autoescape=True),
            )
        )
    return await _page(session, query, request)


async def my_compounds(session: Session, viewer: Viewer, request: PageRequest) -> Page[CompoundRow]:
    """Those of which the viewer is an owner, or whose company or community they are, by name. Raises SignInNeeded."""
    viewer.signed_in()
    query = _compounds(session).where(policy.inside_of(viewer, local_day(session.now())))
    return await _page(session, query, request)


async def contract(session: Session, viewer: Viewer, property_contract_id: UUID) -> ContractRow:
    """One contract. Raises NotFound."""
    found = await contracts_by_ids(session, viewer, [property_contract_id])
    if property_contract_id not in found:
        raise NotFound()
    return found[property_contract_id]


async def contracts_by_ids(
    session: Session, viewer: Viewer, property_contract_ids: Collection[UUID]
) -> dict[UUID, ContractRow]:
    """Those of the contracts that the viewer may see."""
    found = await _contracts(session, viewer, PropertyContract.id.in_(property_contract_ids))
    return {row.id: row for row in found}


async def contracts_of(
    session: Session, viewer: Viewer, compound_ids: Collection[UUID]
) -> dict[UUID, list[ContractRow]]:
    """By compound, the contracts that the viewer may see, the latest term first."""
    found = await _contracts(session, viewer, PropertyContract.compound_id.in_(compound_ids))
    return grouped((row.compound_id, row) for row in found)


async def contracts_of_company(session: Session, viewer: Viewer, request: PageRequest) -> Page[ContractRow]:
    """The contracts of the viewer's companies, the newest draft first. Raises SignInNeeded."""
    viewer.signed_in()
    mine = PropertyContract.organisation_id.in_(viewer.organisations_of(*ORGANISATION_ROLES))
    return await _contract_page(session, viewer, request, mine)


async def contracts_of_community(session: Session, viewer: Viewer, request: PageRequest) -> Page[ContractRow]:
    """The contracts of the viewer's community, the newest draft first. Raises SignInNeeded."""
    viewer.signed_in()
    return await _contract_page(session, viewer, request, policy.looked_after_by(viewer))


async def lines_of(
    session: Session, viewer: Viewer, property_contract_ids: Collection[UUID]
) -> dict[UUID, list[LineRow]]:
    """By contract that the viewer may see, its checklist in the order of numbers: at most forty lines each."""
    rows = await session.execute(
        select(PropertyCommitment, PropertyStandard)
        .join(PropertyContract, PropertyContract.id == PropertyCommitment.property_contract_id)
        .join(Compound, Compound.id == PropertyContract.compound_id)
        .outerjoin(PropertyStandard, PropertyStandard.code == PropertyCommitment.standard_code)
        .where(PropertyContract.id.in_(property_contract_ids), policy.visible_to(viewer))
        .order_by(PropertyCommitment.property_contract_id, PropertyCommitment.number)
    )
    found: dict[UUID, list[LineRow]] = {one: [] for one in property_contract_ids}
    for row, standard in rows:
        found[row.property_contract_id].append(_line(row, standard))
    return found


async def lines(session: Session, viewer: Viewer, property_contract_id: UUID) -> Sequence[LineRow]:
    """The checklist of one contract."""
    return (await lines_of(session, viewer, [property_contract_id]))[property_contract_id]


async def line(session: Session, viewer: Viewer, property_contract_id: UUID, number: int) -> LineRow:
    """One line of a checklist. Raises NotFound."""
    for row in await lines(session, viewer, property_contract_id):
        if row.number == number:
            return row
    raise NotFound()


async def _page(session: Session, query: Select[*tuple[Any, ...]], request: PageRequest) -> Page[CompoundRow]:
    rows = [
        _compound(row) for row in await session.execute(rising(query, request, Compound.name, Compound.id))
    ]
    return cut(rows, request, lambda row: encode_cursor(row.name, row.id))


def _compounds(session: Session) -> Select[*tuple[Any, ...]]:
    owners = (
        select(func.count())
        .select_from(CompoundOwner)
        .where(CompoundOwner.compound_id == Compound.id, policy.confirmed())
        .correlate(Compound)
        .scalar_subquery()
    )
    today = local_day(session.now())
    running = and_(PropertyContract.compound_id == Compound.id, policy.in_force(today))
    return (
        select(Compound, owners, PropertyContract.id, Organisation.id, Organisation.name)
        .outerjoin(PropertyContract, running)
        .outerjoin(Organisation, Organisation.id == PropertyContract.organisation_id)
    )


def _compound(row: Row[*tuple[Any, ...]]) -> CompoundRow:
    one, owners, contract_id, organisation_id, company = row
    return CompoundRow(
        one.id,
        one.name,
        one.area_code,
        one.address,
        one.households,
        one.buildings,
        one.built_year,
        owners,
        contract_id,
        organisation_id,
        company,
    )


async def _contracts(session: Session, viewer: Viewer, which: ColumnElement[bool]) -> list[ContractRow]:
    query = _contract_rows().where(which, policy.visible_to(viewer))
    query = query.order_by(
        PropertyContract.compound_id, PropertyContract.starts_on.desc(), PropertyContract.id.desc()
    )
    return await _told(session, viewer, query.limit(_MOST_CONTRACTS * 50))


async def _contract_page(
    session: Session, viewer: Viewer, request: PageRequest, which: ColumnElement[bool]
) -> Page[ContractRow]:
    query = falling(_contract_rows().where(which), request, PropertyContract.drafted_at, PropertyContract.id)
    rows = await _told(session, viewer, query)
    return cut(rows, request, lambda row: encode_cursor(row.drafted_at, row.id))


def _contract_rows() -> Select[*tuple[Any, ...]]:
    return (
        select(PropertyContract, Compound, Organisation.name)
        .join(Compound, Compound.id == PropertyContract.compound_id)
        .join(Organisation, Organisation.id == PropertyContract.organisation_id)
    )


async def _told(session: Session, viewer: Viewer, query: Select[*tuple[Any, ...]]) -> list[ContractRow]:
    rule = (await rules.in_force(session, "property.renewal")).value
    today = local_day(session.now())
    return [
        ContractRow(
            id=row.id,
            compound_id=place.id,
            compound=place.name,
            area_code=place.area_code,
            organisation_id=row.organisation_id,
            company=company,
            fee_fen=row.fee_fen,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            state=contract_state(row, today),
            drafted_at=row.drafted_at,
            owners_agreed_at=row.owners_agreed_at,
            company_agreed_at=row.company_agreed_at,
            ended_at=row.ended_at,
            end_reason=row.end_reason,
            talk=talk_of(row, rule, today),
            is_community=policy.is_community(viewer, place.area_code),
            is_manager=viewer.holds_in_organisation(row.organisation_id, Role.ORGANISATION_MANAGER),
        )
        for row, place, company in await session.execute(query)
    ]


def _line(row: PropertyCommitment, standard: PropertyStandard | None) -> LineRow:
    return LineRow(
        id=row.id,
        property_contract_id=row.property_contract_id,
        number=row.number,
        origin=row.origin,
        part=row.part,
        text_zh=row.text,
        text_en=row.text if standard is None else standard.text_en,
        unit=row.unit,
        promise=Promise(row.id, Direction(row.direction), row.target, Per(row.per)),
        source=None if standard is None else standard.source,
        standard_code=row.standard_code,
        demand_id=row.demand_id,
    )
