"""The scan over volunteers as one compiled pass, where numba is installed: a row is left as soon as it cannot be among the best.

Same integers as `scanning.scan`, bit for bit: every point comes from the same tables, and distances are summed and rooted
in single precision by both.
"""

from collections import namedtuple
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from matching.arrays import GUARDIAN, INTERESTS, LANGUAGES, NEW, NO_AGE, SKILLS, WEEK
from matching.cells import UNKNOWN_DISTANCE
from matching.columns import LIVE
from matching.questions import STAGES, Question
from matching.row_index import Rows
from matching.scanning import BARRED, SCORES, Candidates, Columns

FIRST_BLOCK, BLOCK = 1 << 8, 1 << 13
"""Rows looked at together, twice as many each time: what is noted of them stays in the nearest caches."""


_Columns = namedtuple(
    "_Columns",
    "flags age district recommended reliability row column radius served week qualification skill language interest training",
)
_Asked = namedtuple(
    "_Asked",
    "ages qualifications whole_skills half_skills week north east sameness meant near languages rests training",
)
_Points = namedtuple(
    "_Points",
    "skill availability district distance interest language fairness reliability training after_district",
)
_Bits = namedtuple(
    "_Bits", "live guardian no_age skills week interests languages new unknown_distance barred"
)

_BITS = _Bits._make(
    [
        *np.array([LIVE, GUARDIAN, NO_AGE, SKILLS, WEEK, INTERESTS, LANGUAGES, NEW], dtype=np.uint8),
        np.int64(UNKNOWN_DISTANCE),
        BARRED,
    ]
)
"""Handed in, because compiled code in a cache would not notice that a constant of another module has changed."""


_ONLY_CALLED_FROM_COMPILED: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
_part = numba.njit(**_ONLY_CALLED_FROM_COMPILED)
"""For all but `_scan`: compiling without doors to Python takes a third less."""


def scan(columns: Columns, size: int, question: Question, shut: Rows, k: int) -> Candidates:
    """As `scanning.scan`; the first call in a process compiles it, or reads what was compiled before from a cache."""
    asked = _Asked(
        (question.minimum_age, question.adult_from),
        question.qualifications,
        *question.skills,
        question.week,
        question.anchor.north,
        question.anchor.east,
        question.sameness,
        *question.interests,
        question.languages,
        question.rests,
        question.training,
    )
    tables = (getattr(question, f"{stage}_points") for stage in STAGES)
    after_district = int(question.most[STAGES.index("district") + 1 :].sum())
    points = _Points._make([*tables, after_district])
    seen = _Columns(*(_read_only(columns[name]) for name in _Columns._fields))
    counts = np.zeros(SCORES, dtype=np.int64)
    rows, scores = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int16)
    found = _scan(seen, (asked, points, _BITS), shut, k, (rows, scores, counts))
    return Candidates(rows[:found], scores[:found])


def _read_only(column: NDArray[Any]) -> NDArray[Any]:
    """One type for the compiler, whether a column is of a map or of memory."""
    view = np.ascontiguousarray(column).view()
    view.flags.writeable = False
    return view


