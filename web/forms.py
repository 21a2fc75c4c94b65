"""Forms: read within bounds, checked for forgery, and shown again with everything kept when a command refuses.

A page that changes something is written like this (see README.md)::

    form = await read_form(request)
    with form.catching():
        async with house_of(request).database.unit_of_work() as session:
            await sign_ups.join(session, viewer_of(request), read(JoinDraft, form.given("note")), form.key)
        return redirect(request, "my_shifts", _("You are signed up."))
    return render(request, "join.html", {"form": form}, form.status)
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from types import TracebackType
from typing import Any

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from marketplace.kernel.clock import SHANGHAI, local
from marketplace.kernel.errors import (
    FieldProblem,
    InputIsInvalid,
    MarketplaceError,
    Missing,
    SignInNeeded,
)
from marketplace.kernel.ids import new_id, parse_id
from marketplace.kernel.local_forms import sentence
from marketplace.procurement.accesses import BidsAreSealed
from web import csrf
from web.refusals import FormIsBroken, FormIsTooLarge, status_of
from web.visit import locale_of

KEY_FIELD = "idempotency_key"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one form may bring: bytes in all, fields, files."""

    most_bytes: int = 128 * 1024
    most_fields: int = 200
    most_files: int = 0


PLAIN = Bounds()
WITH_FILE = Bounds(most_bytes=10 * 1024 * 1024, most_files=1)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed in. The name and type are the browser's claims, nothing more."""

    name: str
    content_type: str
    content: bytes


@dataclass
class Form:
    """What a form shows: its values, what is wrong with them, and the two hidden fields.

    ``labels`` fills while the fields are drawn, so that the summary above them can name each one in words; ``choices`` are those
    among them that are chosen and not filled in.
    """

    locale: str
    csrf_token: str
    key: str
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    error: MarketplaceError | None = None
    labels: dict[str, str] = field(default_factory=dict)
    choices: set[str] = field(default_factory=set)

    def value(self, name: str) -> str:
        """The field's text, "" when it was not given."""
        given = self.values.get(name, ())
        return given[0] if given else ""

    def has(self, name: str, value: str = "on") -> bool:
        """Whether ``value`` is among the field's values: a ticked box, a chosen option."""
        return value in self.values.get(name, ())

    def given(self, *names: str, many: Collection[str] = ()) -> dict[str, Any]:
        """The named fields as a draft takes them; those in ``many`` as lists. A field left blank is not given."""
        single: dict[str, Any] = {name: self.value(name) for name in names if self.value(name).strip()}
        return single | {name: [text for text in self.values.get(name, ()) if text] for name in many}

    def moments(self, *names: str) -> dict[str, Any]:
        """Fields of ``datetime-local`` inputs, with the zone that their wall clock means."""
        return {name: with_zone(self.value(name)) for name in names if self.value(name).strip()}

    def catching(self) -> "_Catching":
        """A block whose MarketplaceError is kept in the form. Missing, SignInNeeded and BidsAreSealed have pages of their own."""
        return _Catching(self)

    def refuse(self, error: MarketplaceError) -> None:
        self.error = error

    @property
    def is_refused(self) -> bool:
        return self.error is not None

    @property
    def status(self) -> int:
        """The status of the answer that shows this form."""
        return 200 if self.error is None else status_of(self.error)

    def named(self, name: str, label: str, *, is_choice: bool = False) -> str:
        """Notes what the field is called and whether it is chosen; draws nothing."""
        self.labels[name] = label
        if is_choice:
            self.choices.add(name)
        return ""

    def problems_of(self, name: str) -> list[str]:
        """What is wrong with one field, in sentences."""
        return [self._say(problem) for problem in self._problems() if self._shown_at(problem) == name]

    def summary(self) -> list[tuple[str | None, str]]:
        """Everything that is wrong: the field to go to (None for the form as a whole) and a sentence."""
        if self.error is None:
            return []
        problems = list(self._problems())
        if not problems:
            return [(None, sentence(self.locale, f"error.{self.error.code}", self.error.facts))]
        return [self._summarised(problem) for problem in problems]

    def _summarised(self, problem: FieldProblem) -> tuple[str | None, str]:
        name = self._shown_at(problem)
        if name is None:
            return None, self._say(problem)
        colon, gap = (":", " ") if self.locale == "en" else ("：", "")
        label = self.labels[name]
        return name, f"{label}{'' if label.endswith(('?', '？')) else colon}{gap}{self._say(problem)}"

    def _problems(self) -> Iterator[FieldProblem]:
        if isinstance(self.error, InputIsInvalid):
            yield from self.error.problems

    def _shown_at(self, problem: FieldProblem) -> str | None:
        """The drawn field that the problem belongs to: skills.3 belongs to skills."""
        name = problem.field
        while name not in self.labels and "." in name:
            name = name.rpartition(".")[0]
        return name if name in self.labels else None

    def _say(self, problem: FieldProblem) -> str:
        is_unchosen = problem.code == "missing" and self._shown_at(problem) in self.choices
        key = f"field.{problem.code}{'_choice' if is_unchosen else ''}"
        said = sentence(self.locale, key, problem.facts)
        return said if said != key else sentence(self.locale, "field.invalid", {})


