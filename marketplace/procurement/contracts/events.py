"""What happens to contracts and framework agreements."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class ContractDrafted(Event):
    """There is a contract to sign."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID


@dataclass(frozen=True, slots=True)
class ContractSigned(Event):
    """Both sides signed."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID


@dataclass(frozen=True, slots=True)
class ContractPublished(Event):
    """The contract is public."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID


@dataclass(frozen=True, slots=True)
class ChangeProposed(Event):
    """A change, a supplement or an early end waits for a second officer."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID
    change_id: UUID


@dataclass(frozen=True, slots=True)
class ChangeRefused(Event):
    """The second officer refused; the contract stays as it is."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID
    change_id: UUID


@dataclass(frozen=True, slots=True)
class ContractChanged(Event):
    """A change or supplement was approved."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID


@dataclass(frozen=True, slots=True)
class MilestoneReported(Event):
    """The supplier says that a milestone is delivered."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID
    milestone_id: UUID


@dataclass(frozen=True, slots=True)
class MilestoneDecided(Event):
    """The buyer accepted the delivery or sent it back."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID
    milestone_id: UUID


@dataclass(frozen=True, slots=True)
class PaymentRecorded(Event):
    """A payment, or the reversal of one, is on record."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class ContractAccepted(Event):
    """The service is finally accepted, its users heard."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID


@dataclass(frozen=True, slots=True)
class ContractTerminated(Event):
    """The contract ended before its time."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    contract_id: UUID


@dataclass(frozen=True, slots=True)
class CallOffOpened(Event):
    """A service is called off a framework; its suppliers are told."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    call_off_id: UUID


@dataclass(frozen=True, slots=True)
class CallOffDecided(Event):
    """A call-off went to a supplier, or to nobody."""

    stream: ClassVar[str] = "tender_id"
    tender_id: UUID
    call_off_id: UUID
