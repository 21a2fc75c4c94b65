"""Needs: raised by residents, published by workers and organisations, then edited, closed or cancelled by their organisers."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, insert, select

from marketplace.catalogue import rules
from marketplace.db import audit
from marketplace.db.insert import insert_once
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.kernel.errors import NotFound, NotPermitted
from marketplace.kernel.ids import new_id
from marketplace.organisations.models import Organisation
from marketplace.organisations.states import OrganisationState, organisation_state
from marketplace.outbox.publish import publish as tell
from marketplace.volunteering import choices, locks, policy, shifts
from marketplace.volunteering.drafts import NeedDraft, RaisedNeedDraft, ReasonDraft
from marketplace.volunteering.errors import (
    InsuranceIsMissing,
    NeedIsNotPublished,
    NeedIsOver,
    NeedIsPublishedAlready,
    NeedKeepsItsOrganisation,
    OrganisationMayNotPublish,
    RisksAreNotStated,
)
from marketplace.volunteering.events import (
    NeedCancelled,
    NeedChanged,
    NeedClosed,
    NeedDeclined,
    NeedPublished,
    NeedRaised,
    NeedTermsChanged,
)
from marketplace.volunteering.models import Need, NeedQualification, NeedTag, Shift
from marketplace.volunteering.states import NeedState, need_state

_PLAIN = (
    "title",
    "description",
    "place",
    "latitude",
    "longitude",
    "risks",
    "is_risky",
    "insurance",
    "minimum_age",
    "needs_approval",
    "withdrawal_notice_minutes",
    "contact",
)
_WHERE = ("place", "latitude", "longitude")
# What people agreed to when they signed up. They are told when it changes; a better sentence in the description is no news.
TERMS = ("risks", "is_risky", "insurance", "minimum_age", "withdrawal_notice_minutes", "contact")
_PUBLIC = (NeedState.OPEN, NeedState.CLOSED, NeedState.SUSPENDED)


async def raise_need(
    session: Session, viewer: Viewer, draft: RaisedNeedDraft, key: UUID | None = None
) -> UUID:
    """A resident's need, not public yet. Sent again under the same ``key``, it is the same need. Returns its id."""
    person_id = viewer.signed_in()
    need = Need(
        id=key or new_id(),
        title=draft.title,
        description=draft.description,
        category_code=await choices.category(session, draft.category),
        area_code=await choices.area(session, draft.area_code),
        place=draft.place,
        contact=draft.contact,
        raised_at=session.now(),
        raised_by=person_id,
    )
    if not await insert_once(session, need):
        return await _sent_before(session, viewer, need.id)
    await tell(session, NeedRaised(need.id))
    return need.id


async def publish(session: Session, viewer: Viewer, draft: NeedDraft, key: UUID | None = None) -> UUID:
    """Write a need and make it public at once; a repeated ``key`` changes nothing. Returns its id.

    Raises NotPermitted, OrganisationMayNotPublish, RisksAreNotStated, InsuranceIsMissing, InputIsInvalid.
    """
    person_id = viewer.signed_in()
    await _check_may_publish(session, viewer, draft)
    need = Need(id=key or new_id(), raised_at=session.now(), raised_by=person_id)
    need.organisation_id = draft.organisation_id
    codes = await _fill(session, need, draft)
    _make_public(session, viewer, need)
    if not await insert_once(session, need):
        return await _sent_before(session, viewer, need.id)
    await _put_codes(session, need.id, *codes)
    await _tell_published(session, viewer, need)
    return need.id


async def publish_raised(session: Session, viewer: Viewer, need_id: UUID, draft: NeedDraft) -> None:
    """Complete a raised need and make it public. Raises as ``publish``, and NeedIsPublishedAlready or NeedIsOver."""
    need = await locks.managed_need(session, viewer, need_id)
    _check_raised(need)
    await _check_may_publish(session, viewer, draft)
    need.organisation_id = draft.organisation_id
    codes = await _fill(session, need, draft)
    _make_public(session, viewer, need)
    need.version += 1
    await _put_codes(session, need.id, *codes)
    await _tell_published(session, viewer, need)


