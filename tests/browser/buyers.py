"""Everybody of a purchase in a real browser: who they are, how they sign in without typing codes, and how forms are filled on a phone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from playwright.sync_api import Locator, Page

from marketplace.bootstrap import House
from marketplace.db.session import Session
from marketplace.identity import phones
from marketplace.identity.models import SignedInSession
from marketplace.identity.viewer import Role
from marketplace.kernel.clock import SHANGHAI
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import new_token, token_digest
from marketplace.procurement.evaluation.models import Expert
from tests import builders, buying, city
from tests.browser.conftest import Site
from web.visit import SESSION_COOKIE

Visit = Callable[..., Page]
OPENERS = 5
_EXPERTS = 6
_LONG = timedelta(days=2000)


@dataclass
class People:
    """Tokens of people who are signed in already, and the phones that the officer types."""

    tokens: dict[str, str] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    organisations: dict[str, UUID] = field(default_factory=dict)


def gather(site: Site) -> People:
    """A buyer with two officers, five openers, three suppliers, a register of experts, a delegate, a user of the service."""
    people = People()

    async def make(house: House) -> Any:
        async with house.database.unit_of_work() as session:
            await buying.buyer(session)
            for name in ("officer", "second"):
                viewer = await buying.officer(session, f"采购员{name}")
                await signed_in(session, people, name, viewer.signed_in())
            for number in range(OPENERS):
                await _with_phone(session, house, people, f"opener{number}", number)
            await _with_phone(session, house, people, "delegate", 7)
            for number, name in enumerate(("暖阳助老服务社", "晨光社工站", "新泾助老中心")):
                organisation_id = await builders.organisation(session, name)
                viewer = await builders.viewer(
                    session, f"{name}负责人", Role.ORGANISATION_MANAGER, organisation_id
                )
                await signed_in(session, people, f"supplier{number}", viewer.signed_in())
                people.organisations[f"supplier{number}"] = organisation_id
            for number in range(_EXPERTS):
                person_id = await builders.person(session, f"专家{number}")
                await signed_in(session, people, str(person_id), person_id)
                session.add(
                    Expert(
                        id=new_id(),
                        person_id=person_id,
                        area_code=city.CHANGNING,
                        fields=["elderly_care"],
                        speciality="养老护理",
                        registered_at=session.now() - timedelta(days=400),
                    )
                )
            await signed_in(session, people, "user", await builders.person(session, "张阿婆"))

    site.inside(make)
    return people


async def _with_phone(session: Session, house: House, people: People, name: str, number: int) -> None:
    phone = f"+86139000010{number:02d}"
    person_id = await builders.person(
        session, name, phone_fingerprint=house.vault.fingerprint(phone, phones.PURPOSE)
    )
    people.phones[name] = phone.removeprefix("+86")
    await signed_in(session, people, name, person_id)
    people.tokens[str(person_id)] = people.tokens[name]


async def signed_in(session: Session, people: People, name: str, person_id: UUID) -> None:
    people.tokens[name] = new_token()
    session.add(
        SignedInSession(
            id=new_id(),
            person_id=person_id,
            token_digest=token_digest(people.tokens[name]),
            device="test",
            created_at=session.now(),
            last_seen_at=session.now(),
            expires_at=session.now() + _LONG,
        )
    )


class Phones:
    """The phones of all of them: one page each, opened when it is first used. No page may be wider than the phone."""

    def __init__(self, site: Site, visit: Visit, people: People) -> None:
        self._site, self._visit, self._people = site, visit, people
        self.address = site.address
        self._pages: dict[str, Page] = {}

    def of(self, name: str) -> Page:
        if name not in self._pages:
            page = self._visit()
            cookie = {"name": SESSION_COOKIE, "value": self._people.tokens[name], "url": self._site.address}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
            page.on("dialog", lambda dialog: dialog.accept())
            self._pages[name] = page
        return self._pages[name]

    def go(self, name: str, path: str) -> Page:
        """Their phone shows that page."""
        page = self.of(name)
        answer = page.goto(path)
        assert answer is not None and answer.status == 200, (path, answer and answer.status)
        _must_fit(page)
        return page


def send(
    page: Page, action: str, answers: Mapping[str, str | list[str]] | None = None, button: str = ""
) -> None:
    """Fill in the form that goes to an address with this end, press its button, and be told of no mistake."""
    form = page.locator(f"main form[action$='{action}']").first
    assert form.count(), (action, page.url, page.inner_text("main")[:1500])
    for name, answer in (answers or {}).items():
        fill(form, name, answer)
    pressed = form.locator(f"button[value='{button}']").last if button else form.locator("button.button").last
    pressed.click()
    page.wait_for_load_state()
    mistakes = page.locator(".error-summary").all_inner_texts()
    assert not mistakes, (action, mistakes)
    _must_fit(page)


def fill(form: Locator, name: str, answer: str | list[str]) -> None:
    """One field, whatever kind it is; several answers tick several boxes."""
    fields = form.locator(f"[name='{name}']:not([type=hidden])")
    kind = fields.first.evaluate("field => field.type")
    if kind in ("checkbox", "radio"):
        for one in [answer] if isinstance(answer, str) else answer:
            form.locator(f"[name='{name}'][value='{one}']").check()
    elif kind == "select-one":
        fields.first.select_option(str(answer))
    else:
        fields.first.fill(str(answer))


def at(site: Site, day: date, hour: int = 10) -> datetime:
    """The clock of the house stands at this hour in Shanghai."""
    moment = datetime.combine(day, time(hour), SHANGHAI)
    site.clock.set(moment)
    return moment


def _must_fit(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
