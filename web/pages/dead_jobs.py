"""Dead jobs for administrators: why they died, how many wait behind them, and two ways on."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace import jobs
from marketplace.jobs import DeadJob, SkipDraft
from marketplace.kernel.input import read
from marketplace.kernel.pagination import PageRequest
from marketplace.outbox import heartbeats
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of


async def dead_jobs(request: Request) -> Response:
    after = request.query_params.get("after")
    async with house_of(request).database.reading() as session:
        page = await jobs.dead(session, viewer_of(request), PageRequest(20, after))
        beats = await heartbeats.beats(session)
    context = {"page": page, "is_first": after is None, "alive": sum(beat.is_fresh for beat in beats)}
    return render(request, "dead_jobs/list.html", context)


async def retry_job(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await jobs.retry(session, viewer_of(request), path_id(request, "job_id"))
    return redirect(request, "dead_jobs", _("The job is tried again now."))


async def retry_all_jobs(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await jobs.retry_all(session, viewer_of(request))
    return redirect(request, "dead_jobs", _("All dead jobs are tried again now."))


async def skip_job(request: Request) -> Response:
    """Asks for the reason first: what is skipped never happens."""
    return await _show_skip(request, blank_form(request))


async def save_skip_job(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(SkipDraft, form.given("reason"))
        async with house_of(request).database.unit_of_work() as session:
            await jobs.skip(session, viewer_of(request), path_id(request, "job_id"), draft)
        return redirect(request, "dead_jobs", _("The job is skipped, and your reason is on record."))
    return await _show_skip(request, form)


async def _show_skip(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        job: DeadJob = await jobs.one(session, viewer_of(request), path_id(request, "job_id"))
    return render(request, "dead_jobs/skip.html", {"form": form, "job": job}, form.status)


routes: list[BaseRoute] = [
    Route("/desk/jobs", dead_jobs, name="dead_jobs"),
    Route("/desk/jobs/retry", retry_all_jobs, methods=["POST"], name="retry_all_jobs"),
    Route("/desk/jobs/{job_id:uuid}/retry", retry_job, methods=["POST"], name="retry_job"),
    Route("/desk/jobs/{job_id:uuid}/skip", skip_job, name="skip_job"),
    Route("/desk/jobs/{job_id:uuid}/skip", save_skip_job, methods=["POST"], name="save_skip_job"),
]
