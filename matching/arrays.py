"""Volunteers as rows of compact columns, for scoring a whole city at once.

No row holds a name or an address: a home is a cell of 600 metres. What fades with time (age, reliability, how often
somebody was recommended) is as of the last `upsert`, so everybody is renewed at night.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from matching.cells import NO_LIMIT, cell_of, radius_steps
from matching.columns import LIVE, Schema
from matching.features import FLAT, TagTree, Volunteer
from matching.table import Row, Table
from matching.vocabulary import WORDS, Vocabulary
from matching.volunteer_factors import reliability_level
from matching.week import DAYS, week_of

NEW, GUARDIAN, WEEK, SKILLS, LANGUAGES, INTERESTS = 2, 4, 8, 16, 32, 64
"""Bits of a volunteer's `flags`: is new, a guardian consented, and what is stated at all."""

NO_AGE: Final = 255
NEVER_SERVED: Final = 65_535
FIRST_DAY: Final = date(2000, 1, 1)

_WEEK: Final = {"week": DAYS}


def _with_masks(columns: Mapping[str, str], words: Mapping[str, int]) -> dict[str, str]:
    return {**columns, **dict.fromkeys((*_WEEK, *words), "<u8")}


_OF_VOLUNTEERS: Final = {
    "flags": "|u1",
    "age": "|u1",
    "district": "|u1",
    "recommended": "|u1",
    "reliability": "|u1",
    "row": "<u2",
    "column": "<u2",
    "radius": "<u2",
    "served": "<u2",
}
"""Besides `week` (7 masks of a day's half hours), the words of codes, id and seal: with `WORDS` 157 bytes in all.

`row` and `column` are the home's cell, `radius` counts steps of 100 metres, `served` days since 2000."""


class VolunteerArrays(Table[Volunteer]):
    """The volunteers of a city in a folder. `tree` is the one that ranking is asked with; of it only synonyms are stored."""

    def __init__(self, root: Path, tree: TagTree = FLAT, words: Mapping[str, int] = WORDS) -> None:
        schema = Schema("volunteers", _with_masks(_OF_VOLUNTEERS, words), words, _WEEK)
        super().__init__(root, schema, lambda volunteer, known: _volunteer(volunteer, known, tree))


def day_number(day: date) -> int:
    """Days since 2000, kept within what a column holds."""
    return min(max((day - FIRST_DAY).days, 0), NEVER_SERVED - 1)


def _volunteer(volunteer: Volunteer, vocabulary: Vocabulary, tree: TagTree) -> Row:
    row, column = cell_of(volunteer.home)
    return {
        "flags": _flags(volunteer),
        "age": NO_AGE if volunteer.age is None else min(max(volunteer.age, 0), NO_AGE - 1),
        "district": vocabulary.learned_district(volunteer.district),
        "recommended": min(max(volunteer.recommended, 0), 255),
        "reliability": reliability_level(volunteer.attended, volunteer.missed),
        "row": row,
        "column": column,
        "radius": NO_LIMIT if volunteer.home is None else radius_steps(volunteer.radius_metres),
        "served": NEVER_SERVED if volunteer.last_served_on is None else day_number(volunteer.last_served_on),
        "week": week_of(volunteer.availability),
        "qualification": vocabulary.learned("qualification", volunteer.qualifications),
        "skill": vocabulary.learned("skill", tree.meant(volunteer.skills)),
        "language": vocabulary.learned("language", tree.meant(volunteer.languages)),
        "interest": vocabulary.learned("interest", tree.meant(volunteer.interests)),
        "training": vocabulary.learned("training", tree.meant(volunteer.training)),
    }


def _flags(volunteer: Volunteer) -> int:
    return (
        LIVE
        | (NEW if volunteer.is_new else 0)
        | (GUARDIAN if volunteer.guardian_consented else 0)
        | (WEEK if volunteer.availability else 0)
        | (SKILLS if volunteer.skills else 0)
        | (LANGUAGES if volunteer.languages else 0)
        | (INTERESTS if volunteer.interests else 0)
    )
