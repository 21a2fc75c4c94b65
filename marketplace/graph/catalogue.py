"""The shared catalogue in the graph: tags and who governs them, qualification types, and rules with their articles."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias

import orjson
import strawberry

from marketplace.catalogue import models, qualifications, queries, rules
from marketplace.catalogue.drafts import RuleDraft, TagDraft
from marketplace.catalogue.models import TagKind
from marketplace.graph.connections import After, Connection, First, connection
from marketplace.graph.context import Context, Info
from marketplace.graph.inputs import given
from marketplace.graph.problems import Problems
from marketplace.graph.tags import Tag
from marketplace.identity import governance
from marketplace.identity.drafts import ReasonDraft
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest

Kinds = Annotated[list[TagKind], strawberry.argument(description="Which kinds of tags; all when empty.")]


@strawberry.type(description="Something that must be earned and can expire.")
class QualificationInCatalogue:
    code: str
    name_zh: str
    name_en: str
    includes: list[str] = strawberry.field(
        description="Codes that its holder is taken to hold too, along the chain."
    )


@strawberry.type(description="The law, or our own rule, as data. A refusal cites its article.")
class Rule:
    code: str
    value: str = strawberry.field(description="As JSON text.")
    article: str
    source: str
    title_zh: str
    title_en: str
    in_force_from: datetime
    frozen_until: datetime | None = strawberry.field(
        description="Something runs by this rule, such as an open rating period: no change of it begins before then."
    )

    @classmethod
    def of(cls, row: models.Rule, frozen_until: datetime | None) -> "Rule":
        return cls(
            code=row.code,
            value=orjson.dumps(row.value).decode(),
            article=row.article,
            source=row.source,
            title_zh=row.title_zh,
            title_en=row.title_en,
            in_force_from=row.in_force_from,
            frozen_until=frozen_until,
        )


@strawberry.type
class CatalogueQueries:
    @strawberry.field(description="All tags in use of these kinds.")
    async def tags(self, info: Info, kinds: Kinds) -> list[Tag]:
        async with info.context.reading() as session:
            return [Tag.of(row) for row in await queries.tags_of(session, *(kinds or tuple(TagKind)))]

    @strawberry.field(description="The tag that a word names, by code, name or synonym; null for none.")
    async def tag_for(self, info: Info, word: str, kinds: Kinds) -> Tag | None:
        async with info.context.reading() as session:
            found = await queries.resolve(session, word, *kinds)
        return Tag.of(found) if found else None

    @strawberry.field(description="Tags that wait for a moderator, for moderators.")
    async def proposed_tags(self, info: Info, first: First = 20, after: After = None) -> Connection[Tag]:
        context = info.context
        page = await context.ask(governance.proposed_tags, PageRequest(first, after))
        return connection(page, Tag.of)

    @strawberry.field(description="All qualification types.")
    async def qualification_types(self, info: Info) -> list[QualificationInCatalogue]:
        async with info.context.reading() as session:
            types = await qualifications.types(session)
            included = await qualifications.inclusions(session)
        return [
            QualificationInCatalogue(
                code=kind.code,
                name_zh=kind.name_zh,
                name_en=kind.name_en,
                includes=sorted(qualifications.with_included([kind.code], included) - {kind.code}),
            )
            for kind in types
        ]

    @strawberry.field(description="Every rule: what holds, what held, and what will; the newest first.")
    async def rules(self, info: Info) -> list[Rule]:
        return await _rules(info.context)


async def _rules(context: Context) -> list[Rule]:
    async with context.reading() as session:
        history = await rules.history_with_freezes(session)
    return [Rule.of(row, until) for until, rows in history.values() for row in rows]


@strawberry.input
class ProposeTagInput:
    kind: TagKind
    name_zh: str
    name_en: str
    parent_code: str | None = strawberry.UNSET
    synonyms: list[str] = strawberry.field(default_factory=list, description="At most ten other words.")


@strawberry.input
class DecideTagInput:
    code: str
    reason: str


@strawberry.input(description="The rule with a new value of the same shape, from a moment on.")
class ChangeRuleInput:
    code: str
    value: str = strawberry.field(description="As JSON text.")
    article: str
    source: str
    reason: str
    in_force_from: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Now, when left out."
    )


@strawberry.type(description="The proposal waits for a moderator.")
class ProposedTag:
    tag: Tag


@strawberry.type(description="The decision is on record.")
class DecidedTag:
    code: str


@strawberry.type(description="The rules as they are now.")
class ChangedRules:
    rules: list[Rule]


ProposeTagResult: TypeAlias = Annotated[ProposedTag | Problems, strawberry.union("ProposeTagResult")]
DecideTagResult: TypeAlias = Annotated[DecidedTag | Problems, strawberry.union("DecideTagResult")]
ChangeRuleResult: TypeAlias = Annotated[ChangedRules | Problems, strawberry.union("ChangeRuleResult")]


@strawberry.type
class CatalogueMutations:
    @strawberry.mutation(description="Propose a tag that you miss.")
    async def propose_tag(self, info: Info, input: ProposeTagInput) -> ProposeTagResult:
        draft = read(TagDraft, given(input))
        async with info.context.unit_of_work() as session:
            code = await governance.propose_tag(session, info.context.viewer, draft)
            proposed = (await queries.by_codes(session, [code]))[code]
        return ProposedTag(tag=Tag.of(proposed))

    @strawberry.mutation(description="As moderator: take a proposed tag into use.")
    async def approve_tag(self, info: Info, code: str) -> DecideTagResult:
        await info.context.do(governance.approve_tag, code)
        return DecidedTag(code=code)

    @strawberry.mutation(description="As moderator: turn a proposed tag down.")
    async def refuse_tag(self, info: Info, input: DecideTagInput) -> DecideTagResult:
        draft = read(ReasonDraft, {"reason": input.reason})
        await info.context.do(governance.refuse_tag, input.code, draft)
        return DecidedTag(code=input.code)

    @strawberry.mutation(description="As moderator: take a tag out of use; what carries it keeps it.")
    async def retire_tag(self, info: Info, input: DecideTagInput) -> DecideTagResult:
        draft = read(ReasonDraft, {"reason": input.reason})
        await info.context.do(governance.retire_tag, input.code, draft)
        return DecidedTag(code=input.code)

    @strawberry.mutation(
        description="As the city's administrator: change a rule from a moment on, on record."
    )
    async def change_rule(self, info: Info, input: ChangeRuleInput) -> ChangeRuleResult:
        draft = read(RuleDraft, {**given(input), "value": _value(input.value)})
        await info.context.do(governance.change_rule, draft)
        return ChangedRules(rules=await _rules(info.context))


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InputIsInvalid.of("value", "not_json") from None
