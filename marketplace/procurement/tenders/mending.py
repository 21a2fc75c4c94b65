"""The linter's own mending: a finding whose fix needs no judgement is put right in the draft at one press."""

from uuid import UUID

from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound
from marketplace.procurement.errors import ChangedMeanwhile
from marketplace.procurement.tenders import drafting, linting, tenders
from marketplace.procurement.tenders.file import read_file
from marketplace.procurement.tenders.findings import mended
from marketplace.procurement.tenders.running import must_not_be_over


async def mend(
    session: Session, viewer: Viewer, tender_id: UUID, code: str, field: str, draft_version: int
) -> int:
    """Make the change that the finding of that code at that field offers; answers the draft's new number.

    Raises SignInNeeded, NotFound, NotPermitted, TenderIsOver, ChangedMeanwhile.
    """
    tender = await tenders.held(session, viewer, tender_id)
    must_not_be_over(tender)
    if tender.draft_version != draft_version:
        raise ChangedMeanwhile()
    file = read_file(tender.draft)
    for finding in await linting.of_file(session, tender, file):
        if (finding.code, finding.field) == (code, field) and finding.change is not None:
            return await drafting.put(session, tender, mended(file, finding))
    raise NotFound()
