"""The auditor's screen: providers with held ratings, and one provider's with the evidence drawn, told, and decided, several at once."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, sin, sqrt
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.catalogue import queries as catalogue
from marketplace.delivery.formula import SIXTIETHS
from marketplace.delivery.ratings import held_queries, holds
from marketplace.delivery.ratings.anomalies import BURST, IDENTICAL_TEXT, LINKED, MEAN_SHIFT, SAME_SOURCE
from marketplace.delivery.ratings.care_drafts import HoldDecisionDraft
from marketplace.delivery.ratings.held_queries import Cause, HeldRating, HeldView
from marketplace.kernel import local_forms
from marketplace.kernel.input import read
from marketplace.kernel.locale import EN
from web.addresses import path_of
from web.forms import Form, blank_form, read_form
from web.redirects import redirect, redirect_to
from web.templating import render
from web.visit import house_of, locale_of, page_request, path_id, translator, viewer_of

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 616.0, 20.0, 220.0
_GAP = 9.0
_MOST_GROUPS = 6
_TELLING = (LINKED, SAME_SOURCE, IDENTICAL_TEXT, MEAN_SHIFT, BURST)


@dataclass(frozen=True, slots=True)
class Mark:
    """One dot of the drawing; ``cause`` is empty for ratings that nobody holds."""

    x: float
    y: float
    cause: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Ratings from one source, drawn as a line from the first to the last of them."""

    number: int
    x1: float
    x2: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """Ratings over time against their mean, with groups of one source and the moments at both ends."""

    marks: Sequence[Mark]
    groups: Sequence[Group]
    starts_at: datetime
    ends_at: datetime
    causes: Sequence[str]
    has_others: bool


@dataclass(frozen=True, slots=True)
class ShownRating:
    """A held rating with its evidence in sentences."""

    row: HeldRating
    score: str
    evidence: Sequence[tuple[Cause, str]]


async def held_ratings(request: Request) -> Response:
    async with house_of(request).database.reading() as session:
        page = await held_queries.groups(session, viewer_of(request), page_request(request))
        services = await catalogue.by_codes(session, {row.service_type for row in page.rows})
    context = {"page": page, "services": services, "is_first": "after" not in request.query_params}
    return render(request, "ratings/held.html", context)


