"""What the parts of a release are made of: moments, addresses, ids, lists without repetition; and the base of all parts."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Self, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic.alias_generators import to_camel

Kept = TypeVar("Kept")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_READING = {"from": "json"}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


class WholeList:
    """Marks a list that a later release replaces as a whole, although its members have ids."""


class LeftOut:
    """Marks a field that belongs to one release and not to the record."""


def moment(at: datetime) -> str:
    """A moment as we publish it: in UTC, to the second, so that texts sort as moments do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: str) -> datetime:
    """The moment that a release's text names, in UTC. Raises ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("ocds_moment")
    return datetime.fromisoformat(text).astimezone(UTC)


def _is_moment(text: str) -> str:
    try:
        read_moment(text)
    except (ValueError, OverflowError):
        raise ValueError("ocds_moment") from None
    return text


def _is_uri(text: str) -> str:
    if not _URI.fullmatch(text):
        raise ValueError("ocds_uri")
    return text


def _is_given(value: Any, info: ValidationInfo) -> Any:
    if value is None and info.context is _READING:
        raise ValueError("ocds_null")
    return value


def _without_repetition(members: list[Any]) -> list[Any]:
    for place, member in enumerate(members):
        if member in members[:place]:
            raise ValueError("ocds_repeated")
    return members


def _with_own_ids(members: list[Any]) -> list[Any]:
    """A later release is merged member by member, by id: of two with one id the first would be lost."""
    ids = [(type(member.id), member.id) for member in members if member.id is not None]
    if len(ids) != len(set(ids)):
        raise ValueError("ocds_repeated_id")
    return members


# A release keeps its moments as they were written: an import that is exported again is the same to the letter.
Moment = Annotated[str, AfterValidator(_is_moment)]
Uri = Annotated[str, AfterValidator(_is_uri)]
Filled = Annotated[str, Field(min_length=1)]
Id: TypeAlias = Filled | int
Number: TypeAlias = int | float
Maybe = Annotated[Kept | None, BeforeValidator(_is_given)]
"""May be left out, may not be null in JSON: OCDS allows null for words and numbers only."""
Many = Annotated[list[Kept], AfterValidator(_without_repetition), AfterValidator(_with_own_ids)]
"""Members with ids of their own, merged one by one."""
Plain = Annotated[list[Kept], AfterValidator(_without_repetition)]
"""Members without ids, or a list that is replaced as a whole."""


class Part(BaseModel):
    """The base of everything in a package. Fields that the standard does not know are kept as they came.

    ``translated`` names the fields of which there may be one in each language: ``title``, ``title_zh``.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=True,
        extra="allow",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )
    translated: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def read(cls, given: object) -> Self:
        """The part that JSON spells; only the standard's own names count. Raises pydantic's ValidationError."""
        return cls.model_validate(given, by_alias=True, by_name=False, context=_READING)

    def plain(self) -> dict[str, Any]:
        """The part as JSON values: everything that was given, and nothing else."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    def pruned(self) -> dict[str, Any]:
        """The part as JSON values without nulls and empty lists: what we publish says nothing where it has nothing to say."""
        return _pruned(self.model_dump(by_alias=True, exclude_none=True))

    @model_validator(mode="after")
    def _names_in_python_are_not_names_in_json(self) -> Self:
        """An unknown field that happens to be called as ours is in Python does not make ours a given one."""
        fields = type(self).model_fields
        for name in (self.model_extra or {}).keys() & fields.keys():
            if fields[name].alias != name and not getattr(self, name):
                self.model_fields_set.discard(name)
        return self

    @model_validator(mode="after")
    def _translations_are_words(self) -> Self:
        for name, value in (self.model_extra or {}).items():
            stem, _gap, language = name.partition("_")
            if (
                stem in self.translated
                and _LANGUAGE.fullmatch(language)
                and not isinstance(value, str | None)
            ):
                raise ValueError("ocds_translation")
        return self


def _pruned(values: dict[str, Any]) -> dict[str, Any]:
    return {name: bare for name, value in values.items() if (bare := _bare(value)) not in ({}, [])}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return _pruned(value)
    return [_bare(one) for one in value] if isinstance(value, list) else value


def yuan(fen: int) -> Number:
    """An amount as JSON writes it. Fifteen digits are the most that our money has, and a double keeps them all."""
    return fen // 100 if fen % 100 == 0 else fen / 100


def texts(*parts: str | None) -> str | None:
    """The parts that say something, a paragraph each."""
    return "\n\n".join(part for part in parts if part) or None


def ids(members: Iterable[Any]) -> set[Any]:
    """The ids of some parts."""
    return {member.id for member in members}
