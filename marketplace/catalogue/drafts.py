"""What people hand in to the catalogue: a tag they miss, a rule as it should be from some day on."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator

from marketplace.catalogue.models import TagKind
from marketplace.kernel.input import BlankIsNone, Code, Draft, FullWidthFolded, Line, Printable, ShortText

_MOST_VALUES = 12


def _one_line(text: str) -> str:
    if "\n" in text or "\t" in text:
        raise ValueError("control_characters")
    return text


ChineseName = Annotated[
    str, FullWidthFolded, StringConstraints(min_length=1, max_length=60), Printable, AfterValidator(_one_line)
]
EnglishName = Annotated[
    str,
    FullWidthFolded,
    StringConstraints(min_length=1, max_length=120),
    Printable,
    AfterValidator(_one_line),
]


class TagDraft(Draft):
    """A tag that somebody misses, with the other words that people use for it."""

    kind: TagKind
    name_zh: ChineseName
    name_en: EnglishName
    parent_code: Annotated[Code | None, BlankIsNone] = None
    synonyms: Annotated[tuple[EnglishName, ...], Field(max_length=10)] = ()


class RuleDraft(Draft):
    """The rule ``code`` with a new value, from ``in_force_from`` on (now, when left out). Its value keeps its shape."""

    code: Code
    value: Annotated[dict[str, Any], Field(min_length=1, max_length=_MOST_VALUES)]
    article: Line
    source: Line
    reason: ShortText
    in_force_from: Annotated[AwareDatetime | None, BlankIsNone] = None

    @model_validator(mode="after")
    def _years_make_sense(self) -> "RuleDraft":
        moment: datetime | None = self.in_force_from
        if moment is not None and not 2000 <= moment.year <= 2100:
            raise ValueError("date_out_of_range")
        return self
