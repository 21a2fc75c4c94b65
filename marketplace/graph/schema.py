"""The schema: what the slices' modules offer, put together and built once a process.

Adding to it. One module a slice (``graph/needs.py``), which holds no rules: it reads with ``queries``, commands with the
slice's nouns, and gives rows the shape of the graph.

A type with an id of its own, plain columns, and an edge. ``needs_by_ids(session, viewer, ids)`` is the slice's query; it
answers a mapping, without what the viewer may not see::

    @node(queries.needs_by_ids)
    @strawberry.type(description="…")
    class Need(Node):
        title: str
        starts_at: datetime
        organisation_key: strawberry.Private[UUID | None]

        @classmethod
        def of(cls, row: NeedRow) -> "Need":
            return cls(id=global_id("Need", row.id), title=row.title, …)

        @strawberry.field
        async def organisation(self, info: Info) -> Annotated["Organisation", strawberry.lazy("marketplace.graph.organisations")] | None:
            from marketplace.graph.organisations import Organisation  # the graph is a web; modules are not

            return await fetch(info.context, Organisation, self.organisation_key)

A list. The query gives a ``kernel.pagination.Page``; siblings are batched with ``info.context.load(query, key)``::

    @strawberry.type
    class NeedQueries:
        @strawberry.field(description="…")
        async def needs(self, info: Info, first: First = 20, after: After = None) -> Connection[Need]:
            async with info.context.reading() as session:
                page = await queries.open_needs(session, info.context.viewer, PageRequest(first, after))
            return connection(page, Need.of)

A mutation: one input, one union of its payload and Problems, one unit of work. A MarketplaceError raised anywhere inside rolls
back and becomes the Problem; the payload is read after the commit::

    PublishNeedResult: TypeAlias = Annotated[PublishedNeed | Problems, strawberry.union("PublishNeedResult")]

    @strawberry.type
    class NeedMutations:
        @strawberry.mutation(description="…")
        async def publish_need(self, info: Info, input: PublishNeedInput) -> PublishNeedResult:
            draft = read(NeedDraft, given(input))
            async with info.context.unit_of_work() as session:
                need_id = await needs.publish(session, info.context.viewer, draft)
            return PublishedNeed(need=await must_fetch(info.context, Need, need_id))

Ids that come in are read by ``key_of("Need", id)``, which raises NotFound for every other kind of id. Then name ``NeedQueries``
and ``NeedMutations`` among the bases below, write operations into ``graphql/operations/needs/``, and run
``python -m marketplace.graph.print``. Words of new errors go into both ``errors.po``.
"""

from functools import cache

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from marketplace.graph.account import AccountMutations, AccountQueries
from marketplace.graph.answers import Prepared
from marketplace.graph.areas import AreaQueries
from marketplace.graph.assignment_runs import AssignmentRunMutations, AssignmentRunQueries
from marketplace.graph.award_commands import AwardMutations
from marketplace.graph.awards import AwardQueries
from marketplace.graph.bids import BidMutations, BidQueries
from marketplace.graph.buyers import BuyerMutations, BuyerQueries
from marketplace.graph.call_offs import CallOffMutations, CallOffQueries
from marketplace.graph.catalogue import CatalogueMutations, CatalogueQueries
from marketplace.graph.compound_commands import CompoundMutations
from marketplace.graph.contract_commands import ContractMutations
from marketplace.graph.contracts import ContractQueries
from marketplace.graph.deliveries import DeliveryQueries
from marketplace.graph.delivery_commands import DeliveryMutations
from marketplace.graph.evaluation import EvaluationQueries
from marketplace.graph.evaluation_commands import EvaluationMutations
from marketplace.graph.experts import ExpertMutations, ExpertQueries
from marketplace.graph.guardians import GuardianMutations, GuardianQueries
from marketplace.graph.hours import HourMutations, HourQueries
from marketplace.graph.jobs import JobMutations, JobQueries
from marketplace.graph.lots import LotQueries
from marketplace.graph.lotteries import LotteryMutations, LotteryQueries
from marketplace.graph.mobilisations import MobilisationMutations, MobilisationQueries
from marketplace.graph.needs import NeedMutations, NeedQueries
from marketplace.graph.nodes import NodeQueries
from marketplace.graph.notices import NoticeMutations, NoticeQueries
from marketplace.graph.objections import ObjectionMutations, ObjectionQueries
from marketplace.graph.ocds import OcdsQueries
from marketplace.graph.openings import OpeningMutations, OpeningQueries
from marketplace.graph.organisations import OrganisationMutations, OrganisationQueries
from marketplace.graph.people import PeopleMutations, PeopleQueries
from marketplace.graph.problems import HANDLERS
from marketplace.graph.process_records import ProcessRecordQueries
from marketplace.graph.properties import PropertyQueries
from marketplace.graph.property_commands import PropertyContractMutations
from marketplace.graph.property_inside import PropertyInsideQueries
from marketplace.graph.ranking import RankingMutations, RankingQueries
from marketplace.graph.rating_care import RatingCareMutations, RatingCareQueries
from marketplace.graph.ratings import RatingMutations, RatingQueries
from marketplace.graph.recommendations import RecommendationMutations, RecommendationQueries
from marketplace.graph.roles import RoleMutations, RoleQueries
from marketplace.graph.saved_searches import SavedSearchMutations, SavedSearchQueries
from marketplace.graph.scalars import SCALARS
from marketplace.graph.scorecard_dumps import ScorecardDumpQueries
from marketplace.graph.scorecards import ScorecardQueries
from marketplace.graph.search import SearchQueries
from marketplace.graph.service_list_changes import ServiceListMutations
from marketplace.graph.service_lists import ServiceListQueries
from marketplace.graph.shifts import ShiftMutations, ShiftQueries
from marketplace.graph.sign_in import SignInMutations
from marketplace.graph.sign_ups import SignUpMutations, SignUpQueries
from marketplace.graph.signals import SignalMutations, SignalQueries
from marketplace.graph.staffing import StaffingMutations, StaffingQueries
from marketplace.graph.tender_commands import TenderMutations
from marketplace.graph.tender_questions import TenderQuestionMutations
from marketplace.graph.tenders import TenderQueries
from marketplace.graph.tickets import TicketMutations, TicketQueries
from marketplace.graph.viewer import ViewerQueries


