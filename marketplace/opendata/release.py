"""A release of OCDS 1.1: planning, tender, awards, contracts, and the lots, enquiries and bids of the official extensions."""

from typing import Annotated, ClassVar

from pydantic import Field

from marketplace.opendata.codelists import (
    AwardStatus,
    BidStatus,
    ContractStatus,
    Currency,
    InitiationType,
    Method,
    ProcurementCategory,
    ReleaseTag,
    SubmissionType,
    TenderStatus,
)
from marketplace.opendata.kinds import (
    Filled,
    Id,
    LeftOut,
    Many,
    Maybe,
    Moment,
    Number,
    Part,
    Uri,
)
from marketplace.opendata.parts import (
    Amendment,
    Document,
    Identifier,
    Item,
    Milestone,
    Organization,
    OrganizationReference,
    Period,
    RelatedProcess,
    Value,
)


class Budget(Part):
    """The money that is set aside."""

    translated: ClassVar[tuple[str, ...]] = ("source", "description", "project")
    id: str | int | None = None
    description: str | None = None
    amount: Maybe[Value] = None
    project: str | None = None
    project_id: str | int | None = Field(default=None, alias="projectID")
    uri: Uri | None = None
    source: Uri | None = None


class Planning(Part):
    """Why something is to be bought, with which budget, and when."""

    translated: ClassVar[tuple[str, ...]] = ("rationale",)
    rationale: str | None = None
    budget: Maybe[Budget] = None
    documents: Many[Document] = Field(default_factory=list)
    milestones: Many[Milestone] = Field(default_factory=list)


class Lot(Part):
    """A part of a tender that is awarded by itself (lots extension)."""

    translated: ClassVar[tuple[str, ...]] = ("title", "description")
    id: str
    title: str | None = None
    description: str | None = None
    status: TenderStatus | None = None
    value: Maybe[Value] = None
    minimum_value: Maybe[Value] = None
    tender_period: Maybe[Period] = None
    contract_period: Maybe[Period] = None


class Enquiry(Part):
    """A question to the buyer and its answer (enquiries extension)."""

    translated: ClassVar[tuple[str, ...]] = ("title", "description", "answer")
    id: str
    date: Moment | None = None
    author: Maybe[OrganizationReference] = None
    title: str | None = None
    description: str | None = None
    answer: str | None = None
    date_answered: Moment | None = None
    related_item: str | None = None
    related_lot: str | None = None
    thread_id: str | None = Field(default=None, alias="threadID")


class Tender(Part):
    """The invitation to offer."""

    translated: ClassVar[tuple[str, ...]] = (
        "title",
        "description",
        "procurementMethodRationale",
        "awardCriteriaDetails",
        "submissionMethodDetails",
        "eligibilityCriteria",
    )
    id: Id
    title: str | None = None
    description: str | None = None
    status: TenderStatus | None = None
    procuring_entity: Maybe[OrganizationReference] = None
    items: Many[Item] = Field(default_factory=list)
    value: Maybe[Value] = None
    min_value: Maybe[Value] = None
    procurement_method: Method | None = None
    procurement_method_details: str | None = None
    procurement_method_rationale: str | None = None
    main_procurement_category: ProcurementCategory | None = None
    additional_procurement_categories: list[str] | None = None
    award_criteria: str | None = None
    award_criteria_details: str | None = None
    submission_method: list[str] | None = None
    submission_method_details: str | None = None
    tender_period: Maybe[Period] = None
    enquiry_period: Maybe[Period] = None
    has_enquiries: bool | None = None
    eligibility_criteria: str | None = None
    award_period: Maybe[Period] = None
    contract_period: Maybe[Period] = None
    number_of_tenderers: int | None = None
    tenderers: Many[OrganizationReference] = Field(default_factory=list)
    documents: Many[Document] = Field(default_factory=list)
    milestones: Many[Milestone] = Field(default_factory=list)
    amendments: Many[Amendment] = Field(default_factory=list)
    amendment: Maybe[Amendment] = None
    lots: Many[Lot] = Field(default_factory=list)
    enquiries: Many[Enquiry] = Field(default_factory=list)


