"""Steps that identity's tests repeat: asking for a code, answering it, and people with a telephone number."""

from typing import Any
from uuid import UUID

from marketplace.bootstrap import House
from marketplace.identity import phones, sign_in, viewers
from marketplace.identity.drafts import PhoneDraft, SignInDraft
from marketplace.identity.gateway import CodeMessage
from marketplace.identity.sign_in import SignInAnswer
from marketplace.identity.viewer import Role, Viewer
from marketplace.kernel.input import read
from tests import builders, city

PHONE = "+8613800138000"
OTHER_PHONE = "+8613900139000"
SOURCE = "203.0.113.7"


async def ask(house: House, phone: str = PHONE, source: str = SOURCE) -> CodeMessage:
    """A code on its way to ``phone``."""
    async with house.database.unit_of_work() as session:
        draft = read(PhoneDraft, {"phone": phone})
        return await sign_in.ask(session, house.vault, draft, source, "zh_Hans")


async def answer(house: House, message: CodeMessage, **facts: Any) -> SignInAnswer:
    """What becomes of answering ``message``, committed as the edges commit it."""
    given = {"challenge_id": message.challenge_id, "phone": message.phone, "code": message.code, **facts}
    async with house.database.unit_of_work() as session:
        answered = await sign_in.answer(session, house.vault, read(SignInDraft, given))
    return answered.or_refusal()


async def join(house: House, phone: str = PHONE, name: str = "王小明", **facts: Any) -> Viewer:
    """A newcomer who has signed in for the first time."""
    answered = await answer(house, await ask(house, phone), name=name, agrees=True, **facts)
    assert answered.person_id is not None
    return await viewer_of(house, answered.person_id)


async def viewer_of(house: House, person_id: UUID) -> Viewer:
    """The person as a viewer, with the roles of this moment."""
    async with house.database.reading() as session:
        return await viewers.of_person(session, person_id)


async def person(
    house: House,
    role: Role | None = None,
    scope: str | UUID = city.CITY,
    *,
    phone: str | None = None,
    **facts: Any,
) -> Viewer:
    """Somebody with a role, written straight into the tables; reachable by ``phone``."""
    if phone is not None:
        facts["phone_sealed"] = house.vault.encrypt(phone, phones.PURPOSE)
        facts["phone_fingerprint"] = house.vault.fingerprint(phone, phones.PURPOSE)
    async with house.database.unit_of_work() as session:
        return await builders.viewer(session, role=role, scope=scope, **facts)


def wrong(code: str) -> str:
    """Another six digits."""
    return f"{(int(code) + 1) % 1_000_000:06d}"
