"""Pick an area by typing its name, pinyin or initials; where several fit, the form shows them to choose from. No script needed."""

from collections.abc import Sequence

from marketplace.areas import queries, search
from marketplace.areas.codes import CITY, Level
from marketplace.areas.models import Area
from marketplace.db.session import Session
from marketplace.kernel.errors import InputIsInvalid
from web.forms import Form

Choice = tuple[str, str]
_MOST = 8
_GAP = " · "


async def pick(session: Session, form: Form) -> str:
    """The code that the form's ``area_code`` or ``area`` names. Raises InputIsInvalid on ``area`` when it is none or several."""
    chosen = _chosen(form)
    if chosen:
        return chosen
    found = await search.find(session, form.value("area"), first=_MOST)
    named = [area for area in found if form.value("area").strip() in (area.name, area.name_en, area.code)]
    if len(found) == 1 or len(named) == 1:
        return (named or list(found))[0].code
    if not form.value("area").strip():
        raise InputIsInvalid.of("area", "missing")
    raise InputIsInvalid.of("area", "area_unclear" if found else "area_unknown")


async def choices(session: Session, form: Form) -> list[Choice]:
    """What the form offers below the text: the areas it may mean, from the city down."""
    chosen = _chosen(form)
    if chosen:
        area = await queries.current(session, chosen)
        return await _labelled(session, [area] if area else [], form.locale)
    return await _labelled(session, await search.find(session, form.value("area"), first=_MOST), form.locale)


async def initial(session: Session, code: str | None, locale: str) -> dict[str, str]:
    """The three fields that say ``code``, for a form that starts with it."""
    area = await queries.current(session, code) if code else None
    if area is None:
        return {}
    name = queries.name_of(area, locale)
    return {"area": name, "area_said": name, "area_code": area.code}


async def districts(session: Session, locale: str) -> list[Choice]:
    """The city's districts, for a list short enough to be shown whole."""
    return [
        (area.code, queries.name_of(area, locale))
        for area in await queries.children(session, CITY)
        if area.level == Level.DISTRICT
    ]


def _chosen(form: Form) -> str | None:
    """The code that was chosen for the text as it still stands; anything but a code is as good as none."""
    code = form.value("area_code")
    is_code = len(code) == 12 and code.isascii() and code.isdigit()
    return code if is_code and form.value("area") == form.value("area_said") else None


async def _labelled(session: Session, found: Sequence[Area], locale: str) -> list[Choice]:
    paths = await queries.paths(session, [area.code for area in found])
    return [
        (
            area.code,
            _GAP.join(queries.name_of(above, locale) for above in paths[area.code][1:])
            or queries.name_of(area, locale),
        )
        for area in found
    ]
