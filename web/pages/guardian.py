"""A guardian's consent: asked for by the minor, proved by the code on the guardian's phone, withdrawn by either."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.identity import guardian, phones
from marketplace.identity.drafts import GuardianAnswerDraft, GuardianDraft, Relation
from marketplace.identity.gateway import console_code
from marketplace.kernel.ids import parse_id
from marketplace.kernel.input import read
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, translator, viewer_of

_FIELDS = ("guardian_name", "guardian_phone", "relation")


async def consents_page(request: Request) -> Response:
    return await _ask_page(request, blank_form(request))


async def ask(request: Request) -> Response:
    """Sends the code and shows where to enter it; minor and guardian usually sit at one table."""
    form = await read_form(request)
    house, source = house_of(request), request.client.host if request.client else ""
    with form.catching():
        draft = read(GuardianDraft, form.given(*_FIELDS))
        async with house.database.unit_of_work() as session:
            message = await guardian.ask(session, house.vault, viewer_of(request), draft, source)
        await house.codes.send(message)
        given = {"challenge_id": message.challenge_id, **form.given(*_FIELDS)}
        return _answer_page(request, blank_form(request, given))
    return await _ask_page(request, form)


async def give(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    house = house_of(request)
    with form.catching():
        draft = read(GuardianAnswerDraft, form.given(*_FIELDS, "challenge_id", "code"))
        async with house.database.unit_of_work() as session:
            answered = await guardian.give(session, house.vault, viewer_of(request), draft)
        answered.or_refusal()
        return redirect(request, "guardian", _("The consent is on record."))
    return _answer_page(request, form)


async def withdraw(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await guardian.withdraw(session, viewer_of(request), request.path_params["consent_id"])
    return redirect(request, "guardian", _("The consent is withdrawn."))


async def _ask_page(request: Request, form: Form) -> Response:
    house, viewer = house_of(request), viewer_of(request)
    async with house.database.reading() as session:
        shown = await guardian.consents_of(session, house.vault, viewer)
        standing = await guardian.standing(session, viewer)
    context = {
        "form": form,
        "standing": standing,
        "given_for_me": [item for item in shown if item.row.minor_id == viewer.person_id],
        "given_by_me": [item for item in shown if item.row.minor_id != viewer.person_id],
        "relations": list(Relation),
    }
    return render(request, "guardian/ask.html", context, form.status)


def _answer_page(request: Request, form: Form) -> Response:
    challenge_id, phone = parse_id(form.value("challenge_id")), phones.parse(form.value("guardian_phone"))
    context = {
        "form": form,
        "phone": phones.mask(phone) if phone else "",
        "demo_code": console_code(house_of(request).codes, challenge_id) if challenge_id else None,
    }
    return render(request, "guardian/answer.html", context, form.status)


routes: list[BaseRoute] = [
    Route("/profile/guardian", consents_page, name="guardian"),
    Route("/profile/guardian", ask, methods=["POST"], name="ask_guardian"),
    Route("/profile/guardian/code", give, methods=["POST"], name="give_guardian_consent"),
    Route(
        "/profile/guardian/{consent_id:uuid}/withdraw",
        withdraw,
        methods=["POST"],
        name="withdraw_guardian_consent",
    ),
]
