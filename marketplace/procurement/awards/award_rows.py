"""Results in rows: an award, a notice, a lot, all of a tender, and what one bidder is told of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from marketplace.procurement.awards.states import AwardState
from marketplace.procurement.evaluation.report import Place, Report
from marketplace.procurement.tenders.states import Stage


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A proposal to correct an award, and what the second person decided."""

    id: UUID
    award_id: UUID
    successor_id: UUID | None
    reason: str
    proposed_at: datetime
    is_mine: bool
    decided_at: datetime | None
    is_approved: bool | None
    decision_reason: str | None


@dataclass(frozen=True, slots=True)
class AwardRow:
    """An award, standing or ended."""

    id: UUID
    tender_id: UUID
    lot_id: UUID
    bid_lot_id: UUID
    organisation_id: UUID
    organisation: str
    place: int
    price_fen: int
    currency: str
    reason: str
    decided_at: datetime
    notice_due_at: datetime
    published_at: datetime | None
    notice_ends_at: datetime | None
    signing_ends_at: datetime | None
    ended_at: datetime | None
    ended_for: str | None
    ended_reason: str | None
    signed_at: datetime | None
    replaces_id: UUID | None
    state: AwardState
    is_mine: bool
    corrections: tuple[CorrectionRow, ...]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    id: UUID
    published_at: datetime
    ends_at: datetime
    official_notice_url: str | None
    content: Mapping[str, Any]
    content_hash: str


@dataclass(frozen=True, slots=True)
class Seated:
    """Who sits, or sat, on the panel."""

    seat: int
    kind: str
    name: str | None
    is_replaced: bool


@dataclass(frozen=True, slots=True)
class OwnResult:
    """What a bidder is told about its own bid for a lot."""

    lot_id: UUID
    lot_number: int
    lot_title: str
    organisation_id: UUID
    organisation: str
    bid_lot_id: UUID
    price_fen: int
    place: int | None
    of: int
    total: str | None
    scores: Mapping[str, str]
    criteria: Mapping[str, str]
    excluded_for: str | None
    is_awarded: bool


@dataclass(frozen=True, slots=True)
class LotResult:
    """One lot. ``report`` is None where the lot was never evaluated, or while its result is not public."""

    id: UUID
    number: int
    title: str
    ceiling_fen: int
    currency: str
    unsuccessful_at: datetime | None
    unsuccessful_reason: str | None
    report: Report | None
    report_hash: str | None
    decision_due_at: datetime | None
    awards: tuple[AwardRow, ...]

    @property
    def standing(self) -> tuple[AwardRow, ...]:
        return tuple(one for one in self.awards if one.ended_at is None)

    @property
    def ended(self) -> tuple[AwardRow, ...]:
        return tuple(one for one in self.awards if one.ended_at is not None)

    @property
    def candidates(self) -> tuple[Place, ...]:
        """Who may still be awarded the lot, in rank."""
        had = {str(one.bid_lot_id) for one in self.awards}
        places = self.report.ranking if self.report else ()
        return tuple(one for one in places if one.bid not in had)

    @property
    def is_public(self) -> bool:
        return self.unsuccessful_at is not None or any(one.published_at for one in self.awards)


@dataclass(frozen=True, slots=True)
class Results:
    """A process's results. ``least_weight`` and ``most_weight`` are the lawful bounds for the weight of the price."""

    tender_id: UUID
    title: str
    reference: str
    area_code: str
    procedure: str
    stage: Stage
    evaluated_at: datetime | None
    unsuccessful_at: datetime | None
    unsuccessful_reason: str | None
    least_weight: int
    most_weight: int
    lots: tuple[LotResult, ...]
    notices: tuple[NoticeRow, ...]
    panel: tuple[Seated, ...]
    is_buyer: bool
