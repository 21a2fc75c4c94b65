"""Whatever makes or changes a public need is compared with the saved searches, and who saved one hears of it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from marketplace.db.session import Session
from marketplace.discovery import saved_matching, saved_own_data, sources
from marketplace.discovery.saved_events import SavedSearchBegan
from marketplace.discovery.saved_searches import renumber_of
from marketplace.discovery.saved_watch import Watch
from marketplace.identity.events import PersonErased, ProfileChanged
from marketplace.identity.personal_data import PersonalData
from marketplace.organisations.events import OrganisationChanged, OrganisationVerified
from marketplace.outbox.events import Event
from marketplace.outbox.registry import Registry
from marketplace.volunteering.events import (
    NeedChanged,
    NeedPublished,
    NeedResumed,
    NeedsImported,
    ShiftMoved,
)
from matching.index import SearchIndex

_OF_NEEDS: tuple[type[Event], ...] = (NeedPublished, NeedChanged, NeedResumed, ShiftMoved)
_OF_ORGANISATIONS: tuple[type[Event], ...] = (OrganisationVerified, OrganisationChanged)
_NAME = "discovery.match_saved_searches"
_Handle = Callable[[Session, Event], Awaitable[None]]


def register(registry: Registry, personal_data: PersonalData, index: SearchIndex, watch: Watch) -> None:
    """Put the consumers and the repeated task of saved searches into the registry, and their share into every export and erasure."""
    for event in _OF_NEEDS:
        registry.on(event, _NAME, _match_need(watch))
    registry.on(NeedsImported, _NAME, _match_imported(watch))
    for event in _OF_ORGANISATIONS:
        registry.on(event, _NAME, _match_needs_of_organisation(watch))
    registry.on(SavedSearchBegan, "discovery.pass_over_what_is_there", _pass_over(index))
    registry.on(ProfileChanged, "discovery.measure_from_home_anew", _measure_anew)
    registry.on(PersonErased, "discovery.forget_searches", saved_own_data.erase_late)
    registry.repeat_errand("discovery.keep_up_with_searches", timedelta(minutes=1), watch.keep_up)
    registry.repeat("discovery.forget_old_matches", timedelta(days=1), saved_matching.forget_old)
    personal_data.add("discovery", saved_own_data.collect, saved_own_data.erase)


def _match_need(watch: Watch) -> _Handle:
    async def match_need(session: Session, event: Event) -> None:
        await saved_matching.match(session, watch, [event.stream_id])

    return match_need


def _match_imported(watch: Watch) -> Callable[[Session, NeedsImported], Awaitable[None]]:
    async def match_imported(session: Session, event: NeedsImported) -> None:
        await saved_matching.match(session, watch, event.need_ids)

    return match_imported


def _match_needs_of_organisation(watch: Watch) -> _Handle:
    async def match_needs_of_organisation(session: Session, event: Event) -> None:
        await saved_matching.match(session, watch, await sources.needs_of(session, event.stream_id))

    return match_needs_of_organisation


def _pass_over(index: SearchIndex) -> Callable[[Session, SavedSearchBegan], Awaitable[None]]:
    async def pass_over(session: Session, event: SavedSearchBegan) -> None:
        await saved_matching.pass_over_what_is_there(session, index, event)

    return pass_over


async def _measure_anew(session: Session, event: ProfileChanged) -> None:
    await renumber_of(session, event.person_id)
