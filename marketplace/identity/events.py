"""What identity tells the rest of the house."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class RoleGranted(Event):
    stream: ClassVar[str] = "person_id"
    person_id: UUID
    grant_id: UUID


@dataclass(frozen=True, slots=True)
class RoleRevoked(Event):
    stream: ClassVar[str] = "person_id"
    person_id: UUID
    grant_id: UUID


@dataclass(frozen=True, slots=True)
class QualificationDecided(Event):
    """An officer verified or refused a stated qualification."""

    stream: ClassVar[str] = "person_id"
    person_id: UUID
    qualification_id: UUID


@dataclass(frozen=True, slots=True)
class ProfileChanged(Event):
    """What a person says of themselves is another: skills, times, home, birth date, qualifications, or a guardian's consent."""

    stream: ClassVar[str] = "person_id"
    person_id: UUID


@dataclass(frozen=True, slots=True)
class ConsentDecided(Event):
    """A person agreed to something or no longer does; ``kind`` is a consents.ConsentKind."""

    stream: ClassVar[str] = "person_id"
    person_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class PersonErased(Event):
    """Everything that names the person is gone; other rooms drop what they keep of them."""

    stream: ClassVar[str] = "person_id"
    person_id: UUID
