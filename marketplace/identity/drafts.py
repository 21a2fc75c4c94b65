"""What people hand in about themselves and each other, read one way whichever door it came through."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from marketplace.identity.phones import Phone
from marketplace.identity.viewer import ORGANISATION_ROLES, Role, Scope
from marketplace.kernel.input import BlankIsNone, Code, Draft, FullWidthFolded, Printable, ShortText
from marketplace.kernel.locale import LOCALES

MINUTES_A_DAY = 1440
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("control_characters")
    return text


def _believable(day: date) -> date:
    if not 1900 <= day.year <= 2100:
        raise ValueError("date_out_of_range")
    return day


def _locale(text: str) -> str:
    if text not in LOCALES:
        raise ValueError("unknown_locale")
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text) or ".." in text:
        raise ValueError("email_invalid")
    return text


def _digits(given: object) -> object:
    """People type codes with spaces, and input methods with full-width digits."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", given)) if isinstance(given, str) else given


PersonName = Annotated[
    str, FullWidthFolded, StringConstraints(min_length=1, max_length=60), Printable, AfterValidator(_one_line)
]
Day = Annotated[date, AfterValidator(_believable)]
OptionalDay = Annotated[Day | None, BlankIsNone]
Locale = Annotated[str, AfterValidator(_locale)]
OneTimeCode = Annotated[str, BeforeValidator(_digits), StringConstraints(pattern=r"^[0-9]{6}$")]
Email = Annotated[str, FullWidthFolded, StringConstraints(max_length=254), AfterValidator(_email)]
AreaCode = Annotated[str, FullWidthFolded, StringConstraints(pattern=r"^[0-9]{12}$")]


class PhoneDraft(Draft):
    """The number that asks for a code."""

    phone: Phone


class SignInDraft(Draft):
    """The answer to a code. Newcomers add their name and agree to the terms and the privacy notice."""

    challenge_id: UUID
    phone: Phone
    code: OneTimeCode
    name: Annotated[PersonName | None, BlankIsNone] = None
    birth_date: OptionalDay = None
    agrees: bool = False
    locale: Locale = LOCALES[0]


class TokenDraft(Draft):
    """A program's token: what it is called, what it may do, for how many days."""

    name: PersonName
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=365)] = 90


class AvailabilityDraft(Draft):
    """A stretch of one weekday (0 is Monday), in minutes from local midnight."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    from_minute: Annotated[int, Field(ge=0, lt=MINUTES_A_DAY)]
    to_minute: Annotated[int, Field(gt=0, le=MINUTES_A_DAY)]

    @model_validator(mode="after")
    def _in_order(self) -> "AvailabilityDraft":
        if self.from_minute >= self.to_minute:
            raise ValueError("ends_before_start")
        return self


def _apart(stretches: Sequence[AvailabilityDraft]) -> Sequence[AvailabilityDraft]:
    ordered = sorted(stretches, key=lambda stretch: (stretch.weekday, stretch.from_minute))
    for earlier, later in pairwise(ordered):
        if earlier.weekday == later.weekday and earlier.to_minute > later.from_minute:
            raise ValueError("stretches_overlap")
    return stretches


class ProfileDraft(Draft):
    """What a person changes about themselves. What is not named stays; what is named as nothing goes."""

    name: PersonName | None = None
    about: Annotated[Annotated[str, StringConstraints(max_length=1000), Printable] | None, BlankIsNone] = None
    locale: Locale | None = None
    birth_date: OptionalDay = None
    home_area_code: Annotated[AreaCode | None, BlankIsNone] = None
    travel_radius_metres: Annotated[Annotated[int, Field(ge=0, le=200_000)] | None, BlankIsNone] = None
    skills: Annotated[tuple[Code, ...], Field(max_length=30)] = ()
    languages: Annotated[tuple[Code, ...], Field(max_length=15)] = ()
    availability: Annotated[tuple[AvailabilityDraft, ...], Field(max_length=28), AfterValidator(_apart)] = ()


class EmailDraft(Draft):
    """An address to be confirmed; nothing takes the present one away."""

    email: Annotated[Email | None, BlankIsNone]


class BirthDateDraft(Draft):
    """An officer's correction of a birth date, with the paper it rests on."""

    birth_date: Day
    reason: ShortText


class Relation(StrEnum):
    """What a guardian is to the minor."""

    PARENT = "parent"
    GRANDPARENT = "grandparent"
    OTHER = "other"


class GuardianDraft(Draft):
    """A guardian as the minor names them."""

    guardian_name: PersonName
    guardian_phone: Phone
    relation: Relation


class GuardianAnswerDraft(GuardianDraft):
    """The guardian's consent: the code that came to the guardian's phone."""

    challenge_id: UUID
    code: OneTimeCode


class QualificationDraft(Draft):
    """A qualification that a person states."""

    qualification_code: Code
    certificate_number: Annotated[
        Annotated[str, FullWidthFolded, StringConstraints(max_length=64), Printable] | None, BlankIsNone
    ] = None
    issued_on: OptionalDay = None
    expires_on: OptionalDay = None

    @model_validator(mode="after")
    def _in_order(self) -> "QualificationDraft":
        if self.issued_on and self.expires_on and self.expires_on < self.issued_on:
            raise ValueError("ends_before_start")
        return self


class ReasonDraft(Draft):
    """Why something was refused or taken away."""

    reason: ShortText


class RoleDraft(Draft):
    """A role for the person with this number, in one area or in one organisation."""

    role: Role
    phone: Phone
    area_code: Annotated[AreaCode | None, BlankIsNone] = None
    organisation_id: Annotated[UUID | None, BlankIsNone] = None

    @model_validator(mode="after")
    def _one_fitting_scope(self) -> "RoleDraft":
        if self.role in ORGANISATION_ROLES and (self.organisation_id is None or self.area_code):
            raise ValueError("role_needs_organisation")
        if self.role not in ORGANISATION_ROLES and (self.area_code is None or self.organisation_id):
            raise ValueError("role_needs_area")
        return self


class ErasureDraft(Draft):
    """The confirmation that everything about oneself goes."""

    confirmed: bool = False
