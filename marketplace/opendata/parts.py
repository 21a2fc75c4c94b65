"""The parts that recur everywhere in a release: money, periods, documents, organisations, items, milestones, amendments."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from marketplace.opendata.codelists import Currency, MilestoneStatus
from marketplace.opendata.kinds import (
    Filled,
    Id,
    Many,
    Maybe,
    Moment,
    Number,
    Part,
    Plain,
    Uri,
    WholeList,
)


class Value(Part):
    """An amount of money."""

    amount: Number | None = None
    currency: Currency | None = None


class Period(Part):
    """When something begins and ends, as far as that is known."""

    start_date: Moment | None = None
    end_date: Moment | None = None
    max_extent_date: Moment | None = None
    duration_in_days: int | None = None


class Identifier(Part):
    """An organisation's number in a register."""

    translated: ClassVar[tuple[str, ...]] = ("legalName",)
    scheme: str | None = None
    id: str | int | None = None
    legal_name: str | None = None
    uri: Uri | None = None


class Address(Part):
    """Where an organisation is."""

    translated: ClassVar[tuple[str, ...]] = ("countryName",)
    street_address: str | None = None
    locality: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country_name: str | None = None


class ContactPoint(Part):
    """Whom to ask: a published work contact."""

    translated: ClassVar[tuple[str, ...]] = ("name",)
    name: str | None = None
    email: str | None = None
    telephone: str | None = None
    fax_number: str | None = None
    url: Uri | None = None


class OrganizationReference(Part):
    """Points to one of the release's parties."""

    name: Filled | None = None
    id: Maybe[str | int] = None
    identifier: Maybe[Identifier] = None
    address: Maybe[Address] = None
    additional_identifiers: Annotated[Plain[Identifier], WholeList] = Field(default_factory=list)
    contact_point: Maybe[ContactPoint] = None


class Organization(Part):
    """A party: buyer, tenderer, supplier or somebody else with a role."""

    translated: ClassVar[tuple[str, ...]] = ("name",)
    name: str | None = None
    id: Maybe[str] = None
    identifier: Maybe[Identifier] = None
    additional_identifiers: Annotated[Plain[Identifier], WholeList] = Field(default_factory=list)
    address: Maybe[Address] = None
    contact_point: Maybe[ContactPoint] = None
    roles: list[str] | None = None
    details: dict[str, Any] | None = None


class Classification(Part):
    """What kind of thing something is, by a scheme."""

    translated: ClassVar[tuple[str, ...]] = ("description",)
    scheme: str | None = None
    id: str | int | None = None
    description: str | None = None
    uri: Uri | None = None


class Unit(Part):
    """The unit that an item is counted in, and what one of it costs."""

    translated: ClassVar[tuple[str, ...]] = ("name",)
    scheme: str | None = None
    id: str | None = None
    name: str | None = None
    value: Maybe[Value] = None
    uri: Uri | None = None


class Item(Part):
    """Something bought. ``related_lot`` is of the lots extension."""

    translated: ClassVar[tuple[str, ...]] = ("description",)
    id: Id
    description: str | None = None
    classification: Maybe[Classification] = None
    additional_classifications: Annotated[Plain[Classification], WholeList] = Field(default_factory=list)
    quantity: Number | None = None
    unit: Maybe[Unit] = None
    related_lot: str | None = None


class Document(Part):
    """A file or a page. ``related_lots`` is of the lots extension, ``content_hash`` of ours."""

    translated: ClassVar[tuple[str, ...]] = ("title", "description")
    id: Id
    document_type: str | None = None
    title: str | None = None
    description: str | None = None
    url: Uri | None = None
    date_published: Moment | None = None
    date_modified: Moment | None = None
    format: str | None = None
    language: str | None = None
    related_lots: list[str] | None = None
    content_hash: str | None = None


class Milestone(Part):
    """Something that is due, and whether it came. ``related_lots`` is of the lots extension."""

    translated: ClassVar[tuple[str, ...]] = ("title", "description")
    id: Id
    title: str | None = None
    type: str | None = None
    description: str | None = None
    code: str | None = None
    due_date: Moment | None = None
    date_met: Moment | None = None
    date_modified: Moment | None = None
    status: MilestoneStatus | None = None
    documents: Many[Document] = Field(default_factory=list)
    related_lots: list[str] | None = None


class Change(Part):
    """A changed field, as version 1.0 told it; kept for imports."""

    property: Maybe[str] = None
    former_value: str | int | float | list[Any] | dict[str, Any] | None = Field(
        default=None, alias="former_value"
    )


class Amendment(Part):
    """A change of a tender, an award or a contract, and why. ``related_lots`` is of the lots extension."""

    translated: ClassVar[tuple[str, ...]] = ("rationale", "description")
    date: Moment | None = None
    rationale: str | None = None
    id: str | None = None
    description: str | None = None
    amends_release_id: str | None = Field(default=None, alias="amendsReleaseID")
    release_id: str | None = Field(default=None, alias="releaseID")
    changes: list[Change] = Field(default_factory=list)
    related_lots: Annotated[list[Filled], Field(min_length=1)] | None = None


class RelatedProcess(Part):
    """Another process that belongs to this one. ``related_lots`` is of the lots extension."""

    translated: ClassVar[tuple[str, ...]] = ("title",)
    id: Maybe[str] = None
    relationship: list[str] | None = None
    title: str | None = None
    scheme: str | None = None
    identifier: str | None = None
    uri: Uri | None = None
    related_lots: Annotated[list[Filled], Field(min_length=1)] | None = None
