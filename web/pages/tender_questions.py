"""The buyer answers: the question under its asker's number, the answer for all."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from marketplace.procurement.tenders import queries, question_queries, questions
from marketplace.procurement.tenders.drafts import AnswerDraft
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, path_id, translator, viewer_of


async def answer_form(request: Request) -> Response:
    return await _show(request, blank_form(request))


async def answer_question(request: Request) -> Response:
    _, form = translator(request), await read_form(request)
    with form.catching():
        draft = read(AnswerDraft, form.given("answer", "version"))
        async with house_of(request).database.unit_of_work() as session:
            tender_id = await questions.answer(
                session, viewer_of(request), path_id(request, "question_id"), draft
            )
        return redirect(
            request, "tender_desk", _("The answer is published for everybody."), tender_id=tender_id
        )
    return await _show(request, form)


async def _show(request: Request, form: Form) -> Response:
    viewer = viewer_of(request)
    viewer.signed_in()
    async with house_of(request).database.reading() as session:
        question = await question_queries.question(session, viewer, path_id(request, "question_id"))
        details = await queries.tender(session, viewer, question.tender_id)
    if not details.is_managed:
        raise NotFound()
    versions = [(one.number, one.number) for one in details.versions if one.number > 1]
    context = {"form": form, "question": question, "details": details, "versions": versions}
    return render(request, "tenders/answer.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/desk/buying/questions/{question_id:uuid}", answer_form, name="answer_form"),
    Route(
        "/desk/buying/questions/{question_id:uuid}",
        answer_question,
        methods=["POST"],
        name="answer_question",
    ),
]
