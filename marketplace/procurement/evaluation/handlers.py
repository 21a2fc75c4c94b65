"""What evaluation adds to the house: the draw of every published tender's panel is promised at once."""

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from marketplace.db.session import Database, Session
from marketplace.kernel.vault import Vault
from marketplace.outbox.registry import Registry
from marketplace.procurement.evaluation import panels
from marketplace.procurement.evaluation.models import PanelPromise
from marketplace.procurement.tenders.events import TenderPublished
from marketplace.procurement.tenders.models import Tender

_MOST_AT_ONCE = 100


def register(registry: Registry, vault: Vault) -> None:
    """Put the promise into the registry, and a repeated look for tenders that went without."""

    async def promise(session: Session, event: TenderPublished) -> None:
        await panels.promise(session, event.tender_id, vault)

    registry.on(TenderPublished, "evaluation.promise_draw", promise)
    registry.repeat_errand("evaluation.promise_draws", timedelta(hours=1), partial(promise_all, vault=vault))


async def promise_all(database: Database, vault: Vault) -> None:
    """Repeated errand: promises the draw of every published tender that is not opened yet and has no promise."""
    async with database.reading() as session:
        rows = await session.scalars(
            select(Tender.id)
            .outerjoin(PanelPromise, PanelPromise.tender_id == Tender.id)
            .where(
                Tender.published_at.is_not(None),
                Tender.opened_at.is_(None),
                Tender.cancelled_at.is_(None),
                Tender.unsuccessful_at.is_(None),
                PanelPromise.tender_id.is_(None),
            )
            .limit(_MOST_AT_ONCE)
        )
        tender_ids = list(rows)
    for tender_id in tender_ids:
        async with database.unit_of_work() as session:
            await panels.promise(session, tender_id, vault)
