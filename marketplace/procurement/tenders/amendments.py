"""Amendments: the edited draft of a published tender becomes its next version, before the deadline, and leaves bidders the time the rule asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from marketplace.catalogue.rules import RuleInForce
from marketplace.db import audit
from marketplace.db.clock import database_now
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import SHANGHAI, local, local_day
from marketplace.outbox.publish import publish as tell
from marketplace.procurement import profiles, records, working_days
from marketplace.procurement.errors import TenderIsSuspended
from marketplace.procurement.tenders import linting, lots, tenders
from marketplace.procurement.tenders.differences import Change, between
from marketplace.procurement.tenders.drafts import AmendmentDraft
from marketplace.procurement.tenders.errors import (
    AmendmentAffectsBids,
    AmendmentChangesNothing,
    AmendmentIsTooLate,
    DeadlineMovesForwardOnly,
)
from marketplace.procurement.tenders.events import TenderAmended
from marketplace.procurement.tenders.file import TenderFile, read_file
from marketplace.procurement.tenders.models import Tender, TenderVersion
from marketplace.procurement.working_days import Calendar


@dataclass(frozen=True, slots=True)
class Preview:
    """What an amendment would do: its changes, whether bids have to be made anew, and the deadline with which it comes out."""

    changes: list[Change]
    must_void: bool
    deadline_if_void: datetime
    deadline_if_not: datetime


async def amend(session: Session, viewer: Viewer, tender_id: UUID, draft: AmendmentDraft) -> int:
    """Publish the draft as the next version; answers its number.

    What bids are made by (lots, criteria, conditions, terms) always voids them until they are confirmed; texts and papers do where
    the officer says so. Where bids are affected and fewer days are left than the rule asks, the deadline moves.
    Raises SignInNeeded, NotFound, NotPermitted, TenderIsOver, TenderIsNotPublished, TenderIsSuspended, AmendmentChangesNothing,
    AmendmentAffectsBids, DeadlineMovesForwardOnly, FileIsUnlawful, AmendmentIsTooLate.
    """
    tender = await _open(session, viewer, tender_id)
    before = await in_force(session, tender)
    wanted = read_file(tender.draft)
    changes = between(before, wanted)
    if not changes:
        raise AmendmentChangesNothing()
    voids = draft.affects_bids
    if not voids and not all(one.is_harmless for one in changes):
        raise AmendmentAffectsBids(part=next(one.part for one in changes if not one.is_harmless))
    file = await _timely(session, tender, wanted, affects_bids=voids)
    await linting.must_be_lawful(session, tender, file)
    by = viewer.signed_in()
    await _put(session, tender, file)
    await lots.put(session, tender, file)
    version = tenders.version_of(session, tender, file, by, voids_bids=voids, reason=draft.reason)
    session.add(version)
    await session.flush()
    await _note(session, tender, version, by)
    return tender.version


async def preview(session: Session, viewer: Viewer, tender_id: UUID) -> Preview:
    """What the draft would change. Raises as ``amend`` does of a tender that takes no amendment."""
    tender = await _open(session, viewer, tender_id)
    before, wanted = await in_force(session, tender), read_file(tender.draft)
    changes = between(before, wanted)
    harmless = all(one.is_harmless for one in changes)
    given = wanted.submissions_end_at or tender.submissions_end_at
    assert given is not None
    rule, calendar = await profiles.rule(session, "amendment"), await working_days.calendar(session)
    return Preview(changes, not harmless, _moved(given, session.now(), rule, calendar), given)


async def in_force(session: Session, tender: Tender) -> TenderFile:
    """The file of the version that bids answer now."""
    content = await session.scalar(
        select(TenderVersion.content).where(
            TenderVersion.tender_id == tender.id, TenderVersion.number == tender.version
        )
    )
    return read_file(content or {})


async def _open(session: Session, viewer: Viewer, tender_id: UUID) -> Tender:
    tender = await tenders.held(session, viewer, tender_id)
    tenders.must_be_public(session, tender)
    if tender.suspended_at is not None:
        raise TenderIsSuspended()
    return tender


async def _timely(session: Session, tender: Tender, file: TenderFile, *, affects_bids: bool) -> TenderFile:
    """The file with a deadline that is not before the old one and, where bids are affected, leaves the days of the rule."""
    assert tender.submissions_end_at is not None
    given = file.submissions_end_at or tender.submissions_end_at
    if given < tender.submissions_end_at:
        raise DeadlineMovesForwardOnly()
    if affects_bids:
        rule = await profiles.rule(session, "amendment")
        given = _moved(given, session.now(), rule, await working_days.calendar(session))
    return file.model_copy(update={"submissions_end_at": given})


def _moved(deadline: datetime, now: datetime, rule: RuleInForce, calendar: Calendar) -> datetime:
    """The deadline, or the first working day on which the days of the rule have passed, at the same time of day."""
    days = rule.value["left_days"]
    if deadline - now >= timedelta(days=days):
        return deadline
    day = calendar.later(local_day(now), days, rule.day_type)
    moved = datetime.combine(day, local(deadline).time(), tzinfo=SHANGHAI)
    if moved - now < timedelta(days=days):
        moved = datetime.combine(calendar.later(day, 1, "working"), local(deadline).time(), tzinfo=SHANGHAI)
    return moved


async def _put(session: Session, tender: Tender, file: TenderFile) -> None:
    """The row as the new version has it, in the one statement that also asks the database's clock. Raises AmendmentIsTooLate."""
    changed = await session.execute(
        update(Tender)
        .where(
            Tender.id == tender.id,
            Tender.version == tender.version,
            Tender.submissions_end_at > database_now(session),
            Tender.opened_at.is_(None),
        )
        .values(
            version=tender.version + 1,
            title=file.title,
            category_code=file.category_code,
            enquiries_end_at=file.enquiries_end_at,
            submissions_end_at=file.submissions_end_at,
            draft=file.plain(),
            draft_version=tender.draft_version + 1,
        )
        .returning(Tender.id)
        .execution_options(synchronize_session=False)
    )
    if changed.scalar_one_or_none() is None:
        raise AmendmentIsTooLate()
    await session.refresh(tender)


async def _note(session: Session, tender: Tender, version: TenderVersion, by: UUID) -> None:
    await records.append(
        session, tender.id, "tender.amended", by,
        version=version.number, content_hash=version.content_hash, reason=version.reason,
        voids_bids=version.voids_bids, submissions_end_at=tender.submissions_end_at,
    )  # fmt: skip
    audit.record(session, by, "tender.amended", ("tender", tender.id), version=version.number)
    await tell(session, TenderAmended(tender.id, version.number))
