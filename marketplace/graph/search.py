"""Finding needs and organisations in the graph: the pages' own searches, with the same counts and the same honesty when reduced."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import strawberry

from marketplace.discovery import cards, marking
from marketplace.discovery import organisations as finding_organisations
from marketplace.discovery.finding import find_needs
from marketplace.discovery.marking import Place
from marketplace.discovery.names import Entry
from marketplace.discovery.organisations import OrganisationWishes, find_organisations
from marketplace.discovery.wishes import NeedWishes, Sorting
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Info
from marketplace.graph.inputs import given
from marketplace.graph.needs import Need, QualificationType
from marketplace.graph.organisations import Organisation
from marketplace.graph.problems import message_of
from marketplace.graph.shifts import Shift
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest

strawberry.enum(
    Sorting,
    name="NeedOrder",
    description="The order of what is found; distance is measured as `withinKm` is.",
)


@strawberry.type(description="A reason why you may not take a need.")
class Hindrance:
    code: str
    message: str
    article: str | None = strawberry.field(description="The rule that says so.")

    @classmethod
    def of(cls, reason: MarketplaceError, locale: str) -> "Hindrance":
        return cls(code=reason.code, message=message_of(reason, locale), article=reason.article)


strawberry.enum(
    Place, name="HighlightedField", description="The texts in which words are marked; a title is also a name."
)


@strawberry.type(
    description="Where a word that was asked for stands in a text, in Unicode code points: from `start` to before `end`."
)
class Highlight:
    field: Place
    start: int
    end: int

    @classmethod
    def all_of(cls, found: Sequence[marking.Highlight]) -> "list[Highlight]":
        return [cls(field=one.place, start=start, end=end) for one in found for start, end in one.spans]


@strawberry.type(description="A need as a search finds it.")
class FoundNeed:
    need: Need
    shift: Shift | None = strawberry.field(
        description="The next one on the days asked for, one with places left before a full one."
    )
    metres: float | None = strawberry.field(
        description="From your home, or from the middle of the chosen area; null where either end is unknown."
    )
    qualifications: list[QualificationType]
    hindrances: list[Hindrance] | None = strawberry.field(
        description="Why you may not take it; empty when you may, null for strangers."
    )
    clash: Hindrance | None = strawberry.field(
        description="Your own shift at the time of `shift`, when there is one; null for strangers."
    )
    highlights: list[Highlight] = strawberry.field(
        description="Where the words stand in the need's `title`, `description` and `place` and in its organisation's name."
    )

    @classmethod
    def of(cls, found: cards.FoundNeed, locale: str) -> "FoundNeed":
        return cls(
            need=Need.of(found.row),
            shift=Shift.of(found.shift) if found.shift else None,
            metres=found.metres,
            qualifications=[
                QualificationType(code=entry.code, name_zh=entry.name.zh, name_en=entry.name.en)
                for entry in found.qualifications
            ],
            hindrances=None
            if found.reasons is None
            else [Hindrance.of(reason, locale) for reason in found.reasons],
            clash=Hindrance.of(found.clash, locale) if found.clash else None,
            highlights=Highlight.all_of(found.highlights),
        )


@strawberry.type(description="How many there would be under one choice.")
class Count:
    code: str
    name_zh: str
    name_en: str
    count: int


@strawberry.input(description="What is looked for; everything that is given must fit.")
class NeedWishesInput:
    text: str | None = strawberry.field(
        default=None,
        description="Any words, pinyin or initials, without NUL; the first 10,000 characters count.",
    )
    category: str | None = strawberry.field(
        default=None, description="A category's code, with those under it."
    )
    tags: list[str] | None = strawberry.field(
        default=None, description="Codes of at most 10 tags, all of them."
    )
    area: str | None = strawberry.field(default=None, description="A 12-digit code: there, or below.")
    day_from: date | None = None
    day_to: date | None = strawberry.field(default=None, description="The last day, included.")
    within_km: float | None = strawberry.field(
        default=None, description="From the middle of `area`, or without one from your home; at most 100."
    )
    only_with_places: bool = strawberry.field(
        default=False, description="Only what has a place left, on the days that are given."
    )
    only_suitable: bool = strawberry.field(
        default=False,
        description="Only what has a place left that you may take and have time for beside your own shifts; not for strangers.",
    )
    language: str | None = strawberry.field(default=None, description="The code of a language tag.")
    sort: Sorting | None = strawberry.field(
        default=None, description="By default what is best for now where there are words, else the soonest."
    )


@strawberry.type(description="One page of what was found, and what there would be under other choices.")
class NeedSearchConnection(Connection[FoundNeed]):
    by_category: list[Count] = strawberry.field(
        description="How many there would be in each other category, at most 40; broad ones count the narrow ones too."
    )
    by_district: list[Count] = strawberry.field(description="How many there would be in each other district.")
    by_language: list[Count] = strawberry.field(description="How many there would be in each other language.")
    with_places: int = strawberry.field(description="How many of them have a place left.")
    is_reduced: bool = strawberry.field(
        description="The search engine did not answer: the list is complete but knows fewer spellings."
    )
    is_approximate: bool = strawberry.field(description="Nothing matched every word; these come near.")
    is_cut: bool = strawberry.field(
        description="The text was longer than 10,000 characters; the rest was not read."
    )


@strawberry.type(description="An organisation as a search finds it.")
class FoundOrganisation:
    organisation: Organisation
    highlights: list[Highlight] = strawberry.field(
        description="Where the words stand in its `name` (TITLE) and in `about` (DESCRIPTION)."
    )

    @classmethod
    def of(cls, found: finding_organisations.FoundOrganisation) -> "FoundOrganisation":
        return cls(organisation=Organisation.of(found.row), highlights=Highlight.all_of(found.highlights))


@strawberry.input(description="Which organisations are looked for; everything that is given must fit.")
class OrganisationWishesInput:
    text: str | None = strawberry.field(
        default=None,
        description="Any words about their name, work or place, pinyin or initials, without NUL; the first 10,000 characters count.",
    )
    field: str | None = strawberry.field(default=None, description="A category's code, with those under it.")
    area: str | None = strawberry.field(
        default=None, description="A 12-digit code: registered or active there, or below."
    )


@strawberry.type(description="One page of what was found, and what there would be under other choices.")
class OrganisationSearchConnection(Connection[FoundOrganisation]):
    by_district: list[Count] = strawberry.field(
        description="How many there would be in each other district; empty when reduced."
    )
    by_field: list[Count] = strawberry.field(
        description="How many there would be in each other category; broad ones count the narrow ones too. Empty when reduced."
    )
    is_reduced: bool = strawberry.field(
        description="The search engine did not answer: words are looked for in names alone."
    )
    is_approximate: bool = strawberry.field(description="Nothing matched every word; these come near.")
    is_cut: bool = strawberry.field(
        description="The text was longer than 10,000 characters; the rest was not read."
    )


def wishes_in(input: Any) -> dict[str, Any]:
    """The wishes that were made; one that is null was not."""
    return {name: value for name, value in given(input).items() if value is not None} if input else {}


@strawberry.type
class SearchQueries:
    @strawberry.field(description="Open needs that fit all wishes, with counts by category and district.")
    async def search_needs(
        self, info: Info, wishes: NeedWishesInput | None = None, first: First = 20, after: After = None
    ) -> NeedSearchConnection:
        context = info.context
        found = await context.ask(
            find_needs, context.house.search, read(NeedWishes, wishes_in(wishes)), PageRequest(first, after)
        )
        page = connection(found.page, lambda card: FoundNeed.of(card, context.locale))
        return NeedSearchConnection(
            **vars(page),
            by_category=counted(found.names.categories, found.by_category),
            by_district=counted(found.names.areas, found.by_district),
            by_language=counted(found.names.languages, found.by_language),
            with_places=found.with_places,
            is_reduced=found.reduced,
            is_approximate=found.approximate,
            is_cut=found.cut,
        )

    @strawberry.field(
        description="Verified organisations that fit all wishes: with words what is most about them first, else by name."
    )
    async def search_organisations(
        self,
        info: Info,
        wishes: OrganisationWishesInput | None = None,
        first: First = 20,
        after: After = None,
    ) -> OrganisationSearchConnection:
        context = info.context
        found = await context.ask(
            find_organisations,
            context.house.search,
            read(OrganisationWishes, wishes_in(wishes)),
            PageRequest(first, after),
        )
        return OrganisationSearchConnection(
            **vars(connection(found.page, FoundOrganisation.of)),
            by_district=counted(found.names.areas, found.by_district),
            by_field=counted(found.names.categories, found.by_field),
            is_reduced=found.reduced,
            is_approximate=found.approximate,
            is_cut=found.cut,
        )


def counted(entries: Mapping[str, Entry], counts: Mapping[str, int]) -> list[Count]:
    """The counts of choices that have a name, the most first."""
    found = [
        Count(code=code, name_zh=entries[code].name.zh, name_en=entries[code].name.en, count=count)
        for code, count in counts.items()
        if code in entries
    ]
    return sorted(found, key=lambda one: (-one.count, one.code))
