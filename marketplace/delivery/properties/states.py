"""Where contracts, claims and demands stand, and when the talk before renewal is open: derived, never stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol


class SourceKind(StrEnum):
    """Who measures. Words are keyed ``property_source.<value>``; figures of two kinds are never added up."""

    INSPECTION = "inspection"
    SENSOR = "sensor"
    OWNERS = "owners"
    COMPANY = "company"


class PropertyContractState(StrEnum):
    """Where a property contract stands. Words are keyed ``state.property_contract.<value>``."""

    DRAFT = "draft"
    OWNERS_AGREED = "owners_agreed"
    COMPANY_AGREED = "company_agreed"
    COMING = "coming"
    IN_FORCE = "in_force"
    OVER = "over"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class ClaimState(StrEnum):
    """Where an owner's claim stands. Words are keyed ``state.compound_owner.<value>``."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ENDED = "ended"


class DemandState(StrEnum):
    """Where an owner's demand stands. Words are keyed ``state.property_demand.<value>``."""

    OPEN = "open"
    PROMISED = "promised"
    DECLINED = "declined"


class ContractFacts(Protocol):
    """What the state of a contract follows from."""

    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...
    @property
    def owners_agreed_at(self) -> datetime | None: ...
    @property
    def company_agreed_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...


class ClaimFacts(Protocol):
    """What the state of a claim follows from."""

    @property
    def confirmed_at(self) -> datetime | None: ...
    @property
    def refused_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...


LIVE = frozenset({PropertyContractState.COMING, PropertyContractState.IN_FORCE})
OPEN_DRAFT = frozenset(
    {PropertyContractState.DRAFT, PropertyContractState.OWNERS_AGREED, PropertyContractState.COMPANY_AGREED}
)


def contract_state(facts: ContractFacts, today: date) -> PropertyContractState:
    """Where the contract stands on ``today``, Shanghai's day."""
    is_agreed = facts.owners_agreed_at is not None and facts.company_agreed_at is not None
    if facts.ended_at is not None:
        return PropertyContractState.ENDED if is_agreed else PropertyContractState.WITHDRAWN
    if not is_agreed:
        if facts.owners_agreed_at is not None:
            return PropertyContractState.OWNERS_AGREED
        if facts.company_agreed_at is not None:
            return PropertyContractState.COMPANY_AGREED
        return PropertyContractState.DRAFT
    if today < facts.starts_on:
        return PropertyContractState.COMING
    return PropertyContractState.IN_FORCE if today <= facts.ends_on else PropertyContractState.OVER


def claim_state(facts: ClaimFacts) -> ClaimState:
    """Where the claim stands."""
    if facts.ended_at is not None:
        return ClaimState.ENDED
    if facts.refused_at is not None:
        return ClaimState.REFUSED
    return ClaimState.CONFIRMED if facts.confirmed_at is not None else ClaimState.WAITING


@dataclass(frozen=True, slots=True)
class Talk:
    """The days of the talk before renewal, and whether it is open."""

    opens_on: date
    closes_on: date
    is_open: bool


def talk_of(facts: ContractFacts, rule: Mapping[str, Any], today: date) -> Talk:
    """The talk of a contract under the rule ``property.renewal``: from so many days before the end until the end."""
    opens_on = max(facts.starts_on, facts.ends_on - timedelta(days=rule["opens_before_days"]))
    is_open = contract_state(facts, today) is PropertyContractState.IN_FORCE and today >= opens_on
    return Talk(opens_on, facts.ends_on, is_open)
