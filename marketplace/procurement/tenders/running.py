"""Whether a process may go on: what every command of the rooms above asks first, besides its own conditions. Pure."""

from marketplace.procurement.errors import TenderIsOver, TenderIsSuspended
from marketplace.procurement.tenders.models import Tender


def must_run(tender: Tender) -> None:
    """The process has neither ended nor does it rest while a complaint is decided. Raises TenderIsOver, TenderIsSuspended."""
    must_not_be_over(tender)
    must_not_rest(tender)


def must_not_be_over(tender: Tender) -> None:
    """For what may be done while a process rests. Raises TenderIsOver for one cancelled, without a result, or complete."""
    ends = (tender.cancelled_at, tender.unsuccessful_at, tender.completed_at)
    if any(moment is not None for moment in ends):
        raise TenderIsOver()


def must_not_rest(tender: Tender) -> None:
    """For what may still be done after the end. Raises TenderIsSuspended."""
    if tender.suspended_at is not None:
        raise TenderIsSuspended()
