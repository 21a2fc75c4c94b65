"""One's own profile: an overview, and a page for each thing that can be changed on it."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from marketplace.areas import queries as areas
from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Tag, TagKind
from marketplace.db.session import Session
from marketplace.identity import emails, people, profiles, queries
from marketplace.identity.drafts import MINUTES_A_DAY, EmailDraft, ProfileDraft
from marketplace.identity.queries import Profile
from marketplace.kernel import local_forms
from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.input import read
from web import area_picker
from web.forms import Form, blank_form, read_form
from web.redirects import redirect
from web.templating import render
from web.visit import house_of, locale_of, today_of, translator, viewer_of

# Parts of a day as people speak of them; finer times can be told by programs and are kept as they are.
PARTS = ((8 * 60, 12 * 60), (12 * 60, 18 * 60), (18 * 60, 21 * 60))
_ABOUT = ("name", "about", "locale", "birth_date", "travel_radius_metres")
RADII = (1_000, 3_000, 5_000, 10_000, 20_000, 50_000)


async def profile(request: Request) -> Response:
    house, viewer, locale = house_of(request), viewer_of(request), locale_of(request)
    async with house.database.reading() as session:
        own = await queries.own_profile(session, house.vault, viewer)
        names = await _tag_names(session, locale, (*own.skills, *own.languages))
        home = await areas.path(session, own.home_area_code) if own.home_area_code else []
        minor = await people.is_minor(session, own.birth_date, today_of(request))
    context = {
        "own": own,
        "skills": [names[code] for code in own.skills],
        "languages": [names[code] for code in own.languages],
        "home": " · ".join(areas.name_of(area, locale) for area in home[1:]) or None,
        "is_minor": minor,
        "viewer_roles": [role.role for role in viewer.roles],
    }
    return render(request, "profile/overview.html", context)


async def edit_about(request: Request) -> Response:
    own = await _own(request)
    initial = {
        "name": own.name,
        "about": own.about,
        "locale": own.locale,
        "birth_date": own.birth_date,
        "travel_radius_metres": own.travel_radius_metres,
    }
    async with house_of(request).database.reading() as session:
        initial |= await area_picker.initial(session, own.home_area_code, locale_of(request))
    return await _about_page(request, blank_form(request, initial))


async def save_about(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        # A field left blank on this page is one that goes, so every field of the page is named.
        given = {**dict.fromkeys(_ABOUT), **form.given(*_ABOUT)}
        async with house_of(request).database.unit_of_work() as session:
            is_homeless = not form.value("area").strip()
            home = None if is_homeless else await area_picker.pick(session, form)
            draft = read(ProfileDraft, {**given, "home_area_code": home})
            await profiles.change(session, viewer_of(request), draft)
        return redirect(request, "profile", _("Your profile is saved."))
    return await _about_page(request, form)


async def edit_skills(request: Request) -> Response:
    own = await _own(request)
    form = blank_form(request, {"skills": own.skills, "languages": own.languages})
    return await _skills_page(request, form)


async def save_skills(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(ProfileDraft, form.given(many=["skills", "languages"]))
        async with house_of(request).database.unit_of_work() as session:
            await profiles.change(session, viewer_of(request), draft)
        return redirect(request, "profile", _("Your skills and languages are saved."))
    return await _skills_page(request, form)


async def edit_times(request: Request) -> Response:
    own = await _own(request)
    chosen = [f"{item.weekday}-{item.from_minute}-{item.to_minute}" for item in own.availability]
    return _times_page(request, blank_form(request, {"times": chosen}))


async def save_times(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(
            ProfileDraft, {"availability": [_stretch(text) for text in form.values.get("times", ())]}
        )
        async with house_of(request).database.unit_of_work() as session:
            await profiles.change(session, viewer_of(request), draft)
        return redirect(request, "profile", _("Your times are saved."))
    return _times_page(request, form)


async def edit_email(request: Request) -> Response:
    own = await _own(request)
    return _email_page(request, blank_form(request, {"email": own.email}))


async def save_email(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    with form.catching():
        draft = read(EmailDraft, {"email": form.value("email") or None})
        async with house_of(request).database.unit_of_work() as session:
            await emails.give(session, viewer_of(request), draft)
        if draft.email is None:
            return redirect(request, "profile", _("The address is removed."))
        return redirect(
            request, "profile", _("We have sent you a link. The address counts once you open it.")
        )
    return _email_page(request, form)


async def confirm_email(request: Request) -> Response:
    """Where the link leads. It only shows a button, because mail programs open links by themselves."""
    context = {"form": blank_form(request), "token": request.path_params["token"]}
    return render(request, "profile/confirm_email.html", context)


async def save_confirmed_email(request: Request) -> Response:
    _ = translator(request)
    form = await read_form(request)
    house = house_of(request)
    with form.catching():
        async with house.database.unit_of_work() as session:
            await emails.confirm(session, house.vault, request.path_params["token"])
        return redirect(request, "home", _("Your e-mail address is confirmed."))
    context = {"form": form, "token": request.path_params["token"]}
    return render(request, "profile/confirm_email.html", context, form.status)


async def _own(request: Request) -> Profile:
    house = house_of(request)
    async with house.database.reading() as session:
        return await queries.own_profile(session, house.vault, viewer_of(request))


async def _about_page(request: Request, form: Form) -> Response:
    own = await _own(request)
    async with house_of(request).database.reading() as session:
        homes = await area_picker.choices(session, form)
    locale = locale_of(request)
    context = {
        "form": form,
        "homes": homes,
        "radii": [(metres, local_forms.distance(locale, metres)) for metres in RADII],
        "has_birth_date": own.birth_date is not None,
    }
    return render(request, "profile/about.html", context, form.status)


async def _skills_page(request: Request, form: Form) -> Response:
    viewer_of(request).signed_in()
    async with house_of(request).database.reading() as session:
        tags = await catalogue.tags_of(session, TagKind.SKILL, TagKind.LANGUAGE)
    context = {
        "form": form,
        "skills": _options(tags, TagKind.SKILL, locale_of(request)),
        "languages": _options(tags, TagKind.LANGUAGE, locale_of(request)),
    }
    return render(request, "profile/skills.html", context, form.status)


def _times_page(request: Request, form: Form) -> Response:
    viewer_of(request).signed_in()
    context = {"form": form, "parts": PARTS, "others": _other_times(form.values.get("times", ()))}
    return render(request, "profile/times.html", context, form.status)


def _email_page(request: Request, form: Form) -> Response:
    viewer_of(request).signed_in()
    return render(request, "profile/email.html", {"form": form}, form.status)


def _options(tags: Sequence[Tag], kind: TagKind, locale: str) -> list[tuple[str, str]]:
    return [(tag.code, catalogue.name_of(tag, locale)) for tag in tags if tag.kind == kind]


async def _tag_names(session: Session, locale: str, codes: Sequence[str]) -> dict[str, str]:
    found = await catalogue.by_codes(session, codes)
    return {code: catalogue.name_of(tag, locale) for code, tag in found.items()}


def _stretch(text: str) -> dict[str, Any]:
    """0-480-720 as the draft takes it. Raises InputIsInvalid."""
    parts = text.split("-")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        weekday, start, end = (int(part) for part in parts)
        if weekday < 7 and start < end <= MINUTES_A_DAY:
            return {"weekday": weekday, "from_minute": start, "to_minute": end}
    raise InputIsInvalid.of("times", "invalid")


def _other_times(texts: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Stretches that a program told and the page has no box of its own for."""
    usual = {f"{day}-{start}-{end}" for day in range(7) for start, end in PARTS}
    found = []
    for text in texts:
        with suppress(InputIsInvalid):
            found.append((text, _stretch(text)))
    return [(text, stretch) for text, stretch in found if text not in usual]


routes: list[BaseRoute] = [
    Route("/profile", profile, name="profile"),
    Route("/profile/about", edit_about, name="edit_about"),
    Route("/profile/about", save_about, methods=["POST"], name="save_about"),
    Route("/profile/skills", edit_skills, name="edit_skills"),
    Route("/profile/skills", save_skills, methods=["POST"], name="save_skills"),
    Route("/profile/times", edit_times, name="edit_times"),
    Route("/profile/times", save_times, methods=["POST"], name="save_times"),
    Route("/profile/email", edit_email, name="edit_email"),
    Route("/profile/email", save_email, methods=["POST"], name="save_email"),
    Route("/confirm-email/{token}", confirm_email, name="confirm_email"),
    Route("/confirm-email/{token}", save_confirmed_email, methods=["POST"], name="save_confirmed_email"),
]
