"""A guardian's consent that a minor may volunteer: proved by a code sent to the guardian's own phone, withdrawable."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.session import Session
from marketplace.identity import challenges, phones, policy
from marketplace.identity.ages import is_minor
from marketplace.identity.challenges import Answering, Asking, Purpose
from marketplace.identity.drafts import GuardianAnswerDraft, GuardianDraft
from marketplace.identity.errors import (
    GuardianConsentedAlready,
    GuardianPhoneIsYourOwn,
    PersonIsNotAMinor,
)
from marketplace.identity.events import ProfileChanged
from marketplace.identity.gateway import CodeMessage
from marketplace.identity.models import GuardianConsent, Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import local_day
from marketplace.kernel.errors import MarketplaceError, NotFound
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.outbox.publish import publish

_NAME = "guardian-name"


@dataclass(frozen=True, slots=True)
class GuardianAnswer:
    """The consent that was given, or the refusal to raise after the commit (the wrong try must stay counted)."""

    consent_id: UUID | None = None
    refusal: MarketplaceError | None = None

    def or_refusal(self) -> "GuardianAnswer":
        """This answer. Raises OneTimeCodeIsWrong or OneTimeCodeIsSpent."""
        if self.refusal is not None:
            raise self.refusal
        return self


async def has_consent(session: Session, person_id: UUID) -> bool:
    """Whether a guardian's consent for this minor holds now."""
    found = await session.scalar(
        select(GuardianConsent.id)
        .where(GuardianConsent.minor_id == person_id, GuardianConsent.withdrawn_at.is_(None))
        .limit(1)
    )
    return found is not None


class Standing(StrEnum):
    """Whether somebody needs a guardian's consent and has it."""

    AGE_IS_UNKNOWN = "age_is_unknown"
    OF_AGE = "of_age"
    CONSENTED = "consented"
    MAY_ASK = "may_ask"


async def standing(session: Session, viewer: Viewer) -> Standing:
    """Where the viewer stands today. Raises SignInNeeded."""
    person = await session.get_one(Person, policy.manages_account(viewer))
    if person.birth_date is None:
        return Standing.AGE_IS_UNKNOWN
    if not await is_minor(session, person.birth_date, local_day(session.now())):
        return Standing.OF_AGE
    return Standing.CONSENTED if await has_consent(session, person.id) else Standing.MAY_ASK


async def ask(
    session: Session, vault: Vault, viewer: Viewer, draft: GuardianDraft, source: str
) -> CodeMessage:
    """Make a code for the guardian's phone; the edge sends it after the commit.

    Raises PersonIsNotAMinor, GuardianPhoneIsYourOwn, GuardianConsentedAlready, TooManyCodes.
    """
    minor = await _minor_who_may_ask(session, vault, viewer, draft)
    asking = Asking(draft.guardian_phone, source, viewer.locale, _subject(minor.id))
    return await challenges.issue(session, vault, Purpose.GUARDIAN, asking)


async def give(session: Session, vault: Vault, viewer: Viewer, draft: GuardianAnswerDraft) -> GuardianAnswer:
    """Record the consent when the code is right. Raises what ``ask`` raises; a wrong code is in the answer."""
    minor = await _minor_who_may_ask(session, vault, viewer, draft)
    answering = Answering(draft.challenge_id, draft.guardian_phone, draft.code, _subject(minor.id))
    refusal = await challenges.check(session, vault, Purpose.GUARDIAN, answering)
    if refusal is not None:
        return GuardianAnswer(refusal=refusal)
    await challenges.spend(session, draft.challenge_id)
    consent_id = new_id()
    session.add(
        GuardianConsent(
            id=consent_id,
            minor_id=minor.id,
            guardian_name_sealed=vault.encrypt(draft.guardian_name, _NAME),
            guardian_phone_sealed=vault.encrypt(draft.guardian_phone, phones.PURPOSE),
            guardian_phone_fingerprint=vault.fingerprint(draft.guardian_phone, phones.PURPOSE),
            relation=draft.relation.value,
            given_at=session.now(),
        )
    )
    article = (await rules.in_force(session, "volunteering.minors")).article
    audit.record(
        session, minor.id, "guardian.consented", ("person", minor.id), consent=consent_id, article=article
    )
    await publish(session, ProfileChanged(person_id=minor.id))
    await session.flush()
    return GuardianAnswer(consent_id=consent_id)


async def withdraw(session: Session, viewer: Viewer, consent_id: UUID) -> None:
    """End a consent, as the minor or as the guardian whose phone proved it; twice changes nothing. Raises NotFound."""
    viewer_id = policy.manages_account(viewer)
    row = await session.get(GuardianConsent, consent_id, with_for_update=True)
    own_phone = await session.scalar(select(Person.phone_fingerprint).where(Person.id == viewer_id))
    if row is None or (row.minor_id != viewer_id and row.guardian_phone_fingerprint != own_phone):
        raise NotFound()
    if row.withdrawn_at is None:
        row.withdrawn_at = session.now()
        audit.record(session, viewer_id, "guardian.withdrew", ("person", row.minor_id), consent=consent_id)
        await publish(session, ProfileChanged(person_id=row.minor_id))
        await session.flush()


@dataclass(frozen=True, slots=True)
class ConsentShown:
    """A guardian's consent as the minor or the guardian sees it."""

    row: GuardianConsent
    minor_name: str
    guardian_name: str
    guardian_phone: str


async def consents_of(session: Session, vault: Vault, viewer: Viewer) -> list[ConsentShown]:
    """The consents that were given for the viewer, and those that the viewer gave for others. Raises SignInNeeded."""
    viewer_id = policy.manages_account(viewer)
    own_phone = select(Person.phone_fingerprint).where(Person.id == viewer_id).scalar_subquery()
    rows = await session.execute(
        select(GuardianConsent, Person.name)
        .join(Person, Person.id == GuardianConsent.minor_id)
        .where(
            (GuardianConsent.minor_id == viewer_id)
            | (GuardianConsent.guardian_phone_fingerprint == own_phone)
        )
        .order_by(GuardianConsent.given_at.desc(), GuardianConsent.id)
    )
    return [
        ConsentShown(
            row,
            minor_name,
            vault.decrypt(row.guardian_name_sealed, _NAME),
            phones.mask(vault.decrypt(row.guardian_phone_sealed, phones.PURPOSE)),
        )
        for row, minor_name in rows
    ]


async def _minor_who_may_ask(session: Session, vault: Vault, viewer: Viewer, draft: GuardianDraft) -> Person:
    person_id = policy.manages_account(viewer)
    # The lock makes two answers wait for each other, so that one consent is recorded.
    person = await session.get(Person, person_id, with_for_update=True)
    if person is None or person.erased_at is not None:
        raise NotFound()
    if not await is_minor(session, person.birth_date, local_day(session.now())):
        raise PersonIsNotAMinor()
    if vault.fingerprint(draft.guardian_phone, phones.PURPOSE) == person.phone_fingerprint:
        raise GuardianPhoneIsYourOwn()
    if await has_consent(session, person_id):
        raise GuardianConsentedAlready()
    return person


def _subject(minor_id: UUID) -> str:
    return f"guardian of {minor_id}"
