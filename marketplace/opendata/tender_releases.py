"""A release for everything that becomes public of a tender, from its publication to the last payment."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from marketplace.db.session import Session
from marketplace.opendata import facts
from marketplace.opendata.award_part import awards_part, contract_documents, contract_part
from marketplace.opendata.bids_part import bids_part
from marketplace.opendata.codelists import ReleaseTag
from marketplace.opendata.facts import TenderFacts
from marketplace.opendata.parties import Parties
from marketplace.opendata.parts import RelatedProcess
from marketplace.opendata.publishing import Head, Process, Publisher, publish
from marketplace.opendata.release import Contract, Release
from marketplace.opendata.tender_part import LANGUAGE, official_notice, tender_part

Choose = Callable[[Head], ReleaseTag]


async def of_tender(session: Session, publisher: Publisher, tender_id: UUID, tag: ReleaseTag) -> bool:
    """Tell that the tender changed; nothing while it is not public."""
    found = await facts.of_tender(session, tender_id)
    return found is not None and await _publish(session, publisher, found, lambda _head: tag)


async def of_award(session: Session, publisher: Publisher, tender_id: UUID, award_id: UUID) -> bool:
    """Tell of an award: new, changed or ended; nothing of one that was never announced."""
    found = await facts.of_tender(session, tender_id)
    award = next((one for one in found.awards if one.id == award_id), None) if found else None
    if found is None or award is None:
        return False

    def tag(head: Head) -> ReleaseTag:
        if award.ended_at is not None:
            return "awardCancellation"
        return "awardUpdate" if _told(head, "awards", award_id) else "award"

    return await _publish(session, publisher, found, tag)


async def of_contract(
    session: Session, publisher: Publisher, tender_id: UUID, contract_id: UUID, tag: ReleaseTag
) -> bool:
    """Tell of a contract of the tender itself; nothing of one that is not public."""
    found = await facts.of_tender(session, tender_id)
    if found is None or all(one.contract.id != contract_id for one in found.contracts):
        return False
    return await _publish(session, publisher, found, lambda head: contract_tag(head, contract_id, tag))


def contract_tag(head: Head, contract_id: UUID, tag: ReleaseTag) -> ReleaseTag:
    """The tag of a first telling, or that of an update when the record has it already."""
    told = _told(head, "contracts", contract_id)
    if tag == "contract":
        return "contractUpdate" if told else "contract"
    if tag == "implementation":
        return "implementationUpdate" if told and "implementation" in told else "implementation"
    return tag


def _told(head: Head, part: str, one: UUID) -> dict[str, object] | None:
    members: list[dict[str, object]] = (head.record or {}).get(part, [])
    return next((member for member in members if member["id"] == str(one)), None)


async def _publish(session: Session, publisher: Publisher, found: TenderFacts, tag: Choose) -> bool:
    ocid = publisher.ocid("tender", found.tender.reference, found.tender.id)
    now = session.now()

    def make(head: Head) -> Release:
        chosen: list[ReleaseTag] = [tag(head)]
        if head.record is None and chosen != ["tender"]:
            # Whatever is told of a process first, it tells of its tender too.
            chosen.insert(0, "tender")
        return _release(found, head, chosen, publisher, now)

    return await publish(session, Process(found.tender.id, ocid), make)


def _release(
    found: TenderFacts, head: Head, tags: Sequence[ReleaseTag], publisher: Publisher, now: datetime
) -> Release:
    parties = Parties(found.organisations)
    buyer = parties.buyer(found.buyer, "buyer")
    tender = tender_part(found, parties, publisher, now)
    bids = bids_part(found, parties)
    awards = awards_part(found, parties, publisher)
    contracts = _contracts(found, parties, publisher)
    return Release(
        ocid=head.ocid,
        id=head.release_id(tags),
        date=head.date,
        tag=list(tags),
        initiation_type="tender",
        language=LANGUAGE,
        parties=parties.all(),
        buyer=buyer,
        tender=tender,
        bids=bids,
        awards=awards,
        contracts=contracts,
        related_processes=_related(found),
    )


def _contracts(found: TenderFacts, parties: Parties, publisher: Publisher) -> list[Contract]:
    return [
        contract_part(
            one,
            found.buyer,
            str(one.contract.award_id),
            parties,
            [*contract_documents(one, publisher), *official_notice(found.file)],
        )
        for one in found.contracts
    ]


def _related(found: TenderFacts) -> list[RelatedProcess]:
    return [
        RelatedProcess(
            id=str(process), relationship=[relation], scheme="ocid", identifier=found.ocids[process]
        )
        for process, relation in (
            (found.tender.list_item_id, "planning"),
            (found.tender.replaces_tender_id, "unsuccessfulProcess"),
        )
        if process is not None and process in found.ocids
    ]
