"""What happens to deliveries."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class DeliveryPlanned(Event):
    """A delivery is on the calendar; those who receive it are told."""

    stream: ClassVar[str] = "delivery_id"
    delivery_id: UUID


@dataclass(frozen=True, slots=True)
class DeliveryMoved(Event):
    """Its time or place changed."""

    stream: ClassVar[str] = "delivery_id"
    delivery_id: UUID


@dataclass(frozen=True, slots=True)
class DeliveryCancelled(Event):
    """It will not take place."""

    stream: ClassVar[str] = "delivery_id"
    delivery_id: UUID


@dataclass(frozen=True, slots=True)
class DeliveryDone(Event):
    """It took place; those who received it get their tickets."""

    stream: ClassVar[str] = "delivery_id"
    delivery_id: UUID


@dataclass(frozen=True, slots=True)
class DeliveryConfirmed(Event):
    """Somebody who received it, or the community, says that it took place."""

    stream: ClassVar[str] = "delivery_id"
    delivery_id: UUID


@dataclass(frozen=True, slots=True)
class DeliveryDisputed(Event):
    """Somebody who received it, or the community, says that it did not take place as recorded."""

    stream: ClassVar[str] = "delivery_id"
    delivery_id: UUID


@dataclass(frozen=True, slots=True)
class DeliveryDecided(Event):
    """The buyer, or the community that asked for it, accepted the delivery or sent it back."""

    stream: ClassVar[str] = "delivery_id"
    delivery_id: UUID


@dataclass(frozen=True, slots=True)
class DeliveryPutRight(Event):
    """A delivery that was sent back is recorded anew, and waits for its decision."""

    stream: ClassVar[str] = "delivery_id"
    delivery_id: UUID
