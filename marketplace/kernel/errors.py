"""Errors are sentences with a code; the words people read live in the catalogues, keyed by that code.

A slice declares ``class ShiftIsFull(Conflict)`` and raises ``ShiftIsFull(shift=title)``. The code is the class name in
snake case (``shift_is_full``), the facts fill the places in the sentence. The edges (pages, GraphQL, commands) turn the
five kinds below into a status, a problem type or an exit code; nothing else needs to know them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class MarketplaceError(Exception):
    """Something a person can read about and mend. ``article`` cites the rule that refused, when one did."""

    code: ClassVar[str] = "marketplace_error"

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.code = _WORD_START.sub("_", cls.__name__).lower()

    def __init__(self, *, article: str | None = None, **facts: Any) -> None:
        self.article = article
        self.facts = facts
        super().__init__(self.code, facts)


class Missing(MarketplaceError):
    """There is no such thing, or not for this viewer: denied and missing look the same. Pages answer 404."""


class NotAllowed(MarketplaceError):
    """The viewer sees the thing but may not do this with it. Pages answer 403."""


class Conflict(MarketplaceError):
    """The request is well formed, but the state of things refuses it. Pages answer 409."""


class TooMany(MarketplaceError):
    """Too often, too soon. Pages answer 429."""


class Unavailable(MarketplaceError):
    """Something we lean on does not answer now. Pages answer 503."""


class Invalid(MarketplaceError):
    """The input itself is wrong. Pages answer 422."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field; ``code`` is keyed in the catalogues as ``field.<code>``."""

    field: str
    code: str
    facts: Mapping[str, Any]


class InputIsInvalid(Invalid):
    """One or more fields are wrong; the pages show them in a summary that links to each field."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(count=len(problems))
        self.problems = tuple(problems)

    @classmethod
    def of(cls, field: str, code: str, **facts: Any) -> "InputIsInvalid":
        """The error for a single field."""
        return cls([FieldProblem(field, code, facts)])


class NotFound(Missing):
    """The usual answer for a thing that is missing or hidden."""


class SignInNeeded(NotAllowed):
    """The visitor is a stranger and must sign in first. Pages lead to the sign-in and back."""


class NotPermitted(NotAllowed):
    """The usual answer when the viewer's roles do not reach this far."""
