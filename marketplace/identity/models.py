"""Tables of people. Phone numbers are encrypted to be shown, and hashed with a key to be found; nothing else identifies."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db.base import AreaCode, Base, Identified, ShortCode


class Person(Identified, Base):
    """One human being. After erasure the row stays, so that hours add up, but nothing in it names anybody."""

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("phone_fingerprint"),
        CheckConstraint("travel_radius_metres BETWEEN 0 AND 200000", name="travel_radius_in_range"),
        Index(None, "home_area_code"),
        Index(
            "ix_people_email_link_due",
            "email_link_due_at",
            postgresql_where=text("email_link_due_at IS NOT NULL"),
            sqlite_where=text("email_link_due_at IS NOT NULL"),
        ),
    )

    name: Mapped[str] = mapped_column(String(60))
    phone_sealed: Mapped[bytes | None]
    phone_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    email: Mapped[str | None] = mapped_column(String(254))
    email_confirmed_at: Mapped[datetime | None]
    email_link_due_at: Mapped[datetime | None]
    locale: Mapped[str] = mapped_column(String(16), default="zh_Hans")
    birth_date: Mapped[date | None]
    home_area_code: Mapped[str | None] = mapped_column(ForeignKey("areas.code"))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    travel_radius_metres: Mapped[int | None]
    about: Mapped[str | None]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class PersonTag(Base):
    """A skill or language (a tag) that a person says they have."""

    __tablename__ = "person_tags"
    __table_args__ = (Index(None, "tag_code"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    tag_code: Mapped[str] = mapped_column(ForeignKey("tags.code"), primary_key=True)


class Availability(Base):
    """A stretch of the week when a person can usually help: weekday 0 is Monday, minutes from local midnight."""

    __tablename__ = "availabilities"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_in_range"),
        CheckConstraint(
            "from_minute >= 0 AND from_minute < to_minute AND to_minute <= 1440", name="minutes_in_order"
        ),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    from_minute: Mapped[int] = mapped_column(primary_key=True)
    to_minute: Mapped[int]


class PersonQualification(Identified, Base):
    """A qualification that a person states; it counts once an officer has seen the proof, until it expires."""

    __tablename__ = "person_qualifications"
    __table_args__ = (Index(None, "person_id"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    qualification_code: Mapped[str] = mapped_column(ForeignKey("qualification_types.code"))
    certificate_number: Mapped[str | None] = mapped_column(String(64))
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    stated_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    refused_at: Mapped[datetime | None]
    refusal_reason: Mapped[str | None]


class Consent(Identified, Base):
    """One decision about one's data or one's ward: given or withdrawn. The newest row of a kind is what holds."""

    __tablename__ = "consents"
    __table_args__ = (Index(None, "person_id", "kind", "at"),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(32))
    version: Mapped[str] = mapped_column(String(16))
    given: Mapped[bool]
    at: Mapped[datetime]


class GuardianConsent(Identified, Base):
    """A guardian's consent that a minor may volunteer, proved by a code sent to the guardian's own phone."""

    __tablename__ = "guardian_consents"
    __table_args__ = (Index(None, "minor_id"), Index(None, "guardian_phone_fingerprint"))

    minor_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    guardian_name_sealed: Mapped[bytes]
    guardian_phone_sealed: Mapped[bytes]
    guardian_phone_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    relation: Mapped[str] = mapped_column(String(32))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SignInChallenge(Identified, Base):
    """A one-time code on its way to a phone; unknown and known numbers leave the same trace."""

    __tablename__ = "sign_in_challenges"
    __table_args__ = (
        Index(None, "phone_fingerprint", "created_at"),
        Index(None, "source_fingerprint", "created_at"),
    )

    phone_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    source_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    purpose: Mapped[str] = mapped_column(String(16))
    code_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wrong_tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class SignedInSession(Identified, Base):
    """A browser that is signed in; the cookie holds the token, we hold its digest."""

    __tablename__ = "signed_in_sessions"
    __table_args__ = (UniqueConstraint("token_digest"), Index(None, "person_id"))

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    device: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiToken(Identified, Base):
    """A program's key to act for a person within ``scopes``; shown once, kept as a digest."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("token_digest"), Index(None, "person_id"))

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(60))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    hint: Mapped[str] = mapped_column(String(8))
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RoleGrant(Identified, Base):
    """A role held by a person, in one area with all below it, or in one organisation; open until revoked."""

    __tablename__ = "role_grants"
    __table_args__ = (
        CheckConstraint("(area_code IS NULL) <> (organisation_id IS NULL)", name="one_scope"),
        Index(None, "person_id"),
        Index(None, "organisation_id"),
        Index(None, "area_code"),
        *(
            Index(
                f"uq_role_grants_open_{scope}",
                "person_id",
                "role",
                scope,
                unique=True,
                postgresql_where=text("revoked_at IS NULL"),
                sqlite_where=text("revoked_at IS NULL"),
            )
            for scope in ("area_code", "organisation_id")
        ),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str] = mapped_column(ShortCode)
    area_code: Mapped[str | None] = mapped_column(AreaCode, ForeignKey("areas.code"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    granted_at: Mapped[datetime]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