class GraphSchema(strawberry.Schema):
    """A Strawberry schema that leaves the logging of errors to ``graph.answers``, which knows which are expected."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        return


def build(query: type, mutation: type | None = None) -> GraphSchema:
    """A schema with our scalars, problems and limits."""
    return GraphSchema(
        query=query,
        mutation=mutation,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[Prepared],
        exception_handlers=HANDLERS,
    )


@strawberry.type(description="What can be read. Lists are connections; what is not for you is not there.")
class Query(
    ViewerQueries,
    NodeQueries,
    ProcessRecordQueries,
    AreaQueries,
    JobQueries,
    HourQueries,
    SignUpQueries,
    OrganisationQueries,
    ScorecardDumpQueries,
    ScorecardQueries,
    NeedQueries,
    SearchQueries,
    SavedSearchQueries,
    ShiftQueries,
    StaffingQueries,
    AssignmentRunQueries,
    LotteryQueries,
    LotQueries,
    TenderQueries,
    BidQueries,
    OpeningQueries,
    MobilisationQueries,
    BuyerQueries,
    ServiceListQueries,
    NoticeQueries,
    AccountQueries,
    CatalogueQueries,
    GuardianQueries,
    PeopleQueries,
    RoleQueries,
    RecommendationQueries,
    AwardQueries,
    ObjectionQueries,
    RankingQueries,
    OcdsQueries,
    EvaluationQueries,
    ExpertQueries,
    ContractQueries,
    CallOffQueries,
    DeliveryQueries,
    SignalQueries,
    PropertyQueries,
    PropertyInsideQueries,
    TicketQueries,
    RatingQueries,
    RatingCareQueries,
):
    pass


@strawberry.type(
    description="What can be done. Each answers with what came of it, or with the problem that changed nothing."
)
class Mutation(
    JobMutations,
    HourMutations,
    SignUpMutations,
    OrganisationMutations,
    NeedMutations,
    ShiftMutations,
    StaffingMutations,
    AssignmentRunMutations,
    LotteryMutations,
    TenderMutations,
    TenderQuestionMutations,
    BidMutations,
    OpeningMutations,
    MobilisationMutations,
    BuyerMutations,
    ServiceListMutations,
    NoticeMutations,
    SavedSearchMutations,
    AccountMutations,
    CatalogueMutations,
    GuardianMutations,
    PeopleMutations,
    RoleMutations,
    RecommendationMutations,
    AwardMutations,
    ObjectionMutations,
    RankingMutations,
    EvaluationMutations,
    ExpertMutations,
    ContractMutations,
    CallOffMutations,
    DeliveryMutations,
    SignalMutations,
    CompoundMutations,
    PropertyContractMutations,
    TicketMutations,
    RatingMutations,
    RatingCareMutations,
    SignInMutations,
):
    pass


@cache
def schema() -> GraphSchema:
    """The one schema of this process."""
    return build(Query, Mutation)
