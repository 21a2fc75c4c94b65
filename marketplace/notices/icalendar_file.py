"""A personal calendar as an iCalendar file (RFC 5545). The same calendar gives the same bytes, so that it can be asked for by ETag."""

from datetime import timedelta

from icalendar import Calendar, Event

from marketplace.kernel.local_forms import sentence
from marketplace.notices import links
from marketplace.notices.calendars import CalendarEntry, PersonalCalendar
from marketplace.volunteering.sign_up_states import SignUpState

_REFRESH = timedelta(hours=1)
_WISHES = frozenset({SignUpState.APPLIED, SignUpState.WAITING, SignUpState.OFFERED})


def write(calendar: PersonalCalendar, site_url: str) -> bytes:
    """The file. ``site_url`` leads from each entry back to its need, and names us in every UID."""
    name = sentence(calendar.locale, "calendar.name", {})
    file = Calendar()
    file.add("prodid", "-//Wushe//Shifts//EN")
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("name", name)
    file.add("x-wr-calname", name)
    file.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    file.add("x-published-ttl", "PT1H")
    for entry in calendar.entries:
        file.add_component(_event(entry, calendar.locale, site_url))
    return bytes(file.to_ical(sorted=True))


def _event(entry: CalendarEntry, locale: str, site_url: str) -> Event:
    page = site_url + links.need(entry.need_id)
    event = Event()
    event.add("uid", f"{entry.sign_up_id}@{site_url.partition('://')[2]}")
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.stamped_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("summary", _summary(entry, locale))
    event.add("location", entry.place)
    event.add("description", "\n".join(line for line in (entry.note, page) if line))
    event.add("url", page)
    event.add("status", _status(entry.state))
    event.add("transp", "OPAQUE" if entry.state is SignUpState.CONFIRMED else "TRANSPARENT")
    return event


def _summary(entry: CalendarEntry, locale: str) -> str:
    """A wish says that it is only one: nobody should stand at the door because a calendar looked like a promise."""
    if entry.state is SignUpState.CONFIRMED:
        return entry.title
    state = sentence(locale, f"state.sign_up.{entry.state}", {})
    return sentence(locale, "calendar.summary", {"need": entry.title, "state": state})


def _status(state: SignUpState) -> str:
    if state is SignUpState.CONFIRMED:
        return "CONFIRMED"
    return "TENTATIVE" if state in _WISHES else "CANCELLED"