async def decline(session: Session, viewer: Viewer, need_id: UUID, draft: ReasonDraft) -> None:
    """Say no to a raised need, with a reason that its author reads."""
    need = await locks.managed_need(session, viewer, need_id)
    _check_raised(need)
    need.declined_at = session.now()
    need.decline_reason = draft.reason
    need.version += 1
    _record(session, viewer, "need.declined", need)
    await tell(session, NeedDeclined(need.id))


async def take_back(session: Session, viewer: Viewer, need_id: UUID) -> None:
    """Whoever raised a need takes it back before it is public. Raises NotPermitted for others who see it."""
    need = await locks.seen_need(session, viewer, need_id)
    if need.raised_by != viewer.person_id:
        raise NotPermitted()
    _check_raised(need)
    need.cancelled_at = session.now()
    need.version += 1
    _record(session, viewer, "need.taken_back", need)
    await tell(session, NeedChanged(need.id))


async def edit(session: Session, viewer: Viewer, need_id: UUID, draft: NeedDraft) -> None:
    """Change a public need's words, place and conditions. People who have signed up keep their places.

    They are told of another place, and of other terms: risks, insurance, age, certificates, until when one may withdraw, whom to ask.

    Raises as ``publish``, and NeedKeepsItsOrganisation, NeedIsNotPublished, NeedIsOver.
    """
    need, coming = await locks.need_with_coming_shifts(session, viewer, need_id)
    _check_open(need)
    if draft.organisation_id != need.organisation_id:
        raise NeedKeepsItsOrganisation()
    if not policy.may_manage(viewer, area_code=draft.area_code, organisation_id=need.organisation_id):
        raise NotPermitted()
    await check_rules(session, draft)
    before = {name: getattr(need, name) for name in (*_WHERE, *TERMS)}
    asked_before = await _asked(session, need.id)
    codes = await _fill(session, need, draft)
    need.version += 1
    await _drop_codes(session, need.id)
    await _put_codes(session, need.id, *codes)
    _record(session, viewer, "need.edited", need)
    changed = [name for name, value in before.items() if getattr(need, name) != value]
    if any(name in _WHERE for name in changed):
        await shifts.tell_of_new_place(session, coming)
    terms = [name for name in changed if name in TERMS]
    if asked_before != set(codes[1]):
        terms.append("qualifications")
    if terms:
        await tell(session, NeedTermsChanged(need.id, tuple(terms), session.now()))
    await tell(session, NeedChanged(need.id))


async def close(session: Session, viewer: Viewer, need_id: UUID) -> None:
    """Take no more people. Shifts that are planned take place with those who have signed up."""
    need = await locks.managed_need(session, viewer, need_id)
    _check_open(need)
    need.closed_at = session.now()
    need.version += 1
    _record(session, viewer, "need.closed", need)
    await tell(session, NeedClosed(need.id))


async def cancel(session: Session, viewer: Viewer, need_id: UUID, draft: ReasonDraft) -> None:
    """Call the whole need off: coming shifts and their sign-ups end with it; what was served before stays as it is."""
    need, coming = await locks.need_with_coming_shifts(session, viewer, need_id)
    _check_public(need)
    need.cancelled_at = session.now()
    need.cancel_reason = draft.reason
    need.version += 1
    _record(session, viewer, "need.cancelled", need)
    await _cancel_shifts(session, coming, draft.reason)
    await tell(session, NeedCancelled(need.id))


async def _cancel_shifts(session: Session, coming: Sequence[Shift], reason: str) -> None:
    for shift in coming:
        await shifts.end_by_cancelling(session, shift, reason)


