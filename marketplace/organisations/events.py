"""What organisations tell the rest of the house."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marketplace.outbox.events import Event


@dataclass(frozen=True, slots=True)
class OrganisationSubmitted(Event):
    """An organisation asks to be verified."""

    stream: ClassVar[str] = "organisation_id"
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class OrganisationVerified(Event):
    stream: ClassVar[str] = "organisation_id"
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class OrganisationRefused(Event):
    stream: ClassVar[str] = "organisation_id"
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class OrganisationChanged(Event):
    """Words, fields, areas, members or suspension changed."""

    stream: ClassVar[str] = "organisation_id"
    organisation_id: UUID