async def held_provider(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def decide_held_ratings(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    organisation_id, service_type = path_id(request, "organisation_id"), request.path_params["service_type"]
    with form.catching():
        draft = read(HoldDecisionDraft, form.given("is_upheld", "reason", many=["rating_ids"]))
        async with house_of(request).database.unit_of_work() as session:
            await holds.decide(session, viewer_of(request), draft)
        async with house_of(request).database.reading() as session:
            left = await held_queries.held_of(session, viewer_of(request), organisation_id, service_type)
        if any(one.is_open for one in left.ratings):
            path = path_of(
                request, "held_provider", organisation_id=organisation_id, service_type=service_type
            )
            return redirect_to(request, path, _("The decision stands. These are left."))
        return redirect(request, "held_ratings", _("The decision stands; nothing of this provider is left."))
    return await _show(request, form)


async def _show(request: Request, form: Form) -> Response:
    organisation_id, service_type = path_id(request, "organisation_id"), request.path_params["service_type"]
    async with house_of(request).database.reading() as session:
        view = await held_queries.held_of(session, viewer_of(request), organisation_id, service_type)
        services = await catalogue.by_codes(session, [service_type])
    if not form.is_refused and "all" in request.query_params:
        chosen = [str(one.id) for one in view.ratings if one.is_open]
        form = blank_form(request, {"rating_ids": chosen})
    shown = [_shown(request, one) for one in view.ratings]
    context = {
        "view": view,
        "service": services.get(service_type),
        "waiting": [one for one in shown if one.row.is_open],
        "decided": [one for one in shown if not one.row.is_open],
        "drawing": _drawn(view),
        "form": form,
    }
    return render(request, "ratings/held_provider.html", context, form.status)


def _drawn(view: HeldView) -> Drawing:
    moments = [one.given_at for one in view.ratings] + [one.given_at for one in view.others]
    starts_at, ends_at = min(moments), max(moments)
    length = max((ends_at - starts_at).total_seconds(), 1.0)
    crowd: Counter[tuple[int, int]] = Counter()

    def x_of(moment: datetime) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (moment - starts_at).total_seconds() / length

    def mark(given_at: datetime, sixtieths: int, cause: str | None) -> Mark:
        x, y = x_of(given_at), _BOTTOM - (_BOTTOM - _TOP) * (sixtieths - 60) / 240
        # Many at one place are drawn as a swarm around it (a sunflower's spiral), so that each is seen.
        place = (round(x / _GAP), sixtieths)
        away, turn = 4 * sqrt(crowd[place]), 2.4 * crowd[place]
        crowd[place] += 1
        return Mark(round(x + away * cos(turn), 1), round(y + away * sin(turn), 1), cause)

    others = [mark(one.given_at, one.sixtieths, None) for one in view.others]
    held = [mark(one.given_at, one.sixtieths, _telling(one)) for one in view.ratings]
    spans: dict[int, list[float]] = {}
    for one in view.ratings:
        for cause in one.causes:
            if cause.evidence.get("group"):
                spans.setdefault(int(cause.evidence["group"]), []).append(x_of(one.given_at))
    groups = [
        Group(number, round(min(xs), 1), round(max(max(xs), min(xs) + 4), 1))
        for number, xs in sorted(spans.items())[:_MOST_GROUPS]
    ]
    seen = {one.cause for one in held}
    causes = [cause for cause in _TELLING if cause in seen]
    return Drawing([*others, *held], groups, starts_at, ends_at, causes, bool(others))


def _telling(row: HeldRating) -> str:
    """The cause that says most about a rating with several."""
    own = {one.cause for one in row.causes}
    return next(cause for cause in _TELLING if cause in own)


def _shown(request: Request, row: HeldRating) -> ShownRating:
    evidence = [(cause, told(request, cause)) for cause in row.causes]
    return ShownRating(row, f"{row.sixtieths / SIXTIETHS:.2f}", evidence)


def told(request: Request, cause: Cause) -> str:
    """The evidence in a sentence. What an examination did not note is not said."""
    _, locale, seen = translator(request), locale_of(request), _Seen(locale_of(request), cause.evidence)
    ways: Mapping[str, Callable[[], str]] = {
        "burst": lambda: _told_burst(_, seen),
        "same_source": lambda: (
            _("%(raters)s people gave %(ratings)s ratings from %(source)s, group %(group)s, %(when)s.")
            % seen.facts("raters", "ratings", "group", source=_word(locale, "hold_source", seen["source"]))
        ),
        "identical_text": lambda: (
            _("%(raters)s people wrote the same %(characters)s characters, %(when)s.")
            % seen.facts("raters", "characters")
        ),
        "linked": lambda: _word(locale, "hold_link", seen["link"]),
        "mean_shift": lambda: (
            _(
                "%(ratings)s in a row average %(now)s where %(many)s before averaged %(before)s:"
                " %(sigmas)s standard errors apart, and %(signs)s; %(when)s."
            )
            % seen.facts(
                "ratings",
                now=seen.hundredths("mean_hundredths"),
                many=seen["before_ratings"],
                before=seen.hundredths("before_hundredths"),
                sigmas=seen.tenths("sigmas_tenths"),
                signs=_signs(locale, seen["signs"]),
            )
        ),
    }
    return ways[cause.cause]() if cause.evidence else ""


def _told_burst(_: Callable[[str], str], seen: "_Seen") -> str:
    crowd = _(
        "%(ratings)s ratings by %(raters)s people for %(deliveries)s deliveries, %(when)s; usual are %(usual)s a day."
    )
    said = crowd % seen.facts("ratings", "raters", "deliveries", usual=seen["usual_a_day"])
    if seen["from_one_place"]:
        said += " " + _("%(count)s of them came from one place.") % {"count": seen["from_one_place"]}
    if seen["side"]:
        alike = {
            "high": _("They praise more alike than chance lets them."),
            "low": _("They blame more alike than chance lets them."),
        }
        said += " " + alike.get(str(seen["side"]), "")
    return said


class _Seen:
    """Evidence as it was noted, with empty words for what is missing."""

    def __init__(self, locale: str, evidence: Mapping[str, Any]) -> None:
        self._locale, self._evidence = locale, evidence

    def __getitem__(self, name: str) -> Any:
        return self._evidence.get(name) or ""

    def hundredths(self, name: str) -> str:
        return f"{int(self[name] or 0) / 100:.2f}"

    def tenths(self, name: str) -> str:
        return f"{int(self[name] or 0) / 10:.1f}"

    def facts(self, *names: str, **more: Any) -> dict[str, Any]:
        """The named numbers, others beside them, and when it was."""
        return {**{name: self[name] for name in names}, **more, "when": self._when()}

    def _when(self) -> str:
        if not (self["from"] and self["until"]):
            return ""
        starts, ends = datetime.fromisoformat(self["from"]), datetime.fromisoformat(self["until"])
        # A stretch begins and ends with a rating: the minute of the last one belongs to it.
        return local_forms.span(self._locale, starts, max(ends, starts + timedelta(minutes=1)))


def _word(locale: str, kind: str, name: Any) -> str:
    return local_forms.sentence(locale, f"{kind}.{name}", {}) if name else ""


def _signs(locale: str, names: Any) -> str:
    gap = ", " if locale == EN else "、"
    return gap.join(_word(locale, "hold_sign", name) for name in names or ())


_OF = "/ratings/held/{organisation_id:uuid}/{service_type}"

routes: list[BaseRoute] = [
    Route("/ratings/held", held_ratings, name="held_ratings"),
    Route(_OF, held_provider, name="held_provider"),
    Route(_OF, decide_held_ratings, methods=["POST"], name="decide_held_ratings"),
]