async def _sent_before(session: Session, viewer: Viewer, need_id: UUID) -> UUID:
    """The id that was given before, when it was this person who sent it. Raises NotFound for anybody else's."""
    known = await session.scalar(
        select(Need.id).where(Need.id == need_id, Need.raised_by == viewer.signed_in())
    )
    if known is None:
        raise NotFound()
    return known


async def _check_may_publish(session: Session, viewer: Viewer, draft: NeedDraft) -> None:
    if not policy.may_publish(viewer, area_code=draft.area_code, organisation_id=draft.organisation_id):
        raise NotPermitted()
    if draft.organisation_id is not None:
        # Held against a suspension in this very moment, which would not see the new need.
        organisation = await session.get(
            Organisation, draft.organisation_id, with_for_update={"read": True}, populate_existing=True
        )
        if organisation is None:
            raise NotFound()
        if organisation_state(organisation) is not OrganisationState.VERIFIED:
            raise OrganisationMayNotPublish()
    await check_rules(session, draft)


async def check_rules(session: Session, draft: NeedDraft) -> None:
    """What the law asks of every need. Raises RisksAreNotStated and InsuranceIsMissing, citing the article."""
    truthful = await rules.in_force(session, "volunteering.truthful_risks")
    if truthful.value["required"] and not draft.risks:
        raise RisksAreNotStated(article=truthful.article)
    insured = await rules.in_force(session, "volunteering.insurance")
    if insured.value["required_when_risky"] and draft.is_risky and not draft.insurance:
        raise InsuranceIsMissing(article=insured.article)


async def _fill(session: Session, need: Need, draft: NeedDraft) -> tuple[list[str], list[str]]:
    """Write the draft into the row; its tags and qualifications are given back as codes."""
    tags = await choices.tags(session, draft.tags)
    qualifications = await choices.qualifications(session, draft.qualifications)
    category_code = await choices.category(session, draft.category)
    area_code = await choices.area(session, draft.area_code)
    need.category_code, need.area_code = category_code, area_code
    for name in _PLAIN:
        setattr(need, name, getattr(draft, name))
    return tags, qualifications


async def _asked(session: Session, need_id: UUID) -> set[str]:
    """The qualifications that the need asks for."""
    found = await session.scalars(
        select(NeedQualification.qualification_code).where(NeedQualification.need_id == need_id)
    )
    return set(found)


async def _drop_codes(session: Session, need_id: UUID) -> None:
    await session.execute(delete(NeedTag).where(NeedTag.need_id == need_id))
    await session.execute(delete(NeedQualification).where(NeedQualification.need_id == need_id))


async def _put_codes(
    session: Session, need_id: UUID, tags: Sequence[str], qualifications: Sequence[str]
) -> None:
    if tags:
        await session.execute(insert(NeedTag), [{"need_id": need_id, "tag_code": code} for code in tags])
    if qualifications:
        await session.execute(
            insert(NeedQualification),
            [{"need_id": need_id, "qualification_code": code} for code in qualifications],
        )


def _make_public(session: Session, viewer: Viewer, need: Need) -> None:
    need.published_at = session.now()
    need.published_by = viewer.person_id


async def _tell_published(session: Session, viewer: Viewer, need: Need) -> None:
    _record(session, viewer, "need.published", need)
    await tell(session, NeedPublished(need.id))


def _check_raised(need: Need) -> None:
    state = need_state(need)
    if state in _PUBLIC:
        raise NeedIsPublishedAlready()
    if state is not NeedState.RAISED:
        raise NeedIsOver()


def _check_public(need: Need) -> None:
    """Public, and not over for good."""
    state = need_state(need)
    if state is NeedState.RAISED:
        raise NeedIsNotPublished()
    if state not in _PUBLIC:
        raise NeedIsOver()


def _check_open(need: Need) -> None:
    _check_public(need)
    if need.closed_at is not None:
        raise NeedIsOver()


def _record(session: Session, viewer: Viewer, action: str, need: Need) -> None:
    audit.record(session, viewer.person_id, action, ("need", need.id), version=need.version)
