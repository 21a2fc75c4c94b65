"""Pages with several forms: a refusal is shown at the form that was sent, under the names that this form gives its fields."""

from collections.abc import Callable, Mapping

from starlette.requests import Request

from marketplace.kernel.errors import FieldProblem, InputIsInvalid
from web.forms import Form, blank_form


def form_at(request: Request, form: Form) -> Callable[[str], Form]:
    """For a template: the form that was just refused where its path is asked for, an empty one anywhere else."""

    def at(path: str) -> Form:
        return form if form.is_refused and path == request.url.path else blank_form(request)

    return at


class renamed:
    """A block whose field problems are told at the form's own fields: ``names`` maps the draft's names to them."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, InputIsInvalid):
            raise InputIsInvalid(
                [
                    FieldProblem(self._names.get(one.field, one.field), one.code, one.facts)
                    for one in error.problems
                ]
            ) from None
