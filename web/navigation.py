"""Where one can go from every page: a few places for strangers, a bottom bar of four and a few more for people signed in."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from marketplace.identity.viewer import ORGANISATION_ROLES, Viewer
from marketplace.jobs import may_tend
from web.addresses import has_page, path_of
from web.visit import translator, unread_of, viewer_of

_MOST_SHOWN = 99


@dataclass(frozen=True, slots=True)
class Place:
    """One link of the navigation. ``icon`` names a drawing of components/icon.html; ``count`` says how much there is new."""

    label: str
    path: str
    icon: str
    is_current: bool
    count: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """``main`` is the bar (at most four), ``more`` what else this viewer may do."""

    main: tuple[Place, ...]
    more: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    page: str
    label: str
    icon: str
    is_for: Callable[[Viewer], bool]


def _everyone(_viewer: Viewer) -> bool:
    return True


def _people(viewer: Viewer) -> bool:
    return not viewer.is_stranger


def _strangers(viewer: Viewer) -> bool:
    return viewer.is_stranger


def _officers(viewer: Viewer) -> bool:
    return any(held.area_code for held in viewer.roles)


def _publishers(viewer: Viewer) -> bool:
    return _officers(viewer) or any(held.role in ORGANISATION_ROLES for held in viewer.roles)


def _entries(_: Callable[[str], str]) -> tuple[tuple[_Entry, ...], tuple[_Entry, ...]]:
    main = (
        _Entry("find_needs", _("Find a need"), "search", _everyone),
        _Entry("my_shifts", _("My shifts"), "calendar", _people),
        _Entry("my_hours", _("My hours"), "clock", _people),
        _Entry("inbox", _("Inbox"), "inbox", _people),
        _Entry("organisations", _("Organisations"), "people", _strangers),
        _Entry("buying", _("Buying"), "list", _strangers),
        _Entry("about", _("About"), "info", _strangers),
    )
    more = (
        _Entry("manage_needs", _("Publish and manage"), "edit", _publishers),
        _Entry("desk", _("Desk"), "desk", _publishers),
        _Entry("dead_jobs", _("Dead jobs"), "warn", may_tend),
        _Entry("my_services", _("My services"), "star", _people),
        _Entry("wishes", _("Wishes"), "edit", _people),
        _Entry("organisations", _("Organisations"), "people", _people),
        _Entry("scorecards", _("Scorecards"), "good", _people),
        _Entry("compounds", _("Compounds"), "place", _people),
        _Entry("buying", _("Buying"), "list", _people),
        _Entry("my_searches", _("Saved searches"), "search", _people),
        _Entry("my_raised_needs", _("Needs I raised"), "edit", _people),
        _Entry("profile", _("Profile"), "person", _people),
    )
    return main, more


def places_for(request: Request) -> Places:
    """The navigation of this visit."""
    main, more = _entries(translator(request))
    return Places(_shown(request, main), _shown(request, more))


def _shown(request: Request, entries: tuple[_Entry, ...]) -> tuple[Place, ...]:
    viewer, here = viewer_of(request), request.url.path
    shown = []
    for entry in entries:
        if has_page(request, entry.page) and entry.is_for(viewer):
            path = path_of(request, entry.page)
            # /needs/<id>/manage is below a need, but it is not where one finds needs: one step down still counts.
            is_current = path in {here, here.rpartition("/")[0]}
            count = _unread(request) if entry.page == "inbox" else ""
            shown.append(Place(entry.label, path, entry.icon, is_current, count))
    return tuple(shown)


def _unread(request: Request) -> str:
    unread = unread_of(request)
    return f"{_MOST_SHOWN}+" if unread > _MOST_SHOWN else str(unread or "")
