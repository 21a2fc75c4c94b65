"""The inbox: what one was told, opened one by one or noted as read all at once."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.pagination import PageRequest
from marketplace.notices import inbox as notices
from marketplace.notices import queries
from web.forms import read_form
from web.redirects import redirect, redirect_to
from web.templating import render
from web.visit import house_of, locale_of, translator, viewer_of


async def inbox(request: Request) -> Response:
    after = request.query_params.get("after")
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        page = await queries.inbox(session, viewer, PageRequest(20, after))
        unread = await queries.unread_count(session, viewer)
    rows = [(row, row.in_words(locale_of(request))) for row in page.rows]
    context = {"page": page, "rows": rows, "unread": unread, "is_first": after is None}
    return render(request, "notices/inbox.html", context)


async def open_notice(request: Request) -> Response:
    """Notes that it was read and goes where it leads. A form, not a link: looking must change nothing."""
    await read_form(request)
    notice_id = request.path_params["notice_id"]
    assert isinstance(notice_id, UUID)
    async with house_of(request).database.unit_of_work() as session:
        link = await notices.mark_read(session, viewer_of(request), notice_id)
    return redirect_to(request, link) if link else redirect(request, "inbox")


async def read_all_notices(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await notices.mark_all_read(session, viewer_of(request))
    return redirect(request, "inbox", _("Everything is marked as read."))


routes: list[BaseRoute] = [
    Route("/inbox", inbox, name="inbox"),
    Route("/inbox/read", read_all_notices, methods=["POST"], name="read_all_notices"),
    Route("/inbox/{notice_id:uuid}/open", open_notice, methods=["POST"], name="open_notice"),
]
