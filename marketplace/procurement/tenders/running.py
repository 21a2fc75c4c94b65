"""Whether a process may go on: what every command of the rooms above asks first, besides its own conditions. Pure."""

from marketplace.procurement.errors import TenderIsOver, TenderIsSuspended
from marketplace.procurement.tenders.models import Tender


def must_run(tender: Tender) -> None:
    """The process has neither ended nor does it rest while a complaint is decided. Raises TenderIsOver, TenderIsSuspended."""
    if (
        tender.cancelled_at is not None
        or tender.unsuccessful_at is not None
        or tender.completed_at is not None
    ):
        raise TenderIsOver()
    must_not_rest(tender)


def must_not_rest(tender: Tender) -> None:
    """For what may still be done after the end. Raises TenderIsSuspended."""
    if tender.suspended_at is not None:
        raise TenderIsSuspended()
