"""The published file of a tender as bids need it: the version in force, its hash, and which version voided earlier bids."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from marketplace.db.session import Session
from marketplace.kernel.errors import NotFound
from marketplace.procurement.tenders.file import Criterion, CriterionKind, TenderFile, read_file
from marketplace.procurement.tenders.models import TenderVersion


@dataclass(frozen=True, slots=True)
class FileInForce:
    """The newest published version of a file."""

    version: int
    content_hash: str
    file: TenderFile


async def in_force(session: Session, tender_id: UUID) -> FileInForce:
    """The file that a bid answers now. Raises NotFound for a tender that was never published."""
    row = await session.scalar(
        select(TenderVersion)
        .where(TenderVersion.tender_id == tender_id)
        .order_by(TenderVersion.number.desc())
        .limit(1)
    )
    if row is None:
        raise NotFound()
    return FileInForce(row.number, row.content_hash, read_file(row.content))


async def hashes(session: Session, tender_id: UUID) -> Mapping[int, str]:
    """The hash of every published version, by its number."""
    rows = await session.execute(
        select(TenderVersion.number, TenderVersion.content_hash).where(TenderVersion.tender_id == tender_id)
    )
    return {row.number: row.content_hash for row in rows}


async def binding_version(session: Session, tender_id: UUID) -> int:
    """The newest version that voided bids: whoever bid for an older one confirms, or does not count. 1 when none did."""
    newest = await session.scalar(
        select(func.max(TenderVersion.number)).where(
            TenderVersion.tender_id == tender_id, TenderVersion.voids_bids
        )
    )
    return newest or 1


def quality_of(file: TenderFile) -> list[Criterion]:
    """The criteria that a bidder answers in words; the price answers itself."""
    return [one for one in file.criteria if one.kind is CriterionKind.QUALITY]
