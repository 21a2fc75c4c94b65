"""The rules in force, for everybody: what holds, since when, by which article; the city's administrators add newer rows."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import rules as catalogue
from marketplace.catalogue.drafts import RuleDraft
from marketplace.catalogue.models import Rule
from marketplace.identity import governance, policy
from marketplace.kernel import local_forms
from marketplace.kernel.errors import InputIsInvalid, NotFound, NotPermitted
from marketplace.kernel.input import read
from marketplace.kernel.locale import EN, word
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, now_of, translator, viewer_of

_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_AGE = "adult_from_years"
_OWN, _OWN_ARTICLE = "own", "本平台规则"
_UNITS = ("minutes", "seconds", "metres", "days", "months", "years", "percent", "megabytes", "yuan")
_TEXTS = ("article", "source", "reason", "in_force_from")


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of a rule as it is read: its values in words, what it rests on and how well that was checked.

    Both are empty for a rule of this house; the page says so once.
    """

    row: Rule
    title: str
    article: str
    values: Sequence[tuple[str, str]]
    sources: Sequence[str]


@dataclass(frozen=True, slots=True)
class ShownRule:
    """A rule: the row that holds now, those that will, and those that did; and until when nothing of it changes."""

    code: str
    frozen_until: datetime | None
    now: ShownRow
    later: Sequence[ShownRow]
    before: Sequence[ShownRow]


@dataclass(frozen=True, slots=True)
class ValueField:
    """One figure of a rule in the form: ``value.minutes``, or ``value.minutes.2`` in a row of several."""

    name: str
    label: str
    unit: str | None
    value: int | bool

    @property
    def is_switch(self) -> bool:
        return isinstance(self.value, bool)


