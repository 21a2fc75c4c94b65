"""What happens in property services."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class OwnerClaimed(Event):
    """Somebody says that they own a home; the community looks at it."""

    stream: ClassVar[str] = "compound_id"
    compound_id: UUID
    owner_id: UUID


@dataclass(frozen=True, slots=True)
class OwnerDecided(Event):
    """The community confirmed or refused an owner's claim."""

    stream: ClassVar[str] = "compound_id"
    compound_id: UUID
    owner_id: UUID


@dataclass(frozen=True, slots=True)
class DemandRaised(Event):
    """An owner asks something of the company."""

    stream: ClassVar[str] = "compound_id"
    compound_id: UUID
    demand_id: UUID


@dataclass(frozen=True, slots=True)
class DemandDeclined(Event):
    """A demand was declined, with the reason."""

    stream: ClassVar[str] = "compound_id"
    compound_id: UUID
    demand_id: UUID


@dataclass(frozen=True, slots=True)
class PropertyContractAsked(Event):
    """One side agreed; the other is asked."""

    stream: ClassVar[str] = "compound_id"
    compound_id: UUID
    property_contract_id: UUID


@dataclass(frozen=True, slots=True)
class PropertyContractAgreed(Event):
    """Both sides agreed; what was promised stands."""

    stream: ClassVar[str] = "compound_id"
    compound_id: UUID
    property_contract_id: UUID


@dataclass(frozen=True, slots=True)
class PropertyContractEnded(Event):
    """The contract ended before its time, or its draft was withdrawn."""

    stream: ClassVar[str] = "compound_id"
    compound_id: UUID
    property_contract_id: UUID
