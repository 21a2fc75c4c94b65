"""Organisations in a release: told once among its parties, referred to everywhere else. Work contacts that are published, nothing personal."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from marketplace.opendata.kinds import Filled
from marketplace.opendata.parts import (
    Address,
    ContactPoint,
    Identifier,
    Organization,
    OrganizationReference,
)
from marketplace.organisations.models import Organisation
from marketplace.procurement.models import Buyer

CREDIT_CODE = "CN-USCC"
"""The unified social credit code of GB 32100-2015."""


class Parties:
    """Collects the parties of one release with their roles, in the order in which they are first named."""

    def __init__(self, organisations: Mapping[UUID, Organisation]) -> None:
        self._organisations = organisations
        self._buyers: dict[UUID, Buyer] = {}
        self._roles: dict[UUID, list[str]] = {}

    def buyer(self, buyer: Buyer, *roles: str) -> OrganizationReference:
        """The buyer, with one more role."""
        self._buyers[buyer.id] = buyer
        return self._named(buyer.id, buyer.name, roles)

    def organisation(self, organisation_id: UUID, *roles: str) -> OrganizationReference:
        """A supplier or bidder, with one more role."""
        return self._named(organisation_id, self._organisations[organisation_id].name, roles)

    def all(self) -> list[Organization]:
        """Every party that was named."""
        return [
            _of_buyer(self._buyers[one], roles)
            if one in self._buyers
            else _of_organisation(self._organisations[one], roles)
            for one, roles in self._roles.items()
        ]

    def _named(self, one: UUID, name: Filled, roles: Sequence[str]) -> OrganizationReference:
        has = self._roles.setdefault(one, [])
        has.extend(role for role in roles if role not in has)
        return OrganizationReference(id=_id(one), name=name)


def _id(one: UUID) -> str:
    # Ours and not the credit code: that may come later or be mended, and a party with a new id would be another party.
    return f"WUSHE-{one}"


def _of_buyer(buyer: Buyer, roles: list[str]) -> Organization:
    contact = ContactPoint(name=buyer.contact_name, telephone=buyer.contact_phone, email=buyer.contact_email)
    return Organization(
        id=_id(buyer.id),
        name=buyer.name,
        identifier=_identifier(buyer.credit_code, buyer.name),
        address=_address(buyer.address),
        contact_point=contact,
        roles=roles,
    )


def _of_organisation(organisation: Organisation, roles: list[str]) -> Organization:
    contact = ContactPoint(telephone=organisation.public_phone, email=organisation.public_email)
    return Organization(
        id=_id(organisation.id),
        name=organisation.name,
        identifier=_identifier(organisation.credit_code, organisation.name),
        address=_address(organisation.address),
        contact_point=contact,
        roles=roles,
    )


def _identifier(code: str | None, name: str) -> Identifier | None:
    return Identifier(scheme=CREDIT_CODE, id=code, legal_name=name) if code else None


def _address(street: str | None) -> Address:
    return Address(street_address=street, region="上海市", country_name="中国")
