"""One's account: signed-in devices, programs' tokens, consents, everything kept about oneself, and the end of it."""

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.identity import consents, sessions, tokens
from marketplace.identity.consents import ConsentKind
from marketplace.identity.drafts import ErasureDraft, TokenDraft
from marketplace.identity.viewer import Scope
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import NotFound
from marketplace.kernel.input import read
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import SESSION_COOKIE, house_of, translator, viewer_of

LIFETIMES = (30, 90, 180, 365)


async def devices(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        rows = await sessions.live(session, viewer)
    return render(request, "account/devices.html", {"rows": rows, "own_id": viewer.session_id})


async def end_device(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await sessions.revoke(session, viewer_of(request), request.path_params["session_id"])
    return redirect(request, "devices", _("That device is signed out."))


async def end_all_devices(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await sessions.sign_out_everywhere(session, viewer_of(request))
    return _signed_out(redirect(request, "home", _("You are signed out everywhere.")))


async def list_tokens(request: Request) -> Response:
    return await _tokens_page(request, blank_form(request, {"scopes": [Scope.READ], "days": 90}))


async def make_token(request: Request) -> Response:
    """Shows the new token on the answer itself: it is not kept anywhere from which a redirect could show it."""
    form = await read_form(request)
    with form.catching():
        draft = read(TokenDraft, form.given("name", "days", many=["scopes"]))
        async with house_of(request).database.unit_of_work() as session:
            new = await tokens.create(session, viewer_of(request), draft)
        context = {"token": new.token, "name": draft.name}
        response = render(request, "account/new_token.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response
    return await _tokens_page(request, form)


async def end_token(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await tokens.revoke(session, viewer_of(request), request.path_params["token_id"])
    return redirect(request, "tokens", _("The token no longer works."))


async def list_consents(request: Request) -> Response:
    viewer = viewer_of(request)
    async with house_of(request).database.reading() as session:
        rows = await consents.history(session, viewer)
        person_id = viewer.signed_in()
        held = await consents.choices_of(session, [person_id], consents.OPTIONAL)
    context = {"rows": rows, "optional": [(kind, held[person_id][kind]) for kind in consents.OPTIONAL]}
    return render(request, "account/consents.html", context)


async def decide_consent(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    try:
        kind = ConsentKind(request.path_params["kind"])
    except ValueError:
        raise NotFound() from None
    gives = form.value("decision") == "give"
    async with house_of(request).database.unit_of_work() as session:
        await (consents.give if gives else consents.withdraw)(session, viewer_of(request), kind)
    said = _("You agreed. You can withdraw it at any time.") if gives else _("You no longer agree to it.")
    return redirect(request, "consents", said)


async def own_data(request: Request) -> Response:
    viewer_of(request).signed_in()
    return render(request, "account/own_data.html", {"form": blank_form(request)})


async def download_data(request: Request) -> Response:
    house = house_of(request)
    async with house.database.reading() as session:
        exported = await house.personal_data.export(session, viewer_of(request))
    name = f"wushe-{local_day(house.clock.now()).isoformat()}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    body = orjson.dumps(exported, option=orjson.OPT_INDENT_2)
    return Response(body, headers=headers, media_type="application/json")


async def erase(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    house = house_of(request)
    with form.catching():
        draft = read(ErasureDraft, {"confirmed": form.has("confirmed")})
        async with house.database.unit_of_work() as session:
            await house.personal_data.erase(session, viewer_of(request), draft)
        return _signed_out(redirect(request, "home", _("Your account is erased. Thank you for all you did.")))
    return render(request, "account/own_data.html", {"form": form}, form.status)


async def _tokens_page(request: Request, form: Form) -> Response:
    async with house_of(request).database.reading() as session:
        rows = await tokens.live(session, viewer_of(request))
    context = {"form": form, "rows": rows, "scopes": list(Scope), "lifetimes": LIFETIMES}
    return render(request, "account/tokens.html", context, form.status)


def _signed_out(response: Response) -> Response:
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
    return response


routes: list[BaseRoute] = [
    Route("/profile/devices", devices, name="devices"),
    Route("/profile/devices/all/end", end_all_devices, methods=["POST"], name="end_all_devices"),
    Route("/profile/devices/{session_id:uuid}/end", end_device, methods=["POST"], name="end_device"),
    Route("/profile/tokens", list_tokens, name="tokens"),
    Route("/profile/tokens", make_token, methods=["POST"], name="make_token"),
    Route("/profile/tokens/{token_id:uuid}/end", end_token, methods=["POST"], name="end_token"),
    Route("/profile/consents", list_consents, name="consents"),
    Route("/profile/consents/{kind}", decide_consent, methods=["POST"], name="decide_consent"),
    Route("/profile/data", own_data, name="own_data"),
    Route("/profile/data.json", download_data, name="download_data"),
    Route("/profile/data/erase", erase, methods=["POST"], name="erase"),
]