class Statistic(Part):
    """A figure about the bids (bids extension)."""

    id: str
    measure: str
    date: Moment | None = None
    value: Number
    currency: Currency | None = None
    notes: str | None = None
    related_lot: str | None = None


class Bid(Part):
    """A bid that was opened (bids extension)."""

    translated: ClassVar[tuple[str, ...]] = ("description",)
    id: str
    submission_type: SubmissionType | None = None
    date: Moment | None = None
    description: str | None = None
    status: BidStatus | None = None
    items: Many[Item] = Field(default_factory=list)
    tenderers: Many[OrganizationReference] = Field(default_factory=list)
    value: Maybe[Value] = None
    documents: Many[Document] = Field(default_factory=list)
    related_lots: list[str] | None = None
    has_rank: bool | None = None
    rank: int | None = None


class Bids(Part):
    """All that is public about bids (bids extension); nothing before the opening."""

    statistics: Many[Statistic] = Field(default_factory=list)
    details: Many[Bid] = Field(default_factory=list)


class Award(Part):
    """Who got what. ``related_lots`` is of the lots extension, ``related_bids`` of the bids extension."""

    translated: ClassVar[tuple[str, ...]] = ("title", "description")
    id: Id
    title: str | None = None
    description: str | None = None
    status: AwardStatus | None = None
    date: Moment | None = None
    value: Maybe[Value] = None
    suppliers: Many[OrganizationReference] = Field(default_factory=list)
    items: Annotated[Many[Item], Field(min_length=1)] = Field(default_factory=list)
    contract_period: Maybe[Period] = None
    documents: Many[Document] = Field(default_factory=list)
    amendments: Many[Amendment] = Field(default_factory=list)
    amendment: Maybe[Amendment] = None
    related_lots: list[str] | None = None
    related_bids: list[str] | None = None


class Transaction(Part):
    """A payment."""

    id: Id
    source: Uri | None = None
    date: Moment | None = None
    value: Maybe[Value] = None
    payer: Maybe[OrganizationReference] = None
    payee: Maybe[OrganizationReference] = None
    uri: Uri | None = None
    amount: Maybe[Value] = None
    provider_organization: Maybe[Identifier] = None
    receiver_organization: Maybe[Identifier] = None


class Implementation(Part):
    """How a contract is carried out: payments, milestones, papers."""

    transactions: Many[Transaction] = Field(default_factory=list)
    milestones: Many[Milestone] = Field(default_factory=list)
    documents: Many[Document] = Field(default_factory=list)


class Contract(Part):
    """What was signed. ``related_bids`` is of the bids extension."""

    translated: ClassVar[tuple[str, ...]] = ("title", "description")
    id: Id
    award_id: Id = Field(alias="awardID")
    title: str | None = None
    description: str | None = None
    status: ContractStatus | None = None
    period: Maybe[Period] = None
    value: Maybe[Value] = None
    items: Annotated[Many[Item], Field(min_length=1)] = Field(default_factory=list)
    date_signed: Moment | None = None
    documents: Many[Document] = Field(default_factory=list)
    implementation: Maybe[Implementation] = None
    related_processes: Many[RelatedProcess] = Field(default_factory=list)
    milestones: Many[Milestone] = Field(default_factory=list)
    amendments: Many[Amendment] = Field(default_factory=list)
    amendment: Maybe[Amendment] = None
    related_bids: list[str] | None = None


class Release(Part):
    """What was known about one contracting process at one moment."""

    ocid: Filled
    id: Annotated[Filled, LeftOut]
    date: Annotated[Moment, LeftOut]
    tag: Annotated[list[ReleaseTag], Field(min_length=1), LeftOut]
    initiation_type: InitiationType
    parties: Many[Organization] = Field(default_factory=list)
    buyer: Maybe[OrganizationReference] = None
    planning: Maybe[Planning] = None
    tender: Maybe[Tender] = None
    bids: Maybe[Bids] = None
    awards: Many[Award] = Field(default_factory=list)
    contracts: Many[Contract] = Field(default_factory=list)
    language: str | None = None
    related_processes: Many[RelatedProcess] = Field(default_factory=list)
