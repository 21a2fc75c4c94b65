"""The form of a list item: its steps, what it offers, and how its fields become a draft and an item its fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from marketplace.areas.codes import contains
from marketplace.catalogue import queries as tags
from marketplace.catalogue.models import TagKind
from marketplace.db.session import Session
from marketplace.kernel.errors import FieldProblem, InputIsInvalid
from marketplace.kernel.input import read
from marketplace.kernel.money import yuan
from marketplace.procurement.lists import items
from marketplace.procurement.lists.content import ItemContent
from marketplace.procurement.lists.drafts import ItemDraft
from web import area_picker, need_form
from web.area_picker import Choice
from web.forms import Form

STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "what": ("title", "description", "category_code"),
    "who": ("audience_code", "people_served", "area", "area_said", "area_code"),
    "how_much": ("budget_fen", "quantity", "unit"),
    "when": ("planned_tender_on", "starts_on", "ends_on", "renewal"),
    "how_good": ("standards",),
}
"""The guided way, one thing at a time."""

FIELDS: Final = tuple(
    name for fields in STEPS.values() for name in fields if name not in {"area", "area_said", "area_code"}
)

_PLAUSIBLE: Final[Mapping[str, str]] = {
    "budget_fen": "1",
    "quantity": "1",
    "unit": "1",
    "planned_tender_on": "2000-01-01",
    "starts_on": "2000-01-01",
    "ends_on": "2000-01-01",
    "renewal": "none",
    "standards": "1",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers, in the reader's words."""

    categories: Sequence[Choice]
    audiences: Sequence[Choice]
    areas: Sequence[Choice]


async def choices(session: Session, form: Form) -> Choices:
    """What the form offers."""
    served = await tags.tags_of(session, TagKind.AUDIENCE)
    return Choices(
        await need_form.categories(session, form.locale),
        [(tag.code, tags.name_of(tag, form.locale)) for tag in served],
        await area_picker.choices(session, form),
    )


async def draft(session: Session, form: Form, buyer_area: str) -> ItemDraft:
    """The form as a draft. Raises InputIsInvalid with every problem, each told at a field that is drawn."""
    return await _read(session, form, buyer_area, {})


async def problems_on(session: Session, form: Form, buyer_area: str, step: str) -> list[FieldProblem]:
    """What this step has to mend. Later steps are taken as filled in, so that days are compared as soon as they are told."""
    later = tuple(STEPS)[tuple(STEPS).index(step) + 1 :]
    filled = {name: _PLAUSIBLE[name] for one in later for name in STEPS[one] if name in _PLAUSIBLE}
    try:
        await _read(session, form, buyer_area, filled)
    except InputIsInvalid as error:
        return [problem for problem in error.problems if problem.field in STEPS[step]]
    return []


async def _read(session: Session, form: Form, buyer_area: str, filled: Mapping[str, Any]) -> ItemDraft:
    problems: list[FieldProblem] = []
    given: dict[str, Any] = {**form.given(*FIELDS), **filled, "area_code": buyer_area}
    try:
        picked = await area_picker.pick(session, form)
        if contains(buyer_area, picked):
            given["area_code"] = picked
        else:
            problems.append(FieldProblem("area", "area_outside_buyer", {}))
    except InputIsInvalid as error:
        problems += error.problems
    try:
        made = read(ItemDraft, given)
        await items.check(session, buyer_area, made)
    except InputIsInvalid as error:
        problems += [_drawn(problem) for problem in error.problems]
    if problems:
        raise InputIsInvalid(problems)
    return made


async def initial(session: Session, content: ItemContent, locale: str) -> dict[str, Any]:
    """An item as the form starts with it."""
    known = {name: content.values[name] for name in FIELDS}
    known["budget_fen"] = yuan(content.budget_fen)
    return known | await area_picker.initial(session, content.values["area_code"], locale)


def step_of(problems: Sequence[FieldProblem]) -> str:
    """The first step that shows one of the fields with a problem; the last one for what belongs to none."""
    wrong = {problem.field for problem in problems}
    return next((step for step, fields in STEPS.items() if wrong & set(fields)), tuple(STEPS)[-1])


def _drawn(problem: FieldProblem) -> FieldProblem:
    """What is wrong between days has no field of its own, and an area is typed: both are told where people can mend them."""
    fields = {"ends_before_start": "ends_on", "starts_before_tender": "starts_on"}
    if problem.code in fields:
        return FieldProblem(fields[problem.code], problem.code, problem.facts)
    return FieldProblem("area", problem.code, problem.facts) if problem.field == "area_code" else problem
