"""Pages are drawn here: one Jinja2 environment a language, our components in it, and everything a template may ask for."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache, lru_cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from marketplace.kernel import local_forms
from marketplace.kernel.locale import LANGUAGE_TAGS, catalogue
from marketplace.recommendations.words import points
from web import csrf, navigation
from web.addresses import path_of
from web.redirects import FLASH_COOKIE, flash_of
from web.visit import is_large, locale_of, today_of, viewer_of

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"


def render(
    request: Request, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> Response:
    """The page that ``template`` draws for this visit. Names it does not know raise, so a typing slip never ships."""
    page = environment(locale_of(request)).get_template(template)
    response = HTMLResponse(page.render({**_visit_context(request), **(context or {})}), status)
    csrf.keep_visit(request, response)
    if FLASH_COOKIE in request.cookies:
        response.delete_cookie(FLASH_COOKIE, httponly=True, samesite="lax")
    return response


def _visit_context(request: Request) -> dict[str, Any]:
    return {
        "viewer": viewer_of(request),
        "today": today_of(request),
        "large_type": is_large(request),
        "flash": flash_of(request),
        "csrf_token": partial(csrf.token_for, request),
        "url": partial(path_of, request),
        "here": partial(here, request),
        "path": request.url.path,
        "places": navigation.places_for(request),
    }


def here(request: Request, **changes: Any) -> str:
    """This page's path with parts of its query changed: None removes, a list repeats. Filters and pages are such links."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes]
    for name, value in changes.items():
        values = value if isinstance(value, list | tuple) else [value]
        kept += [(name, str(item)) for item in values if item is not None]
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path


@cache
def static(name: str) -> str:
    """The address of a static file, with its content's hash so that it may be kept for ever. Raises FileNotFoundError."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@lru_cache
def environment(locale: str) -> Environment:
    """The environment of one language: sentences, local forms and components are bound to it once, not at every visit."""
    built = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    built.policies["ext.i18n.trimmed"] = True
    translations = catalogue(locale)
    built.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    built.globals.update(
        locale=locale,
        language_tag=LANGUAGE_TAGS[locale],
        static=static,
        word=partial(_word, locale),
    )
    built.filters.update(_local_filters(locale))
    built.globals["ui"] = _components(built)
    return built


def _word(locale: str, key: str, **facts: Any) -> str:
    return local_forms.sentence(locale, key, facts)


def _components(built: Environment) -> SimpleNamespace:
    """All macros of ``components/`` as ``ui.<macro>``, so that pages need no imports."""
    macros: dict[str, Any] = {}
    for path in sorted((TEMPLATES / "components").glob("*.html")):
        module = built.get_template(f"components/{path.name}").module
        macros |= {
            name: macro
            for name, macro in vars(module).items()
            if not name.startswith("_") and callable(macro)
        }
    return SimpleNamespace(**macros)


def _local_filters(locale: str) -> dict[str, Any]:
    def day(value: date | datetime, today: date | None = None) -> str:
        return local_forms.day(locale, value, today)

    def moment(value: datetime, today: date | None = None) -> str:
        return local_forms.moment(locale, value, today)

    def span(starts: datetime, ends: datetime, today: date | None = None) -> str:
        return local_forms.span(locale, starts, ends, today)

    def duration(value: int | timedelta) -> str:
        return local_forms.duration(locale, value)

    def distance(metres: float) -> str:
        return local_forms.distance(locale, metres)

    return {
        "day": day,
        "full_day": partial(local_forms.full_day, locale),
        "month": partial(local_forms.month, locale),
        "weekday": partial(local_forms.weekday, locale),
        "moment": moment,
        "full_moment": partial(local_forms.full_moment, locale),
        "due": partial(local_forms.due, locale),
        "clock_time": local_forms.clock_time,
        "span": span,
        "duration": duration,
        "distance": distance,
        "money": local_forms.money,
        "number": local_forms.number,
        "percent": local_forms.percent,
        "points": points,
        "iso": lambda moment: moment.isoformat(),
    }
