"""The viewer: who is asking, in which language, with which roles and through which door. Every command and query takes one."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from marketplace.areas.codes import contains
from marketplace.kernel.errors import SignInNeeded
from marketplace.kernel.locale import ZH


class Role(StrEnum):
    """Roles, each held in one area (with all below it) or in one organisation."""

    ORGANISATION_MEMBER = "organisation_member"
    ORGANISATION_MANAGER = "organisation_manager"
    COMMUNITY_WORKER = "community_worker"
    DISTRICT_OFFICER = "district_officer"
    MODERATOR = "moderator"
    AUDITOR = "auditor"
    PROCUREMENT_OFFICER = "procurement_officer"
    PROCUREMENT_SUPERVISOR = "procurement_supervisor"
    ADMINISTRATOR = "administrator"


class Scope(StrEnum):
    """What a program's token allows: to look, to change things, and to manage the account itself."""

    READ = "read"
    WRITE = "write"
    ACCOUNT = "account"


ORGANISATION_ROLES = frozenset({Role.ORGANISATION_MEMBER, Role.ORGANISATION_MANAGER})
AREA_ROLES = frozenset(Role) - ORGANISATION_ROLES
COMMUNITY_ROLES = (Role.COMMUNITY_WORKER, Role.DISTRICT_OFFICER)
"""Who works for the residents of an area."""


@dataclass(frozen=True, slots=True)
class HeldRole:
    """One open grant: exactly one of ``area_code`` and ``organisation_id`` is set."""

    role: Role
    area_code: str | None = None
    organisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody looking at the house. ``scopes`` is None for a person at a page, and a token's scopes for a program."""

    person_id: UUID | None
    roles: tuple[HeldRole, ...] = ()
    locale: str = ZH
    scopes: frozenset[str] | None = None
    session_id: UUID | None = None
    name: str | None = None
    token_id: UUID | None = None

    @property
    def is_stranger(self) -> bool:
        return self.person_id is None

    def signed_in(self) -> UUID:
        """The person's id. Raises SignInNeeded for a stranger."""
        if self.person_id is None:
            raise SignInNeeded()
        return self.person_id

    def holds_in_area(self, area_code: str | None, *roles: Role) -> bool:
        """Whether one of ``roles`` is held over ``area_code``; holding it higher up is holding it here."""
        if area_code is None:
            return False
        return any(
            held.role in roles and held.area_code is not None and contains(held.area_code, area_code)
            for held in self.roles
        )

    def holds_in_organisation(self, organisation_id: UUID | None, *roles: Role) -> bool:
        """Whether one of ``roles`` is held in that organisation."""
        return organisation_id is not None and any(
            held.role in roles and held.organisation_id == organisation_id for held in self.roles
        )

    def areas_of(self, *roles: Role) -> tuple[str, ...]:
        """The areas over which one of ``roles`` is held."""
        return tuple(held.area_code for held in self.roles if held.role in roles and held.area_code)

    def organisations_of(self, *roles: Role) -> tuple[UUID, ...]:
        """The organisations in which one of ``roles`` is held."""
        return tuple(
            held.organisation_id for held in self.roles if held.role in roles and held.organisation_id
        )


STRANGER = Viewer(person_id=None)
