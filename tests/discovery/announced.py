"""Lists and items for tests of finding, written straight into the tables."""

from datetime import date
from typing import Any
from uuid import UUID

from marketplace.db.session import Session
from marketplace.kernel.ids import new_id
from marketplace.procurement.lists.models import ListEdition, ListItem, ListItemVersion, ServiceList
from tests import builders, buying, city


async def service_list(session: Session, buyer_id: UUID | None = None) -> ServiceList:
    """A list of next year's services, without an edition yet."""
    row = ServiceList(
        id=new_id(),
        buyer_id=buyer_id or await buying.buyer(session),
        title="二〇二七年购买服务清单",
        starts_on=date(2027, 1, 1),
        ends_on=date(2027, 12, 31),
        created_at=session.now(),
        created_by=await builders.person(session, "采购员老周"),
    )
    session.add(row)
    await session.flush()
    return row


async def edition(session: Session, of: ServiceList, number: int = 1, **facts: Any) -> ListEdition:
    """An edition that is final unless told otherwise."""
    defaults = {"finalised_at": session.now(), "finalised_by": of.created_by}
    row = ListEdition(
        id=new_id(),
        list_id=of.id,
        number=number,
        created_at=session.now(),
        created_by=of.created_by,
        **{**defaults, **facts},
    )
    session.add(row)
    await session.flush()
    return row


async def item(session: Session, of: ListEdition, item_id: UUID | None = None, **facts: Any) -> UUID:
    """A line of an edition: bathing help for 300,000 yuan; a new line of the list unless one is given."""
    if item_id is None:
        line = ListItem(id=new_id(), list_id=of.list_id, number=int(new_id().hex[-6:], 16))
        session.add(line)
        await session.flush()
        item_id = line.id
    defaults: dict[str, Any] = {
        "title": "社区助浴服务",
        "description": "为行动不便的老人上门洗澡。",
        "category_code": "bathing_help",
        "area_code": city.JIANGSU_ROAD,
        "budget_fen": 30_000_000,
        "quantity": 3000,
        "unit": "人次",
        "planned_tender_on": date(2027, 2, 1),
        "starts_on": date(2027, 4, 1),
        "ends_on": date(2027, 12, 31),
        "renewal": "none",
        "standards": "两人同行。",
    }
    session.add(ListItemVersion(id=new_id(), edition_id=of.id, item_id=item_id, **{**defaults, **facts}))
    await session.flush()
    return item_id
