"""Expected errors as data: a mutation returns ``Payload | Problems``, and whatever MarketplaceError it raises becomes a member.

    PublishNeedResult: TypeAlias = Annotated[PublishedNeed | Problems, strawberry.union("PublishNeedResult")]

The words come from the catalogues by ``error.<code>``, in the viewer's language. What is not a MarketplaceError is a fault of
ours and is masked by ``graph.answers``.
"""

from typing import Any, Generic, TypeVar

import strawberry
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from marketplace.kernel import errors
from marketplace.kernel.errors import MarketplaceError
from marketplace.kernel.local_forms import sentence


@strawberry.interface(description="Why a mutation changed nothing.")
class Problem:
    code: str = strawberry.field(description="Stable, for programs: the error's name in snake case.")
    message: str = strawberry.field(description="For people, in the language of the request.")
    article: str | None = strawberry.field(description="The rule that refused, when one did.")


@strawberry.type(description="One thing wrong with one field of the input.")
class FieldFault:
    field: str = strawberry.field(
        description="The path of the field inside the input, such as `shifts.0.capacity`."
    )
    code: str
    message: str


@strawberry.type(description="The input itself is wrong.")
class InputProblem(Problem):
    fields: list[FieldFault]


@strawberry.type(description="There is no such thing, or it is not for you: both look the same.")
class MissingProblem(Problem):
    pass


@strawberry.type(description="You may see it but not do this with it, or you must sign in first.")
class NotAllowedProblem(Problem):
    pass


@strawberry.type(description="The request is well formed, but the state of things refuses it.")
class ConflictProblem(Problem):
    pass


@strawberry.type(description="Too often, too soon.")
class TooManyProblem(Problem):
    pass


@strawberry.type(description="Something we lean on does not answer now; trying again later is safe.")
class UnavailableProblem(Problem):
    pass


Problems = (
    InputProblem | MissingProblem | NotAllowedProblem | ConflictProblem | TooManyProblem | UnavailableProblem
)


def message_of(error: MarketplaceError, locale: str) -> str:
    """The sentence for ``error`` that people read."""
    return sentence(locale, f"error.{error.code}", error.facts)


def fault_of(problem: errors.FieldProblem, locale: str) -> FieldFault:
    """One field's problem in the viewer's words, its path spelled as GraphQL spells it."""
    path = ".".join(to_camel_case(part) for part in problem.field.split("."))
    return FieldFault(
        field=path, code=problem.code, message=sentence(locale, f"field.{problem.code}", problem.facts)
    )


ErrorType = TypeVar("ErrorType", bound=MarketplaceError)
ProblemType = TypeVar("ProblemType", bound=Problem)


class _Becomes(Generic[ErrorType, ProblemType]):
    """Turns one kind of error into one type of problem, wherever a field's union has that type."""

    def __init__(self, exception_type: type[ErrorType], error_type: type[ProblemType]) -> None:
        self.exception_type = exception_type
        self.error_type = error_type

    def handle(
        self, exception: ErrorType, *, field: StrawberryField, info: strawberry.Info[Any, Any]
    ) -> ProblemType:
        locale = info.context.locale
        details = {"fields": _faults(exception, locale)} if self.error_type is InputProblem else {}
        return self.error_type(
            code=exception.code, message=message_of(exception, locale), article=exception.article, **details
        )


def _faults(error: MarketplaceError, locale: str) -> list[FieldFault]:
    problems = error.problems if isinstance(error, errors.InputIsInvalid) else ()
    return [fault_of(problem, locale) for problem in problems]


HANDLERS = (
    _Becomes(errors.Invalid, InputProblem),
    _Becomes(errors.Missing, MissingProblem),
    _Becomes(errors.NotAllowed, NotAllowedProblem),
    _Becomes(errors.Conflict, ConflictProblem),
    _Becomes(errors.TooMany, TooManyProblem),
    _Becomes(errors.Unavailable, UnavailableProblem),
)
