"""Saved searches in the graph: one's own, kept, changed, paused and given up."""

from datetime import date, datetime
from typing import Annotated, TypeAlias

import strawberry

from marketplace.discovery import saved_queries, saved_searches
from marketplace.discovery.saved_drafts import ChangeSearchDraft, SaveSearchDraft
from marketplace.discovery.saved_models import HowTold
from marketplace.discovery.saved_queries import SavedSearchRow
from marketplace.discovery.wishes import NeedWishes
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.nodes import Node, change, global_id, key_of, must_fetch, node
from marketplace.graph.problems import Problems
from marketplace.graph.search import NeedWishesInput, wishes_in
from marketplace.kernel.input import read

strawberry.enum(
    HowTold,
    description="How you hear of what is new for a saved search: at once, with the others in the evening, or not at all.",
)


@strawberry.type(
    description="What a saved search asks for, as `searchNeeds` takes it; its order is not kept."
)
class SavedWishes:
    text: str | None
    category: str | None
    tags: list[str]
    area: str | None
    day_from: date | None
    day_to: date | None
    within_km: float | None
    only_with_places: bool
    only_suitable: bool
    language: str | None

    @classmethod
    def of(cls, wishes: NeedWishes) -> "SavedWishes":
        said = wishes.model_dump(exclude={"sort"})
        return cls(**{**said, "tags": list(wishes.tags)})


@node(saved_queries.saved_searches_by_ids)
@strawberry.type(description="A search that you keep; nobody else sees it.")
class SavedSearch(Node):
    name: str
    wishes: SavedWishes | None = strawberry.field(
        description="Null when an older version wrote them and they are not understood any more: it finds nothing."
    )
    how_told: HowTold
    created_at: datetime
    paused_at: datetime | None = strawberry.field(description="Since when it rests; null while it watches.")
    looked_at: datetime | None
    new_count: int = strawberry.field(
        description="How many open needs came to fit since you last looked, or since you saved it."
    )
    row: strawberry.Private[SavedSearchRow]

    @classmethod
    def of(cls, row: SavedSearchRow) -> "SavedSearch":
        return cls(
            id=global_id("SavedSearch", row.id),
            name=row.name,
            wishes=None if row.wishes is None else SavedWishes.of(row.wishes),
            how_told=row.how_told,
            created_at=row.created_at,
            paused_at=row.paused_at,
            looked_at=row.looked_at,
            new_count=row.new,
            row=row,
        )

    @strawberry.field(description="What is asked for, in words.")
    def sentence(self, info: Info) -> str:
        return self.row.in_words(info.context.locale)


async def _mine(context: Context) -> list[SavedSearch]:
    return [SavedSearch.of(row) for row in await context.ask(saved_queries.mine)]


@strawberry.type
class SavedSearchQueries:
    @strawberry.field(description="The searches that you keep, newest first; at most 20.")
    async def saved_searches(self, info: Info) -> list[SavedSearch]:
        return await _mine(info.context)


@strawberry.input
class SaveSearchInput:
    wishes: NeedWishesInput
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="Without one it is called by what it asks for."
    )
    how_told: HowTold = HowTold.DAILY


@strawberry.input(description="What is not given stays as it is.")
class ChangeSavedSearchInput:
    name: str | None = strawberry.UNSET
    how_told: HowTold | None = strawberry.UNSET


@strawberry.type(description="The search as it is kept now; the same wishes saved twice are one.")
class KeptSearch:
    saved_search: SavedSearch


@strawberry.type(description="What is left.")
class DeletedSavedSearch:
    saved_searches: list[SavedSearch]


SavedSearchResult: TypeAlias = Annotated[KeptSearch | Problems, strawberry.union("SavedSearchResult")]
DeleteSavedSearchResult: TypeAlias = Annotated[
    DeletedSavedSearch | Problems, strawberry.union("DeleteSavedSearchResult")
]
SavedSearchId = Annotated[strawberry.ID, strawberry.argument(description="The id of a SavedSearch.")]


@strawberry.type
class SavedSearchMutations:
    @strawberry.mutation(description="Keep a search and hear of what is new for it; 20 at most.")
    async def save_search(self, info: Info, input: SaveSearchInput) -> SavedSearchResult:
        draft = read(SaveSearchDraft, {**given(input), "wishes": wishes_in(input.wishes)})
        key = await info.context.do(saved_searches.save, draft)
        return KeptSearch(saved_search=await must_fetch(info.context, SavedSearch, key))

    @strawberry.mutation(description="Give a saved search another name, or be told in another way.")
    async def change_saved_search(
        self, info: Info, saved_search_id: SavedSearchId, input: ChangeSavedSearchInput
    ) -> SavedSearchResult:
        key = key_of("SavedSearch", saved_search_id)
        draft = read(ChangeSearchDraft, given(input))
        await info.context.do(saved_searches.change, key, draft)
        return KeptSearch(saved_search=await must_fetch(info.context, SavedSearch, key))

    @strawberry.mutation(description="Let a saved search rest: nothing is matched meanwhile.")
    async def pause_saved_search(self, info: Info, saved_search_id: SavedSearchId) -> SavedSearchResult:
        kept = await change(info.context, SavedSearch, saved_search_id, saved_searches.pause)
        return KeptSearch(saved_search=kept)

    @strawberry.mutation(description="Let a saved search go on with what is published from now.")
    async def resume_saved_search(self, info: Info, saved_search_id: SavedSearchId) -> SavedSearchResult:
        kept = await change(info.context, SavedSearch, saved_search_id, saved_searches.resume)
        return KeptSearch(saved_search=kept)

    @strawberry.mutation(description="Note that you looked at what a saved search finds now.")
    async def look_at_saved_search(self, info: Info, saved_search_id: SavedSearchId) -> SavedSearchResult:
        kept = await change(info.context, SavedSearch, saved_search_id, saved_searches.look)
        return KeptSearch(saved_search=kept)

    @strawberry.mutation(description="Give a saved search up, with the memory of what it found.")
    async def delete_saved_search(
        self, info: Info, saved_search_id: SavedSearchId
    ) -> DeleteSavedSearchResult:
        key = key_of("SavedSearch", saved_search_id)
        await info.context.do(saved_searches.delete, key)
        return DeletedSavedSearch(saved_searches=await _mine(info.context))
