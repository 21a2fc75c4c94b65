"""Input is read once, by one pydantic model, whichever way it came in: form, GraphQL or file."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

from marketplace.kernel.errors import FieldProblem, InputIsInvalid


class Draft(BaseModel):
    """The base of everything people hand in. Unknown fields are refused; empty strings from forms mean "not given"."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


DraftType = TypeVar("DraftType", bound=Draft)


def read(draft: type[DraftType], given: Mapping[str, Any]) -> DraftType:
    """``given`` as a ``draft``. Raises InputIsInvalid, one FieldProblem a fault, keyed by pydantic's stable fault names."""
    try:
        return draft.model_validate(dict(given))
    except ValidationError as error:
        raise InputIsInvalid([_problem(fault) for fault in error.errors(include_url=False)]) from None


def _problem(fault: Any) -> FieldProblem:
    facts = {
        name: value for name, value in fault.get("ctx", {}).items() if isinstance(value, str | int | float)
    }
    field = ".".join(str(part) for part in fault["loc"]) or "form"
    # A validator of ours raises ValueError("code"): pydantic prefixes nothing, so the code is the message itself.
    code = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else fault["type"]
    return FieldProblem(field, code, facts)


def _printable(text: str) -> str:
    """Refuses control characters (a NUL breaks PostgreSQL, a bidi override misleads readers); keeps line breaks."""
    if not text.isprintable() and any(
        unicodedata.category(char) in {"Cc", "Cf", "Cs"} and char not in "\n\r\t\u200d\u200c" for char in text
    ):
        raise ValueError("control_characters")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def searchable(text: str, most: int = 120) -> str:
    """What of a search text can be searched for: printable characters only, cut to ``most``. Searching refuses nothing."""
    return "".join(char for char in text[:most] if char.isprintable())


def _folded(text: Any) -> Any:
    return unicodedata.normalize("NFKC", text) if isinstance(text, str) else text


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Printable = AfterValidator(_printable)
FullWidthFolded = BeforeValidator(_folded)
BlankIsNone = BeforeValidator(_none_if_blank)

Line = Annotated[str, StringConstraints(min_length=1, max_length=120), Printable]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4000), Printable]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=500), Printable]
OptionalLine = Annotated[Line | None, BlankIsNone]
OptionalText = Annotated[Text | None, BlankIsNone]
Code = Annotated[
    str, FullWidthFolded, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")
]
