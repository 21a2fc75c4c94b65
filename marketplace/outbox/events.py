"""What an event is: a frozen dataclass that says which stream it belongs to and can be written as JSON and read back."""

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from pydantic import TypeAdapter

_BY_NAME: dict[str, type["Event"]] = {}


@dataclass(frozen=True, slots=True)
class Event:
    """The base of all events. Subclasses are frozen, slotted dataclasses of ids, moments and plain values; never personal data.

    ``stream`` names the field that holds the id of the thing that changed: events of one stream are delivered in order.
    """

    stream: ClassVar[str]

    def __init_subclass__(cls, **options: Any) -> None:
        # slots=True builds the class twice; the second, real one wins the name.
        _BY_NAME[cls.__name__] = cls

    @property
    def stream_id(self) -> UUID:
        value = getattr(self, self.stream)
        if not isinstance(value, UUID):
            raise TypeError(f"{type(self).__name__}.{self.stream} is not an id")
        return value


@cache
def _adapter(name: str) -> TypeAdapter[Event]:
    return TypeAdapter(_BY_NAME[name])


def to_payload(event: Event) -> dict[str, Any]:
    """The event as plain JSON values."""
    payload = _adapter(type(event).__name__).dump_python(event, mode="json")
    return dict(payload)


def from_payload(name: str, payload: dict[str, Any]) -> Event:
    """The event that ``to_payload`` wrote. Raises KeyError for a name that no module declares."""
    return _adapter(name).validate_python(payload)