@_part
def _ones(word):  # type: ignore[no-untyped-def]
    """Bits set in a word; the compiler knows this pattern and uses the machine's own instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (word * np.uint64(0x0101010101010101)) >> np.uint64(56)


@_part
def _barred(flags, age, ages, bits):  # type: ignore[no-untyped-def]
    """No points for who is there and of age, and so few that nothing makes them good for others."""
    minimum, adult_from = ages
    totals = np.empty(flags.size, np.int16)
    for at in range(totals.size):
        is_there = (flags[at] & bits.live != 0) & (age[at] >= minimum) & (age[at] != bits.no_age)
        is_allowed = is_there & ((age[at] >= adult_from) | (flags[at] & bits.guardian != 0))
        totals[at] = 0 if is_allowed else bits.barred
    return totals


@_part
def _bar_unqualified(column, begin, asked, barred, totals):  # type: ignore[no-untyped-def]
    """Bars who has not all that is asked."""
    for word in range(asked.size):
        mask = asked[word]
        if mask != 0:
            part = column[word, begin : begin + totals.size]
            for at in range(totals.size):
                totals[at] = totals[at] if part[at] & mask == mask else barred


@_part
def _halves(skill, begin, end, whole_skills, half_skills):  # type: ignore[no-untyped-def]
    """Twice the skills held plus those held in part."""
    halves = np.zeros(end - begin, np.uint16)
    for one in range(whole_skills.shape[0]):
        whole = _has_any(skill, begin, end, whole_skills[one])
        half = _has_any(skill, begin, end, half_skills[one])
        for at in range(halves.size):
            halves[at] += np.uint16(whole[at]) + np.uint16(whole[at] | half[at])
    return halves


@_part
def _add_at(places, place, points, totals):  # type: ignore[no-untyped-def]
    """Adds points to all rows at one place of a table."""
    for at in range(totals.size):
        totals[at] += points if places[at] == place else np.int16(0)


@_part
def _add_counted(flags, stated, counted, points, totals):  # type: ignore[no-untyped-def]
    """Adds points by what was counted; the last for who states nothing.

    One plain loop for each place in the table: looking up row by row takes longer than forty of them.
    """
    last = np.uint16(points.size - 1)
    for at in range(totals.size):
        counted[at] = counted[at] if flags[at] & stated != 0 else last
    for place in range(points.size):
        _add_at(counted, np.uint16(place), points[place], totals)


@_part
def _add_district(district, sameness, points, totals):  # type: ignore[no-untyped-def]
    """Adds the most points that a way from each district can give: a usual one, and another for few districts."""
    usual = points[sameness[sameness.size - 1]]
    totals += usual
    for one in range(sameness.size):
        if points[sameness[one]] != usual:
            _add_at(district, np.uint8(one), np.int16(points[sameness[one]] - usual), totals)


@_part
def _has_any(column, begin, end, masks):  # type: ignore[no-untyped-def]
    """Whether each row has a bit of these words; one plain loop a word, which the compiler makes wide."""
    found = np.zeros(end - begin, np.bool_)
    for word in range(masks.size):
        mask = masks[word]
        if mask != 0:
            part = column[word, begin:end]
            for at in range(found.size):
                found[at] |= part[at] & mask != 0
    return found


@_part
def _shared(column, begin, end, masks):  # type: ignore[no-untyped-def]
    """How many bits of these words each row has."""
    shared = np.zeros(end - begin, np.uint16)
    for word in range(masks.size):
        mask = masks[word]
        if mask != 0:
            part = column[word, begin:end]
            for at in range(shared.size):
                shared[at] += np.uint16(_ones(part[at] & mask))
    return shared


@_part
def _add_distance(columns, asked, points, bits, rows, totals):  # type: ignore[no-untyped-def]
    """Takes what the distance costs; who has the place beyond their radius is barred."""
    for at in range(rows.size):
        row = rows[at]
        side = np.sqrt(asked.north[columns.row[row]] + asked.east[columns.column[row]])
        steps = min(np.int64(side), bits.unknown_distance)
        is_near = (steps <= columns.radius[row]) | (steps == bits.unknown_distance)
        sameness = asked.sameness[columns.district[row]]
        totals[at] += points.distance[sameness, steps] if is_near else bits.barred


@_part
def _add_others(columns, asked, points, bits, rows, totals):  # type: ignore[no-untyped-def]
    """Adds points for interest, language, fairness, reliability and training."""
    interest = _taken(columns.interest, rows)
    meant, near = _has_any(interest, 0, rows.size, asked.meant), _has_any(interest, 0, rows.size, asked.near)
    practised = _has_any(_taken(columns.training, rows), 0, rows.size, asked.training)
    spoken = _shared(_taken(columns.language, rows), 0, rows.size, asked.languages)
    for at in range(rows.size):
        row = rows[at]
        flags = columns.flags[row]
        closeness = 2 if meant[at] else 1 if near[at] else 0
        times = min(np.int64(columns.recommended[row]), points.fairness.shape[1] - 1)
        is_new = 1 if flags & bits.new != 0 else 0
        totals[at] += points.interest[closeness if flags & bits.interests != 0 else points.interest.size - 1]
        totals[at] += points.language[spoken[at] if flags & bits.languages != 0 else points.language.size - 1]
        totals[at] += points.fairness[is_new, times, asked.rests[columns.served[row]]]
        totals[at] += points.reliability[columns.reliability[row]]
        totals[at] += points.training[1 if practised[at] else 0]


@_part
def _taken(column, rows):  # type: ignore[no-untyped-def]
    """The words of these rows, side by side."""
    taken = np.empty((column.shape[0], rows.size), np.uint64)
    for word in range(column.shape[0]):
        for at in range(rows.size):
            taken[word, at] = column[word, rows[at]]
    return taken


@_part
def _kept(rows, totals, least):  # type: ignore[no-untyped-def]
    """Those with at least so many points."""
    size = 0
    for at in range(rows.size):
        rows[size], totals[size] = rows[at], totals[at]
        size += totals[at] >= least
    return rows[:size], totals[:size]


@_part
def _begun(columns, asked, points, bits, begin, end):  # type: ignore[no-untyped-def]
    """What each row of a block has for skills, time and district; far less than nothing for who is barred."""
    flags = columns.flags[begin:end]
    totals = _barred(flags, columns.age[begin:end], asked.ages, bits)
    _bar_unqualified(columns.qualification, begin, asked.qualifications, bits.barred, totals)
    halves = _halves(columns.skill, begin, end, asked.whole_skills, asked.half_skills)
    _add_counted(flags, bits.skills, halves, points.skill, totals)
    _add_counted(flags, bits.week, _shared(columns.week, begin, end, asked.week), points.availability, totals)
    _add_district(columns.district[begin:end], asked.sameness, points.district, totals)
    return totals


@numba.njit(nogil=True, cache=True)
def _scan(columns, question, shut, k, found):  # type: ignore[no-untyped-def]
    """Block by block: what is cheap for all rows of a block at once, the rest only for who can still reach `least`."""
    asked, points, bits = question
    found_rows, found_scores, counts = found
    size = least = reached = closed = begin = 0
    while begin < found_rows.size:
        end = min(begin + min(max(begin, FIRST_BLOCK), BLOCK), found_rows.size)
        totals = _begun(columns, asked, points, bits, begin, end)
        while closed < shut.size and shut[closed] < end:
            totals[shut[closed] - begin] = bits.barred
            closed += 1
        rows, totals = _kept(np.arange(begin, end), totals, least - points.after_district)
        _add_distance(columns, asked, points, bits, rows, totals)
        rows, totals = _kept(rows, totals, least - points.after_district)
        _add_others(columns, asked, points, bits, rows, totals)
        rows, totals = _kept(rows, totals, least)
        for at in range(rows.size):
            found_rows[size], found_scores[size] = rows[at], totals[at]
            size += 1
            counts[totals[at]] += 1
            reached += totals[at] >= least
            while reached - counts[least] >= k:
                reached -= counts[least]
                least += 1
        begin = end
    return size
