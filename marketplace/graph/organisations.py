"""Organisations in the graph: the public list, what their people manage, and what officers decide."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.delivery.scorecards import queries as scored
from marketplace.graph.areas import Area
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, fetch, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.graph.scorecards import ProviderFacts, Scorecard
from marketplace.graph.tags import Tag
from marketplace.identity.viewer import Role
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.organisations import documents, members, models, organisations, queries, verification
from marketplace.organisations.drafts import (
    DocumentKind,
    MemberDraft,
    MemberRole,
    OrganisationDraft,
    OrganisationKind,
    ProfileDraft,
    ReasonDraft,
)
from marketplace.organisations.queries import MemberRow, OrganisationFilters
from marketplace.organisations.states import OrganisationState, organisation_state

strawberry.enum(OrganisationKind, description="What the registry knows it as.")
strawberry.enum(
    OrganisationState, description="Where an organisation stands; only verified ones publish needs."
)
strawberry.enum(DocumentKind, name="OrganisationDocumentKind", description="What a paper is.")
strawberry.enum(MemberRole, description="A member manages needs; a manager also the profile and the people.")


@strawberry.type(description="A paper handed in for verification. Its bytes are read at a page.")
class OrganisationDocument:
    id: strawberry.ID
    kind: DocumentKind
    file_name: str
    content_type: str
    size: int = strawberry.field(description="In bytes.")
    uploaded_at: datetime

    @classmethod
    def of(cls, row: models.OrganisationDocument) -> "OrganisationDocument":
        return cls(
            id=global_id("OrganisationDocument", row.id),
            kind=DocumentKind(row.kind),
            file_name=row.file_name,
            content_type=row.content_type,
            size=row.size,
            uploaded_at=row.uploaded_at,
        )


@strawberry.type(description="One of an organisation's people; for its people alone.")
class OrganisationMember:
    person_id: strawberry.ID
    name: str
    role: MemberRole
    since: datetime

    @classmethod
    def of(cls, row: MemberRow) -> "OrganisationMember":
        is_manager = row.role is Role.ORGANISATION_MANAGER
        return cls(
            person_id=global_id("Person", row.person_id),
            name=row.name,
            role=MemberRole.MANAGER if is_manager else MemberRole.MEMBER,
            since=row.since,
        )


@node(queries.by_ids)
@strawberry.type(description="A social organisation. Public once verified, unless suspended.")
class Organisation(Node):
    name: str
    credit_code: str | None = strawberry.field(description="The unified social credit code.")
    kind: OrganisationKind
    state: OrganisationState
    about: str | None
    address: str | None
    public_phone: str | None
    public_email: str | None
    website: str | None
    verified_at: datetime | None
    refusal_reason: str | None = strawberry.field(description="What an officer found wrong.")
    suspension_reason: str | None
    version: int
    key: strawberry.Private[UUID]
    area_code: strawberry.Private[str]

    @classmethod
    def of(cls, row: models.Organisation) -> "Organisation":
        return cls(
            id=global_id("Organisation", row.id),
            name=row.name,
            credit_code=row.credit_code,
            kind=OrganisationKind(row.kind),
            state=organisation_state(row),
            about=row.about,
            address=row.address,
            public_phone=row.public_phone,
            public_email=row.public_email,
            website=row.website,
            verified_at=row.verified_at,
            refusal_reason=row.refusal_reason,
            suspension_reason=row.suspension_reason,
            version=row.version,
            key=row.id,
            area_code=row.area_code,
        )

    @strawberry.field(description="Where it is registered.")
    async def area(self, info: Info) -> Area | None:
        return await fetch(info.context, Area, self.area_code)

    @strawberry.field(description="The kinds of service it offers; at most 20.")
    async def fields(self, info: Info) -> list[Tag]:
        return [Tag.of(row) for row in await info.context.load(queries.fields_of, self.key) or ()]

    @strawberry.field(description="The areas it serves, with all below them; at most 30.")
    async def areas(self, info: Info) -> list[Area]:
        return [Area.of(row) for row in await info.context.load(queries.areas_of, self.key) or ()]

    @strawberry.field(description="Its newest scorecards, one for each kind of service that was rated.")
    async def scorecards(self, info: Info) -> list[Scorecard]:
        rows = await info.context.load(scored.of_organisations, self.key)
        return [Scorecard.of(row) for row in rows or ()]

    @strawberry.field(
        description="What records say of its services, for each kind of service; never part of a score."
    )
    async def delivery_facts(self, info: Info) -> list[ProviderFacts]:
        rows = await info.context.load(scored.facts_of, self.key)
        return [ProviderFacts.of(row) for row in rows or ()]


OrganisationId = Annotated[strawberry.ID, strawberry.argument(description="The id of an Organisation.")]


@strawberry.input(description="Narrows the list; everything that is given must fit.")
class OrganisationFilter:
    text: str | None = strawberry.field(default=None, description="Part of the name.")
    field: str | None = strawberry.field(default=None, description="A category's code, with those under it.")
    area_code: str | None = strawberry.field(
        default=None, description="Registered or active there, or below."
    )


@strawberry.type
class OrganisationQueries:
    @strawberry.field(
        description="Organisations by name; `searchOrganisations` finds them by any word about them."
    )
    async def organisations(
        self, info: Info, filter: OrganisationFilter | None = None, first: First = 20, after: After = None
    ) -> Connection[Organisation]:
        chosen = OrganisationFilters(**given(filter)) if filter else OrganisationFilters()
        page = await info.context.ask(queries.page, chosen, PageRequest(first, after))
        return connection(page, Organisation.of)

    @strawberry.field(description="The organisations to which you belong.")
    async def my_organisations(self, info: Info) -> list[Organisation]:
        rows = await info.context.ask(queries.mine)
        return [Organisation.of(row) for row in rows]

    @strawberry.field(
        description="What waits for your verification, the longest waiting first; for officers."
    )
    async def organisations_to_verify(
        self, info: Info, first: First = 20, after: After = None
    ) -> Connection[Organisation]:
        page = await info.context.ask(queries.waiting, PageRequest(first, after))
        return connection(page, Organisation.of)

    @strawberry.field(description="The papers handed in; for its people and its officers.")
    async def organisation_documents(
        self, info: Info, organisation_id: OrganisationId
    ) -> list[OrganisationDocument]:
        key = key_of("Organisation", organisation_id)
        rows = await info.context.ask(queries.documents, key)
        return [OrganisationDocument.of(row) for row in rows]

    @strawberry.field(description="The organisation's people, managers first; for its people.")
    async def organisation_members(
        self, info: Info, organisation_id: OrganisationId
    ) -> list[OrganisationMember]:
        key = key_of("Organisation", organisation_id)
        rows = await info.context.ask(queries.members, key)
        return [OrganisationMember.of(row) for row in rows]


@strawberry.input(description="What the public page tells. What is left out is emptied.")
class OrganisationProfileInput:
    about: str | None = strawberry.UNSET
    address: str | None = strawberry.UNSET
    public_phone: str | None = strawberry.UNSET
    public_email: str | None = strawberry.UNSET
    website: str | None = strawberry.UNSET
    fields: list[str] = strawberry.field(default_factory=list, description="Codes of categories.")
    areas: list[str] = strawberry.field(default_factory=list, description="Codes of areas.")


@strawberry.input(description="Who the organisation is by law, and what its page tells.")
class RegisterOrganisationInput(OrganisationProfileInput):
    name: str
    credit_code: str
    kind: OrganisationKind
    area_code: str = strawberry.field(description="Where it is registered; an officer of this area decides.")


@strawberry.input
class EditOrganisationInput(OrganisationProfileInput):
    organisation_id: strawberry.ID


@strawberry.input
class CorrectOrganisationInput(RegisterOrganisationInput):
    organisation_id: strawberry.ID


@strawberry.input
class DecideOrganisationInput:
    organisation_id: strawberry.ID
    reason: str = strawberry.field(description="Which its managers will read, at most 500 characters.")


@strawberry.input
class TakeInMemberInput:
    organisation_id: strawberry.ID
    phone: str = strawberry.field(description="The number the person signs in with.")
    role: MemberRole = MemberRole.MEMBER


@strawberry.type(description="The organisation as it is now.")
class ChangedOrganisation:
    organisation: Organisation


@strawberry.type(description="The organisation's people as they are now.")
class ChangedMembers:
    members: list[OrganisationMember]


@strawberry.type(description="It is done, and you may not see the thing any more.")
class LeftOrganisation:
    organisation_id: strawberry.ID


OrganisationResult: TypeAlias = Annotated[
    ChangedOrganisation | Problems, strawberry.union("OrganisationResult")
]
MembersResult: TypeAlias = Annotated[ChangedMembers | Problems, strawberry.union("MembersResult")]
LeaveResult: TypeAlias = Annotated[LeftOrganisation | Problems, strawberry.union("LeaveOrganisationResult")]


async def _changed(context: Context, key: UUID) -> ChangedOrganisation:
    return ChangedOrganisation(organisation=await must_fetch(context, Organisation, key))


async def _members(context: Context, key: UUID) -> ChangedMembers:
    rows = await context.ask(queries.members, key)
    return ChangedMembers(members=[OrganisationMember.of(row) for row in rows])


def _split(input: EditOrganisationInput | CorrectOrganisationInput) -> tuple[UUID, dict[str, object]]:
    """The organisation meant, and what is to be changed."""
    rest = given(input)
    return key_of("Organisation", rest.pop("organisation_id")), rest


@strawberry.type
class OrganisationMutations:
    @strawberry.mutation(description="Write an organisation down and become its manager.")
    async def register_organisation(self, info: Info, input: RegisterOrganisationInput) -> OrganisationResult:
        draft = read(OrganisationDraft, given(input))
        key = await info.context.do(organisations.register, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="Change what the public page tells.")
    async def edit_organisation(self, info: Info, input: EditOrganisationInput) -> OrganisationResult:
        key, rest = _split(input)
        draft = read(ProfileDraft, rest)
        await info.context.do(organisations.edit, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="Change everything about an organisation that nobody has verified yet.")
    async def correct_organisation(self, info: Info, input: CorrectOrganisationInput) -> OrganisationResult:
        key, rest = _split(input)
        draft = read(OrganisationDraft, rest)
        await info.context.do(organisations.correct, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(
        description="Ask to be verified. The registration certificate must have been uploaded."
    )
    async def submit_organisation(self, info: Info, organisation_id: OrganisationId) -> OrganisationResult:
        key = key_of("Organisation", organisation_id)
        await info.context.do(verification.submit, key)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As officer: find it to be what it says.")
    async def verify_organisation(self, info: Info, organisation_id: OrganisationId) -> OrganisationResult:
        key = key_of("Organisation", organisation_id)
        await info.context.do(verification.verify, key)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As officer: say what is wrong, so that it can be mended.")
    async def refuse_organisation(self, info: Info, input: DecideOrganisationInput) -> OrganisationResult:
        key = key_of("Organisation", input.organisation_id)
        draft = read(ReasonDraft, {"reason": input.reason})
        await info.context.do(verification.refuse, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(
        description="As officer: take a verified organisation out of sight until further notice."
    )
    async def suspend_organisation(self, info: Info, input: DecideOrganisationInput) -> OrganisationResult:
        key = key_of("Organisation", input.organisation_id)
        draft = read(ReasonDraft, {"reason": input.reason})
        await info.context.do(verification.suspend, key, draft)
        return await _changed(info.context, key)

    @strawberry.mutation(description="As officer: end a suspension.")
    async def lift_suspension(self, info: Info, organisation_id: OrganisationId) -> OrganisationResult:
        key = key_of("Organisation", organisation_id)
        await info.context.do(verification.lift, key)
        return await _changed(info.context, key)

    @strawberry.mutation(description="Take back a paper that was handed in.")
    async def remove_organisation_document(
        self,
        info: Info,
        document_id: Annotated[strawberry.ID, strawberry.argument(description="Of an OrganisationDocument.")],
    ) -> OrganisationResult:
        key = await info.context.do(documents.remove, key_of("OrganisationDocument", document_id))
        return await _changed(info.context, key)

    @strawberry.mutation(description="As manager: give somebody a role, by the number they sign in with.")
    async def take_in_member(self, info: Info, input: TakeInMemberInput) -> MembersResult:
        key = key_of("Organisation", input.organisation_id)
        draft = read(MemberDraft, {"phone": input.phone, "role": input.role})
        await info.context.do(members.take_in, info.context.house.vault, key, draft)
        return await _members(info.context, key)

    @strawberry.mutation(description="As manager: end somebody's membership.")
    async def let_member_go(
        self, info: Info, organisation_id: OrganisationId, person_id: strawberry.ID
    ) -> MembersResult:
        key = key_of("Organisation", organisation_id)
        await info.context.do(members.let_go, key, key_of("Person", person_id))
        return await _members(info.context, key)

    @strawberry.mutation(description="End your own membership. The last manager stays.")
    async def leave_organisation(self, info: Info, organisation_id: OrganisationId) -> LeaveResult:
        await info.context.do(members.leave, key_of("Organisation", organisation_id))
        return LeftOrganisation(organisation_id=organisation_id)
