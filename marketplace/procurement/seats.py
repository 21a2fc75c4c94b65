"""Where one person sits in purchases besides their roles: as an opener of bids, as a member of a panel."""

from dataclasses import dataclass

from sqlalchemy import exists, select

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.procurement.bids.models import Opener
from marketplace.procurement.evaluation.models import PanelMember


@dataclass(frozen=True, slots=True)
class Seats:
    """Whether the viewer was ever named to open bids, and whether they hold or held a seat in a panel."""

    opens: bool
    evaluates: bool


async def seats(session: Session, viewer: Viewer) -> Seats:
    """The viewer's seats, in one statement; a stranger has none and asks nothing."""
    if viewer.is_stranger:
        return Seats(opens=False, evaluates=False)
    opens = exists().where(Opener.person_id == viewer.person_id)
    evaluates = exists().where(PanelMember.person_id == viewer.person_id)
    row = (await session.execute(select(opens.label("opens"), evaluates.label("evaluates")))).one()
    return Seats(opens=row.opens, evaluates=row.evaluates)
