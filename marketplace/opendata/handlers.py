"""What open data hears: every event of procurement after which the public knows more, and the tag under which it is told; and the errand
that keeps the dumps of scorecards.

The inbox takes each event once, in the transaction that publishes, so an event that arrives twice makes one release.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from marketplace.db.session import Session
from marketplace.kernel.files import FileStore
from marketplace.opendata import call_off_releases, plan_releases, scorecard_keeping, tender_releases
from marketplace.opendata.codelists import ReleaseTag
from marketplace.opendata.publishing import Publisher
from marketplace.outbox.events import Event
from marketplace.outbox.registry import Registry
from marketplace.procurement.awards import events as awards
from marketplace.procurement.bids import events as bids
from marketplace.procurement.contracts import events as contracts
from marketplace.procurement.lists import events as lists
from marketplace.procurement.tenders import events as tenders

NAME = "opendata.release"
_TENDERS: dict[type[Event], ReleaseTag] = {
    tenders.TenderPublished: "tender",
    tenders.TenderAmended: "tenderAmendment",
    tenders.TenderCancelled: "tenderCancellation",
    tenders.TenderEndedUnsuccessful: "tenderUpdate",
    tenders.QuestionAnswered: "tenderUpdate",
    bids.BidsOpened: "tenderUpdate",
    awards.TenderSuspended: "tenderUpdate",
    awards.SuspensionLifted: "tenderUpdate",
}
_CONTRACTS: dict[type[Event], ReleaseTag] = {
    contracts.ContractPublished: "contract",
    contracts.ContractChanged: "contractAmendment",
    contracts.MilestoneDecided: "implementation",
    contracts.PaymentRecorded: "implementation",
    contracts.ContractAccepted: "contractTermination",
    contracts.ContractTerminated: "contractTermination",
}
Handle = Callable[[Session, Any], Awaitable[None]]


def register(registry: Registry, publisher: Publisher, files: FileStore) -> None:
    """Publish a release after every event that the tables name; keep a dump of every month whose scorecards were computed."""
    for event, tag in _TENDERS.items():
        registry.on(event, NAME, _tender(publisher, tag))
    for event, tag in _CONTRACTS.items():
        registry.on(event, NAME, _contract(publisher, tag))
    for event in (awards.AwardPublished, awards.AwardEnded):
        registry.on(event, NAME, _award(publisher))
    for event in (contracts.CallOffOpened, contracts.CallOffDecided):
        registry.on(event, NAME, _call_off(publisher))
    registry.on(lists.EditionFinalised, NAME, _edition(publisher))
    registry.repeat_errand(
        "opendata.keep_scorecard_dumps",
        timedelta(minutes=10),
        partial(scorecard_keeping.keep_up, store=files, license=publisher.license),
    )


def _tender(publisher: Publisher, tag: ReleaseTag) -> Handle:
    async def handle(session: Session, event: Any) -> None:
        await tender_releases.of_tender(session, publisher, event.tender_id, tag)

    return handle


def _award(publisher: Publisher) -> Handle:
    async def handle(session: Session, event: Any) -> None:
        await tender_releases.of_award(session, publisher, event.tender_id, event.award_id)

    return handle


def _contract(publisher: Publisher, tag: ReleaseTag) -> Handle:
    """A contract belongs to its tender's process, or to that of the call-off it came from."""

    async def handle(session: Session, event: Any) -> None:
        call_off_id = await call_off_releases.call_off_of(session, event.contract_id)
        if call_off_id is not None:
            await call_off_releases.of_contract(session, publisher, call_off_id, event.contract_id, tag)
        else:
            await tender_releases.of_contract(session, publisher, event.tender_id, event.contract_id, tag)

    return handle


def _call_off(publisher: Publisher) -> Handle:
    async def handle(session: Session, event: Any) -> None:
        await call_off_releases.of_call_off(session, publisher, event.call_off_id)

    return handle


def _edition(publisher: Publisher) -> Handle:
    async def handle(session: Session, event: lists.EditionFinalised) -> None:
        await plan_releases.of_edition(session, publisher, event.edition_id)

    return handle
