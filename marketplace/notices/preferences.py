"""How a person wants to be told: which kinds leave the house by which channel, and when nothing does."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.identity.viewer import Viewer
from marketplace.notices.drafts import QuietHoursDraft, WishesDraft
from marketplace.notices.kinds import ChannelName, Kind, topics_for
from marketplace.notices.models import NoticePreference, QuietHours


async def choose(session: Session, viewer: Viewer, draft: WishesDraft) -> None:
    """Keep which kinds the viewer wants by e-mail. Kinds that cannot reach them stay as they were. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    possible = [kind for kinds in topics_for(viewer).values() for kind in kinds]
    wanted = {kind: kind in draft.email for kind in possible}
    await set_wishes(session, person_id, ChannelName.EMAIL, wanted)


async def set_quiet_hours(session: Session, viewer: Viewer, draft: QuietHoursDraft) -> None:
    """Keep the viewer's quiet hours, or none. What waits to be sent is judged anew when its time comes. Raises SignInNeeded."""
    person_id = viewer.signed_in()
    await session.execute(delete(QuietHours).where(QuietHours.person_id == person_id))
    if draft.minutes is not None:
        from_minute, to_minute = draft.minutes
        session.add(QuietHours(person_id=person_id, from_minute=from_minute, to_minute=to_minute))
        await session.flush()


async def set_wishes(
    session: Session, person_id: UUID, channel: ChannelName, wanted: Mapping[Kind, bool]
) -> None:
    """Keep what a person said about these kinds on one channel; the caller knows that it was them."""
    insert = upsert(session, NoticePreference)
    rows = [
        {"person_id": person_id, "kind": kind, "channel": channel, "wanted": is_wanted}
        for kind, is_wanted in wanted.items()
    ]
    await session.execute(
        insert.values(rows).on_conflict_do_update(
            index_elements=[NoticePreference.person_id, NoticePreference.kind, NoticePreference.channel],
            set_={"wanted": insert.excluded.wanted},
        )
    )
