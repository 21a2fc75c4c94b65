"""A tender as its officer writes it, for the tests of the room."""

from typing import Any
from uuid import UUID

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.procurement.profiles import Procedure
from marketplace.procurement.tenders import drafting, tenders
from marketplace.procurement.tenders.drafts import NewTenderDraft
from tests import buying


async def ready(_session: Session, _tender_id: UUID) -> None:
    """Stands for the room above: the key is ready."""


async def drafted(session: Session, officer: Viewer, **changes: Any) -> UUID:
    """A draft of the lawful file, with changes."""
    buyer_id = await buying.buyer(session)
    tender_id = await drafting.start(
        session,
        officer,
        NewTenderDraft(buyer_id=buyer_id, procedure=Procedure.OPEN_TENDER, title="社区助浴服务"),
    )
    await drafting.save(session, officer, tender_id, buying.file(session, **changes), 1)
    return tender_id


async def published(session: Session, officer: Viewer, **changes: Any) -> UUID:
    """The same, published."""
    tender_id = await drafted(session, officer, **changes)
    await tenders.publish(session, officer, tender_id, must_be_ready=ready)
    return tender_id
