"""The desk: what waits for whoever looks after needs, people, words or the house itself, and the shifts of today and after."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace import desk as desks
from marketplace.delivery.signals import policy as signals
from marketplace.desk import Task
from marketplace.identity import policy
from marketplace.identity.viewer import COMMUNITY_ROLES, ORGANISATION_ROLES, Role, Viewer
from marketplace.kernel.clock import local_day
from marketplace.recommendations.policy import may_govern_ranking
from web.addresses import has_page, path_of
from web.templating import render
from web.visit import house_of, today_of, viewer_of

# Where each task is done; applications are decided in the roster of their shift, which the desk lists itself.
_PAGES = {
    Task.RAISED_NEEDS: "raised_needs",
    Task.REVIEWS: "desk_reviews",
    Task.HOUR_ENTRIES: "desk_hour_entries",
    Task.ORGANISATIONS: "desk_organisations",
    Task.QUALIFICATIONS: "desk_qualifications",
    Task.TAGS: "desk_tags",
    Task.DELIVERIES_TO_ANSWER: "deliveries_desk",
    Task.DELIVERIES_TO_DECIDE: "community_deliveries",
    Task.WHISTLES: "signals",
    Task.HELD_RATINGS: "held_ratings",
    Task.REPORTED_RATINGS: "rating_moderation_desk",
    Task.DEAD_JOBS: "dead_jobs",
}


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One line of the desk: how much of a task waits, and where it is done."""

    task: Task
    count: int
    path: str


async def desk(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        found = await desks.of_viewer(session, viewer)
    lines = [
        WaitingLine(task, count, path)
        for task, count in found.waiting.items()
        if (path := _path_of(request, task)) is not None
    ]
    today = today_of(request)
    context = {
        "desk": found,
        "waiting": [line for line in lines if line.count],
        "done": [line for line in lines if not line.count],
        "shifts_today": [shift for shift in found.shifts if local_day(shift.starts_at) <= today],
        "shifts_after": [shift for shift in found.shifts if local_day(shift.starts_at) > today],
        "are_more": len(found.shifts) == desks.MOST_SHIFTS,
        "organises": desks.organises(viewer),
        "tools": _tools(request, viewer),
    }
    return render(request, "desk/desk.html", context)


def _path_of(request: Request, task: Task) -> str | None:
    if task is Task.APPLICATIONS:
        return "#applications"
    page = _PAGES[task]
    return path_of(request, page) if has_page(request, page) else None


def _tools(request: Request, viewer: Viewer) -> dict[str, str]:
    """What the viewer may also do, by the name of its page."""
    allowed = {
        "manage_needs": desks.organises(viewer),
        "desk_hours": desks.organises(viewer),
        "roles": bool(policy.grantable_roles(viewer)),
        "rules": policy.may_change_rules(viewer),
        "list_weights": may_govern_ranking(viewer),
        "objection_desk": bool(viewer.areas_of(Role.PROCUREMENT_OFFICER)),
        "supervision": bool(viewer.areas_of(Role.PROCUREMENT_SUPERVISOR)),
        "deliveries_desk": bool(viewer.organisations_of(*ORGANISATION_ROLES)),
        "community_deliveries": bool(viewer.areas_of(*COMMUNITY_ROLES)),
        "ratings_to_answer": bool(viewer.organisations_of(Role.ORGANISATION_MANAGER)),
        "rating_help": bool(viewer.areas_of(*COMMUNITY_ROLES)),
        "signals": signals.has_use_of_whistles(viewer),
        "asked_for": bool(viewer.areas_of(*signals.BUYERS, *COMMUNITY_ROLES)),
        "compounds": bool(viewer.areas_of(*COMMUNITY_ROLES)),
    }
    return {
        page: path_of(request, page)
        for page, is_open in allowed.items()
        if is_open and has_page(request, page)
    }


routes: list[BaseRoute] = [Route("/desk", desk, name="desk")]
