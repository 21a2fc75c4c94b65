"""Ages in whole years, and who is a minor by the rule in force."""

from datetime import date

from marketplace.catalogue import rules
from marketplace.db.session import Session


def age_on(birth_date: date, day: date) -> int:
    """Whole years lived on ``day``; who was born on 29 February is a year older from 1 March."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)


async def adult_from_years(session: Session) -> int:
    """The age of majority, by the rule in force."""
    return int((await rules.in_force(session, "volunteering.minors")).value["adult_from_years"])


async def is_minor(session: Session, birth_date: date | None, day: date) -> bool:
    """Whether somebody born then is under age on ``day``; an unknown birth date makes nobody a minor."""
    return birth_date is not None and age_on(birth_date, day) < await adult_from_years(session)
