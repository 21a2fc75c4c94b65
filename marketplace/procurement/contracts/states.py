"""Where a contract, a milestone and a call-off stand: derived from their facts, in OCDS's words and, finer, in ours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from marketplace.kernel.clock import local_day


class ContractStatus(StrEnum):
    """OCDS 1.1 ``contract.status``."""

    PENDING = "pending"
    ACTIVE = "active"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"


class ContractState(StrEnum):
    """A contract's way. ``void`` is a draft whose award does not stand any more. Words are keyed ``state.contract.<value>``."""

    DRAFT = "draft"
    ACTIVE = "active"
    ACCEPTED = "accepted"
    TERMINATED = "terminated"
    VOID = "void"


class MilestoneState(StrEnum):
    """Words are keyed ``state.milestone.<value>``; ``dropped`` is what was open when the contract ended."""

    COMING = "coming"
    LATE = "late"
    REPORTED = "reported"
    SENT_BACK = "sent_back"
    ACCEPTED = "accepted"
    DROPPED = "dropped"


class CallOffState(StrEnum):
    """Words are keyed ``state.call_off.<value>``; ``offered`` waits for the decision after the end of offers."""

    OPEN = "open"
    OFFERED = "offered"
    DECIDED = "decided"
    ENDED = "ended"


_STATUSES = {
    ContractState.DRAFT: ContractStatus.PENDING,
    ContractState.ACTIVE: ContractStatus.ACTIVE,
    ContractState.ACCEPTED: ContractStatus.TERMINATED,
    ContractState.TERMINATED: ContractStatus.TERMINATED,
    ContractState.VOID: ContractStatus.CANCELLED,
}


class ContractFacts(Protocol):
    """What of a contract decides its state, beside whether its award stands."""

    @property
    def signed_at(self) -> datetime | None: ...
    @property
    def accepted_at(self) -> datetime | None: ...
    @property
    def terminated_at(self) -> datetime | None: ...


class CallOffFacts(Protocol):
    """What of a call-off decides its state."""

    @property
    def offers_end_at(self) -> datetime | None: ...
    @property
    def organisation_id(self) -> object | None: ...
    @property
    def ended_at(self) -> datetime | None: ...


class ReportFacts(Protocol):
    """What of a report decides where its milestone stands."""

    @property
    def number(self) -> int: ...
    @property
    def reported_at(self) -> datetime: ...
    @property
    def is_accepted(self) -> bool | None: ...


def contract_state(contract: ContractFacts, *, award_stands: bool = True) -> ContractState:
    """The state. A signed contract stays in force when its award is touched later: only an end ends it."""
    if contract.terminated_at is not None:
        return ContractState.TERMINATED
    if contract.accepted_at is not None:
        return ContractState.ACCEPTED
    if contract.signed_at is not None:
        return ContractState.ACTIVE
    return ContractState.DRAFT if award_stands else ContractState.VOID


def contract_status(state: ContractState) -> ContractStatus:
    """The OCDS status: a contract that was fulfilled is "terminated" there, as one that ended early is."""
    return _STATUSES[state]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a milestone stands and how many days late: against today while it is open, against the accepted report afterwards."""

    state: MilestoneState
    days_late: int


def milestone_progress(
    due_on: date, reports: Iterable[ReportFacts], now: datetime, *, is_over: bool = False
) -> Progress:
    """``reports`` are the milestone's; ``is_over`` says that the contract is accepted or ended."""
    told = sorted(reports, key=lambda one: one.number)
    newest = told[-1] if told else None
    if newest is not None and newest.is_accepted is not False:
        late = (local_day(newest.reported_at) - due_on).days
        state = MilestoneState.ACCEPTED if newest.is_accepted else MilestoneState.REPORTED
        return Progress(MilestoneState.DROPPED if is_over and not newest.is_accepted else state, max(late, 0))
    if is_over:
        return Progress(MilestoneState.DROPPED, 0)
    late = max((local_day(now) - due_on).days, 0)
    if newest is not None:
        return Progress(MilestoneState.SENT_BACK, late)
    return Progress(MilestoneState.LATE if late else MilestoneState.COMING, late)


def call_off_state(call_off: CallOffFacts, now: datetime) -> CallOffState:
    """The state at ``now``; the end of offers itself is judged by the database's clock."""
    if call_off.organisation_id is not None:
        return CallOffState.DECIDED
    if call_off.ended_at is not None:
        return CallOffState.ENDED
    if call_off.offers_end_at is not None and now < call_off.offers_end_at:
        return CallOffState.OPEN
    return CallOffState.OFFERED
