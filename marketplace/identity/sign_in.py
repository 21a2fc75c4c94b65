"""Signing in: a code goes to the phone, the phone's owner answers it, and the first answer makes the person.

Until the code is right, a known and an unknown number see and cost the same. Afterwards the owner of the phone learns
whether there is an account: newcomers are asked for a name and for their consent, and answer the same code once more.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import challenges, consents, phones
from marketplace.identity.challenges import Answering, Asking, Purpose
from marketplace.identity.drafts import PhoneDraft, SignInDraft
from marketplace.identity.gateway import CodeMessage
from marketplace.identity.models import Person
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import InputIsInvalid, MarketplaceError
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault


@dataclass(frozen=True, slots=True)
class SignInAnswer:
    """How an answer ended: signed in as ``person_id``, asked for more, or refused.

    A refusal is carried, not raised, because the wrong try must be committed: call ``or_refusal`` after the commit.
    """

    person_id: UUID | None = None
    needs_name: bool = False
    needs_consent: bool = False
    refusal: MarketplaceError | None = None

    def or_refusal(self) -> "SignInAnswer":
        """This answer. Raises the refusal, OneTimeCodeIsWrong or OneTimeCodeIsSpent."""
        if self.refusal is not None:
            raise self.refusal
        return self


async def ask(session: Session, vault: Vault, draft: PhoneDraft, source: str, locale: str) -> CodeMessage:
    """Make a code for the number; the edge hands the message to the gateway after the commit. Raises TooManyCodes."""
    return await challenges.issue(session, vault, Purpose.SIGN_IN, Asking(draft.phone, source, locale))


async def answer(session: Session, vault: Vault, draft: SignInDraft) -> SignInAnswer:
    """Check the code and sign its owner in; the caller opens a session or a token for ``person_id`` in the same transaction."""
    answering = Answering(draft.challenge_id, draft.phone, draft.code)
    refusal = await challenges.check(session, vault, Purpose.SIGN_IN, answering)
    if refusal is not None:
        return SignInAnswer(refusal=refusal)
    person_id = await find(session, vault, draft.phone)
    needs_name = person_id is None and draft.name is None
    needs_consent = not draft.agrees and (
        person_id is None or not await consents.agreed_to_all(session, person_id)
    )
    if needs_name or needs_consent:
        return SignInAnswer(needs_name=person_id is None, needs_consent=needs_consent)
    if person_id is None:
        _check_birth_date(session, draft)
    await challenges.spend(session, draft.challenge_id)
    if person_id is None:
        person_id = await _join(session, vault, draft)
    if draft.agrees:
        await _record_consent(session, person_id)
    return SignInAnswer(person_id=person_id)


async def find(session: Session, vault: Vault, phone: str) -> UUID | None:
    """The person with this number (E.164)."""
    fingerprint = vault.fingerprint(phone, phones.PURPOSE)
    return await session.scalar(select(Person.id).where(Person.phone_fingerprint == fingerprint))


def _check_birth_date(session: Session, draft: SignInDraft) -> None:
    if draft.birth_date is not None and draft.birth_date > local_day(session.now()):
        raise InputIsInvalid.of("birth_date", "date_in_future")


async def _join(session: Session, vault: Vault, draft: SignInDraft) -> UUID:
    person_id = new_id()
    person = Person(
        id=person_id,
        name=draft.name,
        phone_sealed=vault.encrypt(draft.phone, phones.PURPOSE),
        phone_fingerprint=vault.fingerprint(draft.phone, phones.PURPOSE),
        locale=draft.locale,
        birth_date=draft.birth_date,
        created_at=session.now(),
    )
    try:
        async with session.begin_nested():
            session.add(person)
    except IntegrityError:
        # Two codes for one new number were answered at once: the other one made the person.
        found = await find(session, vault, draft.phone)
        if found is None:
            raise
        return found
    audit.record(session, person_id, "person.joined", ("person", person_id))
    return person_id


async def _record_consent(session: Session, person_id: UUID) -> None:
    if await consents.agreed_to_all(session, person_id):
        return
    for kind in consents.REQUIRED:
        consents.record(session, person_id, kind, given=True)
    await session.flush()
