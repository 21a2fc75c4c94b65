"""The standards of the profession that ship with the house: what is measured, how often, and where it is written. Loading twice is once."""

import tomllib
from collections.abc import Sequence
from enum import StrEnum
from importlib.resources import files
from typing import Any

from sqlalchemy import select

from marketplace.db.insert import upsert
from marketplace.db.session import Session
from marketplace.delivery.properties.models import PropertyStandard
from marketplace.identity.viewer import Viewer


class Part(StrEnum):
    """The parts of property service, in the order in which they are told. Words are keyed ``property_part.<value>``."""

    CLEANING = "cleaning"
    SECURITY = "security"
    GREENING = "greening"
    REPAIRS = "repairs"
    LIFTS = "lifts"
    FIRE_SAFETY = "fire_safety"
    CUSTOMER_SERVICE = "customer_service"
    MONEY_DISCLOSURE = "money_disclosure"


class Unit(StrEnum):
    """What is counted. Words are keyed ``property_unit.<value>``."""

    TIMES = "times"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    INCIDENTS = "incidents"
    PEOPLE = "people"


ORDER = {part.value: number for number, part in enumerate(Part)}


async def load(session: Session) -> None:
    """Add every shipped standard that the database does not have yet."""
    rows = [
        {
            "code": row["code"],
            "part": row["part"],
            "text_zh": row["zh"],
            "text_en": row["en"],
            "unit": row["unit"],
            "direction": row["direction"],
            "target": row["target"],
            "per": row["per"],
            "source": row["source"],
        }
        for row in shipped()
    ]
    await session.execute(upsert(session, PropertyStandard).on_conflict_do_nothing(), rows)


def shipped() -> list[dict[str, Any]]:
    """The standards as they lie in the file."""
    path = files("marketplace.delivery.properties") / "data" / "standards.toml"
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["standard"]
    return rows


async def all_standards(session: Session, viewer: Viewer) -> Sequence[PropertyStandard]:
    """Every standard, by part; everybody may read them."""
    rows = (await session.scalars(select(PropertyStandard))).all()
    return sorted(rows, key=lambda row: (ORDER.get(row.part, len(ORDER)), row.code))
