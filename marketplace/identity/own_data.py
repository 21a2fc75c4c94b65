"""Identity's own share of a person's data: collected for the export, forgotten on erasure."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from marketplace.db.base import Base
from marketplace.db.plain import plain, plain_rows
from marketplace.db.session import Session
from marketplace.identity import phones, roles
from marketplace.identity.models import (
    ApiToken,
    Availability,
    Consent,
    GuardianConsent,
    Person,
    PersonQualification,
    PersonTag,
    RoleGrant,
    SignedInSession,
)
from marketplace.kernel.vault import Vault

ERASED_NAME = "—"
_OWNED = (PersonTag, Availability, PersonQualification, SignedInSession, ApiToken)
_LISTED: dict[str, tuple[type[Base], tuple[str, ...]]] = {
    "tags": (PersonTag, ("tag_code",)),
    "availability": (Availability, ("weekday", "from_minute", "to_minute")),
    "qualifications": (
        PersonQualification,
        (
            "qualification_code",
            "certificate_number",
            "issued_on",
            "expires_on",
            "stated_at",
            "verified_at",
            "refused_at",
            "refusal_reason",
        ),
    ),
    "consents": (Consent, ("kind", "version", "given", "at")),
    "sessions": (SignedInSession, ("device", "created_at", "last_seen_at", "expires_at", "revoked_at")),
    "tokens": (ApiToken, ("name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")),
    "roles": (RoleGrant, ("role", "area_code", "organisation_id", "granted_at", "revoked_at")),
}
_FACTS = (
    "name",
    "email",
    "email_confirmed_at",
    "locale",
    "birth_date",
    "home_area_code",
    "latitude",
    "longitude",
    "travel_radius_metres",
    "about",
    "created_at",
)


async def collect(vault: Vault, session: Session, person_id: UUID) -> dict[str, Any]:
    """Everything in identity's tables about this person, as plain JSON values."""
    person = await session.get_one(Person, person_id)
    found: dict[str, Any] = {name: plain(getattr(person, name)) for name in _FACTS}
    found["phone"] = vault.decrypt(person.phone_sealed, phones.PURPOSE) if person.phone_sealed else None
    for name, (table, columns) in _LISTED.items():
        found[name] = await _rows(session, table, columns, person_id)
    guardians = select(
        GuardianConsent.relation, GuardianConsent.given_at, GuardianConsent.withdrawn_at
    ).where(GuardianConsent.minor_id == person_id)
    found["guardian_consents"] = await plain_rows(session, guardians)
    return found


async def erase(session: Session, person_id: UUID) -> None:
    """Empty the person's row, end the roles, and delete the rest. Raises LastAdministratorStays, LastManagerStays.

    Consents stay: they hold an id, a kind and a moment, and show that what was done with the data was agreed to.
    """
    await roles.end_all_of(session, person_id)
    for table in _OWNED:
        await session.execute(delete(table).where(table.person_id == person_id))
    await session.execute(delete(GuardianConsent).where(GuardianConsent.minor_id == person_id))
    person = await session.get_one(Person, person_id)
    person.name = ERASED_NAME
    person.erased_at = session.now()
    for name in _FACTS:
        if name not in ("name", "locale", "created_at"):
            setattr(person, name, None)
    person.phone_sealed = person.phone_fingerprint = person.email_link_due_at = None
    await session.flush()


async def _rows(
    session: Session, table: type[Base], columns: tuple[str, ...], person_id: UUID
) -> list[dict[str, Any]]:
    owner = table.__table__.c.person_id
    rows = select(*(table.__table__.c[name] for name in columns)).where(owner == person_id)
    return await plain_rows(session, rows)
