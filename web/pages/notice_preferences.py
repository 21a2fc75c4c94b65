"""How one wants to be told: what comes by e-mail, and when nothing does."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.input import read
from marketplace.notices import preferences, queries
from marketplace.notices.drafts import QuietHoursDraft, WishesDraft
from marketplace.notices.kinds import Topic
from marketplace.notices.queries import Wishes
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, translator, viewer_of


async def notice_preferences(request: Request) -> Response:
    return await _show(request)


async def save_notice_preferences(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        ticked = form.given(many=[_field(topic) for topic in Topic])
        draft = read(WishesDraft, {"email": [kind for kinds in ticked.values() for kind in kinds]})
        async with house_of(request).database.unit_of_work() as session:
            await preferences.choose(session, viewer_of(request), draft)
        return redirect(request, "notice_preferences", _("We send you what you have chosen."))
    return await _show(request, wishes_form=form)


async def save_quiet_hours(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(QuietHoursDraft, form.given("quiet_from", "quiet_to"))
        async with house_of(request).database.unit_of_work() as session:
            await preferences.set_quiet_hours(session, viewer_of(request), draft)
        said = _("Your quiet hours are kept.") if draft.minutes else _("You have no quiet hours now.")
        return redirect(request, "notice_preferences", said)
    return await _show(request, quiet_form=form)


async def _show(
    request: Request, *, wishes_form: Form | None = None, quiet_form: Form | None = None
) -> Response:
    """Both forms; the one that was refused as it came, the other as things stand."""
    async with house_of(request).database.reading() as session:
        wishes = await queries.wishes(session, viewer_of(request))
    wishes_form = wishes_form or blank_form(request, _ticked(wishes))
    quiet_form = quiet_form or blank_form(request, _times(wishes))
    topics = [(_field(topic), topic, kinds) for topic, kinds in wishes.topics.items()]
    context = {
        "wishes_form": wishes_form,
        "quiet_form": quiet_form,
        "topics": topics,
        "email": wishes.email,
        "undelivered_at": wishes.undelivered_at,
    }
    return render(request, "notices/preferences.html", context, max(wishes_form.status, quiet_form.status))


def _ticked(wishes: Wishes) -> dict[str, Any]:
    return {
        _field(topic): [kind for kind in kinds if kind in wishes.by_email]
        for topic, kinds in wishes.topics.items()
    }


def _times(wishes: Wishes) -> dict[str, Any]:
    if wishes.quiet is None:
        return {}
    ends = {"quiet_from": wishes.quiet.from_minute, "quiet_to": wishes.quiet.to_minute}
    return {name: f"{minute // 60:02d}:{minute % 60:02d}" for name, minute in ends.items()}


def _field(topic: Topic) -> str:
    return f"email_{topic}"


routes: list[BaseRoute] = [
    Route("/profile/notices", notice_preferences, name="notice_preferences"),
    Route("/profile/notices", save_notice_preferences, methods=["POST"], name="save_notice_preferences"),
    Route("/profile/notices/quiet-hours", save_quiet_hours, methods=["POST"], name="save_quiet_hours"),
]