class _Catching:
    """Keeps an expected refusal in the form, so that the page can be shown again instead of an error page."""

    def __init__(self, form: Form) -> None:
        self._form = form

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, MarketplaceError) and not isinstance(
            error, Missing | SignInNeeded | BidsAreSealed
        ):
            self._form.refuse(error)
            return True
        return False


def blank_form(request: Request, initial: Mapping[str, Any] | None = None) -> Form:
    """A form to be filled in, starting from ``initial`` (any of str, int, bool, dates, enums, ids, lists of them)."""
    values = {name: _as_inputs(value) for name, value in (initial or {}).items()}
    return Form(locale_of(request), csrf.token_for(request), str(new_id()), values)


async def read_form(request: Request, bounds: Bounds = PLAIN) -> Form:
    """What was posted. Raises FormIsTooLarge, FormIsBroken, FormIsStale."""
    data = await _parse(request, bounds)
    try:
        values: dict[str, list[str]] = {}
        files: dict[str, Upload] = {}
        for name, value in data.multi_items():
            if isinstance(value, UploadFile):
                if value.filename:
                    files[name] = Upload(value.filename[:200], value.content_type or "", await value.read())
            else:
                values.setdefault(name, []).append(_clean(value))
    finally:
        await data.close()
    csrf.check_token(request, _first(values.pop(csrf.FIELD, [])))
    key = parse_id(_first(values.pop(KEY_FIELD, []))) or new_id()
    return Form(locale_of(request), csrf.token_for(request), str(key), values, files)


async def _parse(request: Request, bounds: Bounds) -> FormData:
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > bounds.most_bytes:
            raise FormIsTooLarge(most_kilobytes=bounds.most_bytes // 1024)
        return message

    bounded = Request(request.scope, receive)
    try:
        return await bounded.form(
            max_files=bounds.most_files, max_fields=bounds.most_fields, max_part_size=bounds.most_bytes
        )
    except (HTTPException, FormParserError):
        raise FormIsBroken() from None


def with_zone(text: str) -> str:
    """2026-11-22T14:00 as 2026-11-22T14:00:00+08:00; anything else as it came, for the draft to refuse."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).isoformat()


def _as_inputs(value: Any) -> list[str]:
    if isinstance(value, list | tuple | set | frozenset):
        return [text for item in value for text in _as_inputs(item)]
    if value is None or value is False:
        return []
    return [_as_input(value)]


def _as_input(value: Any) -> str:
    if value is True:
        return "on"
    if isinstance(value, datetime):
        return f"{local(value):%Y-%m-%dT%H:%M}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value.value) if isinstance(value, Enum) else str(value)


def _clean(text: str) -> str:
    """The text without half characters (lone surrogates), which no database or page can hold."""
    if any(unicodedata.category(char) == "Cs" for char in text):
        return text.encode("utf-8", "replace").decode()
    return text


def _first(values: Sequence[str]) -> str:
    return values[0] if values else ""
