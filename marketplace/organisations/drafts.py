"""What people hand in about organisations: who it is, what it does, its papers, and its people."""

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from marketplace.identity.phones import Phone
from marketplace.identity.viewer import Role
from marketplace.kernel.input import (
    BlankIsNone,
    Code,
    Draft,
    FullWidthFolded,
    Line,
    OptionalText,
    Printable,
    ShortText,
)
from marketplace.organisations.credit_code import CreditCode


class OrganisationKind(StrEnum):
    """What the registry knows it as. The words are keyed ``organisation.kind.<value>``."""

    SOCIAL_SERVICE = "social_service"
    SOCIAL_GROUP = "social_group"
    FOUNDATION = "foundation"
    COMMUNITY_GROUP = "community_group"
    PROPERTY_COMPANY = "property_company"


class DocumentKind(StrEnum):
    """What a paper is. The words are keyed ``organisation.document.<value>``."""

    REGISTRATION_CERTIFICATE = "registration_certificate"
    CHARTER = "charter"
    ANNUAL_REPORT = "annual_report"
    OTHER = "other"


class MemberRole(StrEnum):
    """What somebody may do in an organisation: its needs, or also its profile and people."""

    MEMBER = Role.ORGANISATION_MEMBER.value
    MANAGER = Role.ORGANISATION_MANAGER.value


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError("web_address_wrong") from None
    if parts.scheme not in ("http", "https") or "." not in (parts.hostname or ""):
        raise ValueError("web_address_wrong")
    return text


AreaCodeGiven = Annotated[str, FullWidthFolded, StringConstraints(pattern=r"^\d{12}$")]
Address = Annotated[str, StringConstraints(max_length=200), Printable]
PublicPhone = Annotated[str, FullWidthFolded, StringConstraints(max_length=40, pattern=r"^[0-9+() -]{5,40}$")]
PublicEmail = Annotated[
    str, FullWidthFolded, StringConstraints(max_length=254, pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\"]+$")
]
Website = Annotated[str, StringConstraints(max_length=300), Printable, AfterValidator(_web_address)]


class ProfileDraft(Draft):
    """What the public page tells and its managers may change at any time."""

    about: OptionalText = None
    address: Annotated[Address | None, BlankIsNone] = None
    public_phone: Annotated[PublicPhone | None, BlankIsNone] = None
    public_email: Annotated[PublicEmail | None, BlankIsNone] = None
    website: Annotated[Website | None, BlankIsNone] = None
    fields: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    areas: Annotated[tuple[AreaCodeGiven, ...], Field(max_length=30)] = ()


class OrganisationDraft(ProfileDraft):
    """A registration: the profile, and who the organisation is by law, which an officer verifies."""

    name: Line
    credit_code: CreditCode
    kind: OrganisationKind
    area_code: AreaCodeGiven


class DocumentDraft(Draft):
    kind: DocumentKind
    file_name: Annotated[str, StringConstraints(min_length=1, max_length=160), Printable]


class ReasonDraft(Draft):
    """Why an organisation was refused or suspended; its managers read it."""

    reason: ShortText


class MemberDraft(Draft):
    """Somebody to take in, by the phone number they sign in with."""

    phone: Phone
    role: MemberRole = MemberRole.MEMBER
