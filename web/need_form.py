"""The form of a need: what it offers to choose from, and how its fields become a draft and a need its fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.catalogue import qualifications, queries
from marketplace.catalogue.models import TagKind
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import FieldProblem, InputIsInvalid
from marketplace.kernel.input import read
from marketplace.kernel.locale import EN
from marketplace.organisations import queries as organisations
from marketplace.organisations.states import OrganisationState, organisation_state
from marketplace.volunteering.drafts import NeedDraft
from marketplace.volunteering.queries import NeedDetails
from web import area_picker
from web.forms import Form

Choice = tuple[str, str]
TAG_FIELDS: Mapping[str, TagKind] = {
    "skills": TagKind.SKILL,
    "audiences": TagKind.AUDIENCE,
    "languages": TagKind.LANGUAGE,
    "topics": TagKind.TOPIC,
}
_SINGLE = (
    "title",
    "description",
    "category",
    "organisation_id",
    "place",
    "latitude",
    "longitude",
    "risks",
    "is_risky",
    "insurance",
    "minimum_age",
    "needs_approval",
    "withdrawal_notice_minutes",
    "contact",
)
# The guided way, one thing at a time; the last step shows everything once more.
STEPS: Mapping[str, tuple[str, ...]] = {
    "what": ("title", "description", "category", "organisation_id", "audiences", "topics"),
    "where": ("area", "area_said", "area_code", "place", "latitude", "longitude"),
    "who": (
        "minimum_age",
        "skills",
        "languages",
        "qualifications",
        "needs_approval",
        "withdrawal_notice_minutes",
        "contact",
    ),
    "risks": ("risks", "is_risky", "insurance"),
    "check": (),
}
NOTICE_MINUTES = (0, 120, 720, 1440, 2880)


@dataclass(frozen=True, slots=True)
class NeedChoices:
    """What the form offers, in the reader's words."""

    categories: Sequence[Choice]
    tags: Mapping[str, Sequence[Choice]]
    qualifications: Sequence[Choice]
    organisations: Sequence[Choice]
    areas: Sequence[Choice]
    may_speak_for_area: bool

    def label(self, field: str, value: str) -> str:
        """The words of a chosen value; the value itself where nothing offers it."""
        offered = {"category": self.categories, "qualifications": self.qualifications, **self.tags}
        offered |= {"organisation_id": self.organisations, "area_code": self.areas}
        return dict(offered[field]).get(value, value)


async def choices(session: Session, viewer: Viewer, form: Form) -> NeedChoices:
    """What the form offers to this viewer."""
    own = [
        (str(row.id), row.name)
        for row in await organisations.mine(session, viewer)
        if organisation_state(row) is OrganisationState.VERIFIED
    ]
    held = await qualifications.types(session)
    return NeedChoices(
        categories=await categories(session, form.locale),
        tags={name: await _tags(session, kind, form.locale) for name, kind in TAG_FIELDS.items()},
        qualifications=[(row.code, row.name_en if form.locale == EN else row.name_zh) for row in held],
        organisations=own,
        areas=await area_picker.choices(session, form),
        may_speak_for_area=any(role.area_code for role in viewer.roles),
    )


async def categories(session: Session, locale: str) -> list[Choice]:
    """Every category, narrower ones told with the broader one before them."""
    found: list[Choice] = []
    for branch in await queries.tree(session, TagKind.CATEGORY):
        broad = queries.name_of(branch.tag, locale)
        found.append((branch.tag.code, broad))
        found += [(tag.code, f"{broad} · {queries.name_of(tag, locale)}") for tag in branch.narrower]
    return found


async def draft(session: Session, form: Form) -> NeedDraft:
    """The form as a draft. Raises InputIsInvalid with every problem, that of the area among them."""
    given = form.given(*_SINGLE)
    given["tags"] = [value for name in TAG_FIELDS for value in form.values.get(name, ()) if value]
    given["qualifications"] = [value for value in form.values.get("qualifications", ()) if value]
    problems: list[FieldProblem] = []
    try:
        given["area_code"] = await area_picker.pick(session, form)
    except InputIsInvalid as error:
        problems += error.problems
        given["area_code"] = "0" * 12
    try:
        read_draft = read(NeedDraft, given)
    except InputIsInvalid as error:
        raise InputIsInvalid([*problems, *error.problems]) from None
    if problems:
        raise InputIsInvalid(problems)
    return read_draft


async def initial(session: Session, details: NeedDetails, locale: str) -> dict[str, Any]:
    """A need as the form starts with it."""
    need = details.row.need
    fields: dict[str, Any] = {name: getattr(need, name, None) for name in _SINGLE}
    fields["category"] = need.category_code
    fields["qualifications"] = [row.code for row in details.qualifications]
    for name, kind in TAG_FIELDS.items():
        fields[name] = [tag.code for tag in details.row.tags if tag.kind == kind]
    return fields | await area_picker.initial(session, need.area_code, locale)


def step_of(problems: Sequence[FieldProblem]) -> str | None:
    """The first step that shows one of the fields with a problem."""
    wrong = {problem.field.split(".")[0] for problem in problems}
    return next((step for step, fields in STEPS.items() if wrong & set(fields)), None)


def problems_on(step: str, error: InputIsInvalid) -> list[FieldProblem]:
    """Of all that is wrong, what this step shows."""
    return [problem for problem in error.problems if problem.field.split(".")[0] in STEPS[step]]


async def _tags(session: Session, kind: TagKind, locale: str) -> list[Choice]:
    return [(tag.code, queries.name_of(tag, locale)) for tag in await queries.tags_of(session, kind)]
