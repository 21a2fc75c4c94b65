"""What an organisation's timestamps mean: a pure function of its facts."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class OrganisationState(StrEnum):
    """Where an organisation stands. Its words are keyed ``state.organisation.<value>``."""

    REGISTERED = "registered"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REFUSED = "refused"
    SUSPENDED = "suspended"


class OrganisationFacts(Protocol):
    """What of an organisation decides its state."""

    @property
    def submitted_at(self) -> datetime | None: ...
    @property
    def verified_at(self) -> datetime | None: ...
    @property
    def refused_at(self) -> datetime | None: ...
    @property
    def suspended_at(self) -> datetime | None: ...


def organisation_state(organisation: OrganisationFacts) -> OrganisationState:
    """The organisation's state. A suspension covers a verification; submitting again clears a refusal."""
    if organisation.suspended_at is not None:
        return OrganisationState.SUSPENDED
    if organisation.verified_at is not None:
        return OrganisationState.VERIFIED
    if organisation.refused_at is not None:
        return OrganisationState.REFUSED
    if organisation.submitted_at is not None:
        return OrganisationState.SUBMITTED
    return OrganisationState.REGISTERED
