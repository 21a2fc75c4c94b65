"""A running contract with its people, and deliveries as tests plan them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.delivery.deliveries import accepting, confirming, deliveries, evidence, queries, recipients
from marketplace.delivery.deliveries.drafts import (
    CommitmentDraft,
    DecisionDraft,
    DisputeDraft,
    EvidenceDraft,
    EvidenceKind,
    PlanDraft,
    Receiver,
    RecipientDraft,
    RecordDraft,
)
from marketplace.delivery.deliveries.queries import DeliveryRow
from marketplace.identity import phones
from marketplace.identity.models import Person
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.ids import new_id
from tests import builders, city, delivering
from tests.delivering import Supplied

PHONE = "+8613800138000"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Scene:
    """The two sides of a contract, a member of the supplier, a worker of the community, an old lady, and an outsider."""

    under: Supplied
    member: Viewer
    worker: Viewer
    lady: Viewer
    outsider: Viewer

    @property
    def manager(self) -> Viewer:
        return self.under.manager

    @property
    def officer(self) -> Viewer:
        return self.under.officer


async def people(house: House) -> Scene:
    async with house.database.unit_of_work() as session:
        under = await delivering.contract(session)
        member = await builders.viewer(session, "护理员小周", Role.ORGANISATION_MEMBER, under.organisation_id)
        worker = await builders.viewer(session, "社工小赵", Role.COMMUNITY_WORKER, city.JIANGSU_COMMUNITY)
        lady = await builders.viewer(session, "林奶奶")
        await give_phone(house, session, lady.signed_in())
        return Scene(under, member, worker, lady, await builders.viewer(session, "路人小王"))


async def give_phone(house: House, session: Session, person_id: UUID, phone: str = PHONE) -> None:
    row = await session.get_one(Person, person_id)
    row.phone_sealed = house.vault.encrypt(phone, phones.PURPOSE)
    row.phone_fingerprint = house.vault.fingerprint(phone, phones.PURPOSE)
    await session.flush()


def draft(house: House, **facts: Any) -> PlanDraft:
    """A bathing visit of tomorrow; the origin comes with ``facts``."""
    starts_at = facts.pop("starts_at", house.clock.now() + timedelta(days=1))
    defaults: dict[str, Any] = {
        "title": "上门助浴",
        "area_code": city.JIANGSU_COMMUNITY,
        "promised": "两名护理员上门，协助洗浴一次。",
        "place": "江苏路 480 弄 3 号 201 室",
        "receiver": Receiver.PERSON,
        "served_by": "两名护理员",
        "starts_at": starts_at,
        "ends_at": starts_at + HOUR,
        "commitments": (CommitmentDraft(text="服务时长", unit="分钟", target=60),),
        "recipients": (RecipientDraft(phone="13800138000", name="林奶奶"),),
        "idempotency_key": new_id().hex,
    }
    return PlanDraft(**{**defaults, **facts})


async def plan(house: House, at: Scene, viewer: Viewer | None = None, **facts: Any) -> UUID:
    """Plan one delivery under the contract; answers its id."""
    if not {"contract_id", "need_id", "property_contract_id"} & facts.keys():
        facts["contract_id"] = at.under.id
    async with house.database.unit_of_work() as session:
        made = await deliveries.plan(session, viewer or at.manager, house.vault, draft(house, **facts))
        return made[0]


async def record(house: House, viewer: Viewer, delivery_id: UUID, minutes: int = 60, **facts: Any) -> None:
    said = RecordDraft(**{"minutes": minutes, "actuals": {1: minutes}, **facts})
    async with house.database.unit_of_work() as session:
        await deliveries.record(session, viewer, delivery_id, said)


async def done(house: House, at: Scene, **facts: Any) -> UUID:
    """A delivery planned for today and recorded by the member."""
    made = await plan(house, at, starts_at=house.clock.now(), **facts)
    await record(house, at.member, made)
    return made


async def confirm(house: House, viewer: Viewer, delivery_id: UUID) -> None:
    async with house.database.unit_of_work() as session:
        await confirming.confirm(session, viewer, delivery_id)


async def dispute(house: House, viewer: Viewer, delivery_id: UUID, text: str = "只来了一个人") -> None:
    async with house.database.unit_of_work() as session:
        await confirming.dispute(session, viewer, delivery_id, DisputeDraft(text=text))


async def decide(
    house: House, viewer: Viewer, delivery_id: UUID, accepted: bool = True, **facts: Any
) -> None:
    async with house.database.unit_of_work() as session:
        said = DecisionDraft(is_accepted=accepted, **facts)
        await accepting.decide(session, viewer, delivery_id, said)


async def seen(house: House, viewer: Viewer, delivery_id: UUID) -> DeliveryRow:
    async with house.database.reading() as session:
        return await queries.delivery(session, viewer, delivery_id)


async def add(house: House, viewer: Viewer, delivery_id: UUID, phone: str, name: str | None = None) -> UUID:
    async with house.database.unit_of_work() as session:
        said = RecipientDraft(phone=phone, name=name)
        return await recipients.add(session, viewer, house.vault, delivery_id, said)


async def show(
    house: House,
    viewer: Viewer,
    delivery_id: UUID,
    kind: EvidenceKind,
    content: bytes | None = None,
    text: str | None = None,
) -> UUID:
    async with house.database.unit_of_work() as session:
        said = EvidenceDraft(kind=kind, text=text, file_name="照片")
        return await evidence.add(session, viewer, house.files, delivery_id, said, content)
