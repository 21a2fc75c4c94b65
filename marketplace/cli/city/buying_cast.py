"""Who buys, bids, opens, judges and supervises in the made-up city: demo sign-ins where there is one, drawn people elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.bootstrap import House
from marketplace.cli.city.accounts import ACCOUNTS, CHANGNING, JIANGSU_ROAD, Account, account_id
from marketplace.db.session import Session
from marketplace.identity import viewers
from marketplace.identity.models import Person, RoleGrant
from marketplace.identity.phones import PURPOSE
from marketplace.identity.viewer import ORGANISATION_ROLES, Role, Viewer
from marketplace.organisations.models import Organisation
from marketplace.procurement import buyers
from marketplace.procurement.drafts import BuyerDraft
from marketplace.procurement.evaluation import experts
from marketplace.procurement.evaluation.drafts import ExpertDraft

OFFICER, SECOND, SUPERVISOR, DELEGATE = ACCOUNTS[3], ACCOUNTS[7], ACCOUNTS[8], ACCOUNTS[10]
OPENERS = (ACCOUNTS[0], ACCOUNTS[1], ACCOUNTS[6], ACCOUNTS[4], ACCOUNTS[8])
"""Volunteer, community worker, older resident, administrator, supervisor: people of whom no three share an interest."""

_MANAGERS = (ACCOUNTS[2], ACCOUNTS[9])
_EXPERTS = 8
_FIELDS = (
    "elderly_care",
    "children",
    "disability",
    "health",
    "environment",
    "repairs",
    "community_order",
)
_SPECIALITIES = (
    "养老护理",
    "社会工作",
    "康复治疗",
    "财务审计",
    "社区治理",
    "儿童福利",
    "公共卫生",
    "工程管理",
)


@dataclass(frozen=True, slots=True)
class Bidder:
    """An organisation that bids, and who acts for it."""

    organisation_id: UUID
    name: str
    manager: Viewer


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody whom the story needs. The first bidder is the demo manager's, the second the rival's."""

    officer: Viewer
    second: Viewer
    supervisor: Viewer
    openers: Sequence[Viewer]
    bidders: Sequence[Bidder]
    users: Sequence[Viewer]
    district: UUID
    subdistrict: UUID


async def gather(session: Session, house: House) -> Cast:
    """Find the people, register the buyers and, with the supervisor, the experts. The session's moment lies before everything else."""
    officer, supervisor = await viewer(session, OFFICER), await viewer(session, SUPERVISOR)
    free = await _free_people(session)
    await _experts(session, house, supervisor, free[:_EXPERTS])
    return Cast(
        officer=officer,
        second=await viewer(session, SECOND),
        supervisor=supervisor,
        openers=[await viewer(session, one) for one in OPENERS],
        bidders=await _bidders(session),
        users=[await viewers.of_person(session, one.id) for one in free[_EXPERTS : _EXPERTS + 3]],
        district=await buyers.register(
            session, officer, BuyerDraft(area_code=CHANGNING, name="长宁区民政局", contact_name="采购办公室")
        ),
        subdistrict=await buyers.register(
            session,
            officer,
            BuyerDraft(area_code=JIANGSU_ROAD, name="江苏路街道办事处", contact_name="社区服务办"),
        ),
    )


async def viewer(session: Session, account: Account) -> Viewer:
    """The demo sign-in, as somebody who asks."""
    return await viewers.of_person(session, account_id(account))


async def _free_people(session: Session) -> Sequence[Person]:
    """Grown people without any role: they may judge, and they are served."""
    held = exists().where(RoleGrant.person_id == Person.id)
    demo = [account_id(one) for one in ACCOUNTS]
    rows = await session.scalars(
        select(Person)
        .where(~held, Person.id.not_in(demo), Person.birth_date < date(1996, 1, 1))
        .order_by(Person.id)
        .limit(_EXPERTS + 3)
    )
    return rows.all()


async def _experts(session: Session, house: House, supervisor: Viewer, people: Sequence[Person]) -> None:
    for person, speciality in zip(people, _SPECIALITIES, strict=False):
        assert person.phone_sealed is not None
        phone = house.vault.decrypt(person.phone_sealed, PURPOSE)
        draft = ExpertDraft(phone=phone, area_code=CHANGNING, fields=_FIELDS, speciality=speciality)
        await experts.register(session, supervisor, draft, house.vault)


async def _bidders(session: Session) -> Sequence[Bidder]:
    """The two of the demo, and two more verified organisations with a manager each."""
    found = [
        Bidder(row.id, row.name, await viewer(session, account))
        for account in _MANAGERS
        for row in [await _managed(session, account)]
    ]
    taken = [one.organisation_id for one in found]
    rows = await session.execute(
        select(Organisation, RoleGrant.person_id)
        .join(RoleGrant, RoleGrant.organisation_id == Organisation.id)
        .where(
            Organisation.verified_at.is_not(None),
            Organisation.id.not_in(taken),
            RoleGrant.role == Role.ORGANISATION_MANAGER.value,
        )
        .order_by(Organisation.id)
        .limit(2)
    )
    return [
        *found,
        *[Bidder(row.id, row.name, await viewers.of_person(session, manager)) for row, manager in rows],
    ]


async def _managed(session: Session, account: Account) -> Organisation:
    row = await session.scalar(
        select(Organisation)
        .join(RoleGrant, RoleGrant.organisation_id == Organisation.id)
        .where(
            RoleGrant.person_id == account_id(account),
            RoleGrant.role.in_([role.value for role in ORGANISATION_ROLES]),
        )
    )
    assert row is not None
    return row
