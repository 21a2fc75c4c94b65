"""Signing in by a code on the phone, the first time with a name and consent; signing out; the terms and the privacy notice."""

import base64
import binascii
from dataclasses import asdict, dataclass
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.identity import consents, phones, sessions, sign_in
from marketplace.identity.drafts import PhoneDraft, SignInDraft
from marketplace.identity.errors import ConsentIsNeeded
from marketplace.identity.gateway import console_code
from marketplace.identity.sessions import OpenedSession
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from marketplace.kernel.vault import Vault
from web.forms import Form, blank_form, read_form
from web.redirects import redirect, redirect_to, safe_path
from web.templating import render
from web.visit import SESSION_COOKIE, house_of, keep_cookie, locale_of, translator, viewer_of

CODE_COOKIE = "wushe_code"
_CODE_SECONDS = 15 * 60
_PURPOSE = "sign-in cookie"


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in between its two pages: sealed in a cookie, so that no address or log ever carries the number."""

    challenge_id: str
    phone: str
    next: str


async def ask_phone(request: Request) -> Response:
    wanted = safe_path(request.query_params.get("next"))
    if not viewer_of(request).is_stranger:
        return redirect_to(request, wanted)
    return _phone_page(request, blank_form(request, {"next": wanted}))


async def send_code(request: Request) -> Response:
    form = await read_form(request)
    with form.catching():
        return await _send(request, read(PhoneDraft, form.given("phone")), form.value("next"))
    return _phone_page(request, form)


async def send_code_again(request: Request) -> Response:
    form = await read_form(request)
    pending = _pending(request)
    if pending is None:
        return redirect(request, "sign_in")
    with form.catching():
        return await _send(request, PhoneDraft(phone=pending.phone), pending.next)
    return _code_page(request, form, pending)


async def ask_code(request: Request) -> Response:
    pending = _pending(request)
    return (
        redirect(request, "sign_in") if pending is None else _code_page(request, blank_form(request), pending)
    )


async def answer_code(request: Request) -> Response:
    """The code alone; newcomers go on to their name and consent with the same code."""
    form, pending = await read_form(request), _pending(request)
    if pending is None:
        return redirect(request, "sign_in")
    with form.catching():
        answered, opened = await _answer(request, form, pending)
        if opened is not None:
            return _enter(request, opened, pending.next)
        return _welcome_page(request, form, needs_name=answered.needs_name)
    return _code_page(request, form, pending)


async def welcome(request: Request) -> Response:
    """The code again, with what a first sign-in needs."""
    form, pending = await read_form(request), _pending(request)
    if pending is None:
        return redirect(request, "sign_in")
    needs_name = form.has("asks_name")
    with form.catching():
        if not form.has("agrees"):
            raise ConsentIsNeeded()
        if needs_name and not form.value("name").strip():
            raise InputIsInvalid.of("name", "missing")
        answered, opened = await _answer(request, form, pending)
        if opened is not None:
            return _enter(request, opened, pending.next)
        needs_name = answered.needs_name
    return _welcome_page(request, form, needs_name=needs_name)


async def sign_out(request: Request) -> Response:
    _ = translator(request)
    await read_form(request)
    async with house_of(request).database.unit_of_work() as session:
        await sessions.sign_out(session, viewer_of(request))
    response = redirect(request, "home", _("You are signed out."))
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
    return response


async def terms(request: Request) -> Response:
    return render(request, "sign_in/terms.html", {"version": consents.VERSION})


async def privacy(request: Request) -> Response:
    return render(request, "sign_in/privacy.html", {"version": consents.VERSION})


async def _send(request: Request, draft: PhoneDraft, wanted: str) -> Response:
    house, source = house_of(request), request.client.host if request.client else ""
    async with house.database.unit_of_work() as session:
        message = await sign_in.ask(session, house.vault, draft, source, locale_of(request))
    # After the commit: see identity.gateway.
    await house.codes.send(message)
    response = redirect(request, "sign_in_code")
    sealed = _sealed(house.vault, Pending(str(message.challenge_id), draft.phone, safe_path(wanted)))
    keep_cookie(request, response, CODE_COOKIE, sealed, _CODE_SECONDS)
    return response


async def _answer(
    request: Request, form: Form, pending: Pending
) -> tuple[sign_in.SignInAnswer, OpenedSession | None]:
    house = house_of(request)
    given = form.given("code", "name", "birth_date", "agrees")
    known = {"challenge_id": pending.challenge_id, "phone": pending.phone, "locale": locale_of(request)}
    draft = read(SignInDraft, {**given, **known})
    async with house.database.unit_of_work() as session:
        answered = await sign_in.answer(session, house.vault, draft)
        agent = request.headers.get("user-agent", "")
        person_id = answered.person_id
        opened = await sessions.open_for(session, person_id, agent) if person_id else None
    return answered.or_refusal(), opened


def _enter(request: Request, opened: OpenedSession, wanted: str) -> Response:
    _ = translator(request)
    response = redirect_to(request, wanted, _("You are signed in."))
    seconds = int(sessions.LASTS.total_seconds())
    keep_cookie(request, response, SESSION_COOKIE, opened.token, seconds)
    response.delete_cookie(CODE_COOKIE, httponly=True, samesite="lax")
    return response


def _phone_page(request: Request, form: Form) -> Response:
    return render(request, "sign_in/phone.html", {"form": form}, form.status)


def _code_page(request: Request, form: Form, pending: Pending) -> Response:
    context = {
        "form": form,
        "phone": phones.mask(pending.phone),
        "demo_code": console_code(house_of(request).codes, UUID(pending.challenge_id)),
    }
    return render(request, "sign_in/code.html", context, form.status)


def _welcome_page(request: Request, form: Form, *, needs_name: bool) -> Response:
    context = {"form": form, "needs_name": needs_name}
    return render(request, "sign_in/welcome.html", context, form.status)


def _sealed(vault: Vault, pending: Pending) -> str:
    text = orjson.dumps(asdict(pending)).decode()
    return base64.urlsafe_b64encode(vault.encrypt(text, _PURPOSE)).decode()


def _pending(request: Request) -> Pending | None:
    """The sign-in that this browser has begun; None for an old, foreign or missing cookie."""
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(CODE_COOKIE, ""))
        given = orjson.loads(house_of(request).vault.decrypt(sealed, _PURPOSE))
        return Pending(**given)
    except (binascii.Error, InvalidTag, ValueError, TypeError):
        return None


routes: list[BaseRoute] = [
    Route("/sign-in", ask_phone, name="sign_in"),
    Route("/sign-in", send_code, methods=["POST"], name="send_code"),
    Route("/sign-in/again", send_code_again, methods=["POST"], name="send_code_again"),
    Route("/sign-in/code", ask_code, name="sign_in_code"),
    Route("/sign-in/code", answer_code, methods=["POST"], name="answer_code"),
    Route("/sign-in/welcome", welcome, methods=["POST"], name="welcome"),
    Route("/sign-out", sign_out, methods=["POST"], name="sign_out"),
    Route("/terms", terms, name="terms"),
    Route("/privacy", privacy, name="privacy"),
]
