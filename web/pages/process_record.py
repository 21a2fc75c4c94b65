"""The record of a list or tender: every act with its hash, to read and, after the result, to take away and verify."""

from datetime import datetime

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import NotFound
from marketplace.procurement.process_record import ProcessRecord, process_record
from web.templating import render
from web.visit import house_of, path_id, viewer_of


async def show_record(request: Request) -> Response:
    record = await _record(request)
    acts = [(act, datetime.fromisoformat(act["at"])) for act in record.acts]
    return render(request, "buying/record.html", {"record": record, "acts": acts})


async def record_file(request: Request) -> Response:
    """The record as a file for `marketplace verify record`."""
    record = await _record(request)
    if not record.is_whole:
        raise NotFound()
    headers = {"Content-Disposition": f'attachment; filename="record-{record.process_id}.json"'}
    body = orjson.dumps(
        {"process_id": str(record.process_id), "acts": record.acts}, option=orjson.OPT_INDENT_2
    )
    return Response(body, headers=headers, media_type="application/json")


async def _record(request: Request) -> ProcessRecord:
    async with house_of(request).database.reading() as session:
        return await process_record(session, viewer_of(request), path_id(request, "process_id"))


routes: list[BaseRoute] = [
    Route("/buying/records/{process_id:uuid}", show_record, name="process_record"),
    Route("/buying/records/{process_id:uuid}/record.json", record_file, name="process_record_file"),
]