async def rules(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        history = await catalogue.history_with_freezes(session)
    now, locale = now_of(request), locale_of(request)
    shown = [rule for until, rows in history.values() for rule in _shown_rule(until, rows, now, locale)]
    context = {"rules": shown, "may_change": policy.may_change_rules(viewer_of(request))}
    return render(request, "rules/list.html", context)


async def edit_rule(request: Request) -> Response:
    newest = await _newest(request)
    initial = {field.name: field.value for field in _fields(newest, locale_of(request))}
    form = blank_form(request, initial | {"article": newest.article, "source": newest.source})
    return _show_change(request, form, newest)


async def save_rule(request: Request) -> Response:
    """Checked, then shown once more; written when the second look is confirmed."""
    _ = translator(request)
    form = await read_form(request)
    newest = await _newest(request)
    if form.has("again"):
        return _show_change(request, form, newest)
    with form.catching():
        given = form.given("article", "source", "reason") | form.moments("in_force_from")
        draft = read(RuleDraft, given | {"code": newest.code, "value": _read_value(form, newest)})
        if not form.has("confirmed"):
            return _show_answers(request, form, newest, draft)
        async with house_of(request).database.unit_of_work() as session:
            await governance.change_rule(session, viewer_of(request), draft)
        return redirect(request, "rules", _("The rule is changed, and the reason is on record."))
    return _show_change(request, form, newest)


async def _newest(request: Request) -> Rule:
    viewer = viewer_of(request)
    viewer.signed_in()
    if not policy.may_change_rules(viewer):
        raise NotPermitted()
    async with house_of(request).database.reading() as session:
        rows = (await catalogue.history(session)).get(request.path_params["code"])
    if not rows:
        raise NotFound()
    return rows[0]


def _show_change(request: Request, form: Form, newest: Rule) -> Response:
    locale = locale_of(request)
    context = {"form": form, "rule": _shown(newest, locale), "fields": list(_fields(newest, locale))}
    return render(request, "rules/change.html", context, form.status)


def _show_answers(request: Request, form: Form, newest: Rule, draft: RuleDraft) -> Response:
    locale = locale_of(request)
    context = {
        "form": form,
        "rule": _shown(newest, locale),
        "draft": draft,
        "values": list(_values(newest, draft.value, locale)),
        "names": [*(field.name for field in _fields(newest, locale)), *_TEXTS],
    }
    return render(request, "rules/check.html", context)


def _shown_rule(
    until: datetime | None, rows: Sequence[Rule], now: datetime, locale: str
) -> Iterator[ShownRule]:
    later = [_shown(row, locale) for row in rows if row.in_force_from > now]
    begun = [_shown(row, locale) for row in rows if row.in_force_from <= now]
    if begun:
        yield ShownRule(rows[0].code, until, begun[0], later, begun[1:])


def _shown(row: Rule, locale: str) -> ShownRow:
    title = row.title_en if locale == EN else row.title_zh
    article = "" if row.article == _OWN_ARTICLE else row.article
    values, sources = list(_values(row, row.value, locale)), list(_sources(row.source, locale))
    return ShownRow(row, title, article, values, sources)


def _values(row: Rule, value: Mapping[str, Any], locale: str) -> Iterator[tuple[str, str]]:
    """Each figure's name and the figure, as people write it."""
    for key, figure in value.items():
        gap = ", " if locale == EN else "、"
        figures = figure if isinstance(figure, list) else [figure]
        told = gap.join(_figure(row, key, one, locale) for one in figures)
        yield word(locale, f"rule.{row.code}.{key}"), told


def _figure(row: Rule, key: str, figure: Any, locale: str) -> str:
    if isinstance(figure, bool):
        return word(locale, "rule_value.yes" if figure else "rule_value.no")
    unit = _unit(row, key)
    if unit == "minutes":
        return local_forms.duration(locale, figure)
    if unit == "metres":
        return local_forms.distance(locale, figure)
    number = local_forms.number(figure)
    return number if unit is None else f"{number} {word(locale, f'rule_unit.{unit}')}"


def _unit(row: Rule, key: str) -> str | None:
    """What the figure counts; days of a rule that means working days are told as such, and years of age as 岁, not 年."""
    if key == _AGE:
        return "years_of_age"
    unit = next((unit for unit in _UNITS if key.rpartition("_")[2] == unit), None)
    return "working_days" if unit == "days" and row.day_type == "working" else unit


def _sources(source: str, locale: str) -> Iterator[str]:
    """How well it was checked, in words, and what was read: "V 国务院令第685号, 2017; own"."""
    for part in source.split("; "):
        grade, _gap, text = part.partition(" ")
        if grade == _OWN:
            continue
        known = _known_source(locale, grade)
        if known is None:
            yield _known_source(locale, part) or part
        else:
            yield f"{known}{': ' if locale == EN else '：'}{text}" if text else known


def _known_source(locale: str, name: str) -> str | None:
    key = f"rule_source.{name}"
    said = word(locale, key)
    return None if said == key else said


def _fields(row: Rule, locale: str) -> Iterator[ValueField]:
    for key, figure in row.value.items():
        label, unit = word(locale, f"rule.{row.code}.{key}"), _unit(row, key)
        said = word(locale, f"rule_unit.{unit}") if unit else None
        if isinstance(figure, list):
            for number, one in enumerate(figure):
                yield ValueField(f"value.{key}.{number}", f"{label} ({number + 1})", said, one)
        else:
            yield ValueField(f"value.{key}", label, said, figure)


def _read_value(form: Form, newest: Rule) -> dict[str, Any]:
    """The figures in the shape of the newest row. Raises InputIsInvalid for what is no whole number."""
    value: dict[str, Any] = {}
    for key, figure in newest.value.items():
        name = f"value.{key}"
        if isinstance(figure, list):
            value[key] = [_read_figure(form, f"{name}.{number}", one) for number, one in enumerate(figure)]
        else:
            value[key] = _read_figure(form, name, figure)
    return value


def _read_figure(form: Form, name: str, before: Any) -> int | bool:
    if isinstance(before, bool):
        return form.has(name)
    text = unicodedata.normalize("NFKC", form.value(name)).strip()
    if not _WHOLE_NUMBER.fullmatch(text):
        raise InputIsInvalid.of(name, "int_parsing")
    return int(text)


routes: list[BaseRoute] = [
    Route("/rules", rules, name="rules"),
    Route("/desk/rules/{code}", edit_rule, name="edit_rule"),
    Route("/desk/rules/{code}", save_rule, methods=["POST"], name="save_rule"),
]
