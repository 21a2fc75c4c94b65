"""The register of experts in the graph: read, added to and ended by the supervisors of an area."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import strawberry

from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import global_id, key_of
from marketplace.graph.problems import Problems
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.procurement.evaluation import experts
from marketplace.procurement.evaluation.drafts import ExpertDraft
from marketplace.procurement.evaluation.experts import ExpertRow


@strawberry.type(description="Somebody who may be drawn for panels of their fields and area.")
class Expert:
    id: strawberry.ID
    name: str
    area_code: str
    fields: list[str] = strawberry.field(description="Codes of categories.")
    speciality: str
    employer: str | None
    registered_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, row: ExpertRow) -> "Expert":
        return cls(
            id=global_id("Expert", row.id),
            name=row.name,
            area_code=row.area.code,
            fields=list(row.fields),
            speciality=row.speciality,
            employer=row.employer,
            registered_at=row.registered_at,
            ended_at=row.ended_at,
        )


@strawberry.type
class ExpertQueries:
    @strawberry.field(description="As supervisor: the register of your areas, the newest first.")
    async def experts(self, info: Info, first: First = 20, after: After = None) -> Connection[Expert]:
        page = await info.context.ask(experts.page, PageRequest(first, after))
        return connection(page, Expert.of)


@strawberry.input
class RegisterExpertInput:
    phone: str = strawberry.field(description="The number they sign in with.")
    area_code: str
    fields: list[str] = strawberry.field(description="Codes of categories.")
    speciality: str
    employer: str | None = None
    employer_organisation_id: strawberry.ID | None = strawberry.field(
        default=None, description="Where the employer is registered here: then its bids exclude the expert."
    )


@strawberry.type(description="The expert as they stand in the register now.")
class ChangedExpert:
    expert: Expert


ExpertResult: TypeAlias = Annotated[ChangedExpert | Problems, strawberry.union("ExpertResult")]


@strawberry.type
class ExpertMutations:
    @strawberry.mutation(description="As supervisor: register somebody for panels of your area.")
    async def register_expert(self, info: Info, input: RegisterExpertInput) -> ExpertResult:
        fields = given(input)
        employer = fields.pop("employer_organisation_id")
        fields["employer_organisation_id"] = key_of("Organisation", employer) if employer else None
        draft = read(ExpertDraft, fields)
        expert_id = await info.context.do(experts.register, draft, info.context.house.vault)
        return await _changed(info, expert_id)

    @strawberry.mutation(description="As supervisor: have somebody drawn no more.")
    async def end_expert(
        self,
        info: Info,
        expert_id: Annotated[strawberry.ID, strawberry.argument(description="The id of an Expert.")],
    ) -> ExpertResult:
        key: UUID = key_of("Expert", expert_id)
        await info.context.do(experts.end, key)
        return await _changed(info, key)


async def _changed(info: Info, expert_id: UUID) -> ChangedExpert:
    return ChangedExpert(expert=Expert.of(await info.context.ask(experts.expert, expert_id)))
