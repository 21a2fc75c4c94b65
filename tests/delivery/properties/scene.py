"""A compound with its people, as the tests of property services take them: a worker, owners, a company, an inspector, passers-by."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.delivery.properties import commitments, contracts, demands, facts, sources
from marketplace.delivery.properties.drafts import (
    DemandDraft,
    FactDraft,
    LineDraft,
    PropertyContractDraft,
    SourceDraft,
)
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from tests import builders, city, delivering


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is there. ``rival`` manages a company without a contract; ``stranger_owner`` owns a home in another compound."""

    compound_id: UUID
    other_compound_id: UUID
    organisation_id: UUID
    worker: Viewer
    colleague: Viewer
    manager: Viewer
    owner: Viewer
    second_owner: Viewer
    rival: Viewer
    stranger_owner: Viewer
    inspector: Viewer
    outsider: Viewer


async def build(house: House) -> Scene:
    """A compound of 400 households with two owners, and a company that has no contract yet."""
    async with house.database.unit_of_work() as session:
        compound_id = await delivering.compound(session)
        other = await delivering.compound(session, "武夷花园", area_code=city.HUAYANG_COMMUNITY)
        company = await builders.organisation(session, "安居物业服务有限公司", kind="property_company")
        rival = await builders.organisation(session, "另一家物业服务有限公司", kind="property_company")
        worker, manager = Role.COMMUNITY_WORKER, Role.ORGANISATION_MANAGER
        return Scene(
            compound_id,
            other,
            company,
            await builders.viewer(session, "社工小赵", worker, city.JIANGSU_COMMUNITY),
            await builders.viewer(session, "社工小钱", worker, city.JIANGSU_COMMUNITY),
            await builders.viewer(session, "物业经理老丁", manager, company),
            await delivering.owner(session, compound_id),
            await delivering.owner(session, compound_id, "业主老孙"),
            await builders.viewer(session, "别家经理", manager, rival),
            await delivering.owner(session, other, "别处业主"),
            await builders.viewer(session, "巡查员老李"),
            await builders.viewer(session, "路人"),
        )


def terms(at: Scene, house: House, **changes: Any) -> PropertyContractDraft:
    """A contract that began with the year, for two years, with two standards."""
    year = local_day(house.clock.now()).year
    given: dict[str, Any] = {
        "organisation_id": at.organisation_id,
        "fee_fen": 220,
        "starts_on": date(year, 1, 1),
        "ends_on": date(year + 1, 12, 31),
        "standards": ["stairs_swept", "urgent_repair_arrival"],
    }
    return read(PropertyContractDraft, {**given, **changes})


async def drafted(house: House, at: Scene, **changes: Any) -> UUID:
    """A draft by the worker."""
    async with house.database.unit_of_work() as session:
        return await contracts.draft(session, at.worker, at.compound_id, terms(at, house, **changes))


async def agreed(house: House, at: Scene, **changes: Any) -> UUID:
    """A contract to which both sides agreed."""
    contract_id = await drafted(house, at, **changes)
    async with house.database.unit_of_work() as session:
        await contracts.agree_for_owners(session, at.worker, contract_id)
        await contracts.agree_for_company(session, at.manager, contract_id)
    return contract_id


async def line(house: House, at: Scene, contract_id: UUID, **changes: Any) -> UUID:
    """A line that was agreed, in a draft."""
    given: dict[str, Any] = {
        "part": "cleaning",
        "text": "地下车库清扫",
        "unit": "times",
        "direction": "at_least",
        "target": 7,
        "per": "week",
    }
    async with house.database.unit_of_work() as session:
        return await commitments.add(session, at.worker, contract_id, read(LineDraft, {**given, **changes}))


async def demand(
    house: House, viewer: Viewer, compound_id: UUID, text: str = "加装电动车充电桩", key: str = ""
) -> UUID:
    """A demand of an owner."""
    fields = {"part": "security", "text": text, "idempotency_key": key or new_id().hex}
    async with house.database.unit_of_work() as session:
        return await demands.raise_demand(session, viewer, compound_id, read(DemandDraft, fields))


async def source(
    house: House,
    viewer: Viewer,
    compound_id: UUID,
    kind: str = "inspection",
    name: str = "居委会巡查",
    **more: Any,
) -> UUID:
    """A source that its registrar keeps."""
    draft = read(SourceDraft, {"name": name, "kind": kind, **more})
    async with house.database.unit_of_work() as session:
        return await sources.register(session, viewer, house.vault, compound_id, draft)


def told(house: House, commitment_id: UUID, source_id: UUID, **changes: Any) -> FactDraft:
    """Last week: seven times."""
    today = local_day(house.clock.now())
    given: dict[str, Any] = {
        "commitment_id": commitment_id,
        "source_id": source_id,
        "from_on": today - timedelta(days=7),
        "until_on": today - timedelta(days=1),
        "value": 7,
        "idempotency_key": new_id().hex,
    }
    return read(FactDraft, {**given, **changes})


async def post(house: House, viewer: Viewer, draft: FactDraft) -> UUID:
    """Post a fact."""
    async with house.database.unit_of_work() as session:
        return await facts.post(session, viewer, draft)
