"""The scan over volunteers as one compiled pass, where numba is installed: a row is left as soon as it cannot be among the best.

Same integers as `scanning.scan`, bit for bit: every point comes from the same tables, and distances are summed and rooted
in single precision by both.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from matching.arrays import INTERESTS, LANGUAGES, NEW, SKILLS, WEEK
from matching.cells import UNKNOWN_DISTANCE
from matching.questions import ASKED, DISTANCES, RESTS, Question
from matching.scanning import SCORES, SHUT, Columns, Counts, Scores

BLOCK = 1 << 11
"""Rows looked at together."""

_BASIC = ("flags", "age", "qualification", "skill", "week", "interest", "language")
_WAY = ("row", "column", "radius", "district")
_LAST = ("recommended", "served", "reliability", "training")


def scan(columns: Columns, question: Question, scores: Scores, k: int) -> Counts:
    """As `scanning.scan`; the first call in a process compiles it, or reads what was compiled before from a cache."""
    counts = np.zeros(SCORES, dtype=np.int64)
    has_place = question.anchor.place is not None
    _scan(
        (_read_only(columns, _BASIC), _read_only(columns, _WAY), _read_only(columns, _LAST)),
        (
            (question.bits_by_age, question.qualifications),
            question.skills,
            question.week,
            (question.anchor.north, question.anchor.east, question.sameness, has_place),
            question.interests,
            question.languages,
            (question.rests, question.training),
        ),
        (
            (
                question.skill_points.astype(np.int64),
                question.availability_points,
                question.travel_points,
                question.interest_points,
                question.language_points,
                question.rests_after,
            ),
            (question.fairness_points, question.reliability_points, question.training_points),
        ),
        scores,
        counts,
        k,
    )
    return counts


def _read_only(columns: Columns, names: tuple[str, ...]) -> tuple[NDArray[Any], ...]:
    """One type for the compiler, whether a column is of a map or of memory."""
    views = tuple(np.ascontiguousarray(columns[name]).view() for name in names)
    for view in views:
        view.flags.writeable = False
    return views


@numba.njit
def _ones(word):  # type: ignore[no-untyped-def]
    """Bits set in a word; the compiler knows this pattern and uses the machine's own instruction."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@numba.njit
def _gather(column, words, size, bits):  # type: ignore[no-untyped-def]
    """What each row has of these words, folded together; one plain loop a word, which the compiler makes wide."""
    bits[:size] = 0
    for word in range(words.size):
        mask = words[word]
        if mask != 0:
            part = column[word]
            for at in range(size):
                bits[at] |= part[at] & mask


@numba.njit
def _allow(flags, age, qualification, asked, size, allowed):  # type: ignore[no-untyped-def]
    """Hard rules that need no distance: who is there, of age, and qualified."""
    bits_by_age, qualifications = asked
    for at in range(size):
        wanted = bits_by_age[age[at]]
        allowed[at] = flags[at] & wanted == wanted
    for word in range(qualifications.size):
        mask = qualifications[word]
        if mask != 0:
            part = qualification[word]
            for at in range(size):
                allowed[at] &= part[at] & mask == mask


@numba.njit
def _skills(skill, whole, half, size, halves, bits, others):  # type: ignore[no-untyped-def]
    """Twice the skills held plus those held in part."""
    halves[:size] = 0
    for one in range(whole.shape[0]):
        _gather(skill, whole[one], size, bits)
        if half[one].any():
            _gather(skill, half[one], size, others)
            for at in range(size):
                halves[at] += 2 * (bits[at] != 0) + ((bits[at] == 0) & (others[at] != 0))
        else:
            for at in range(size):
                halves[at] += 2 * (bits[at] != 0)


@numba.njit
def _pick(state, halves, points, size, least, rows, totals):  # type: ignore[no-untyped-def]
    """Who is allowed and can still reach `least`; without a branch, because nobody could foretell it."""
    flags, scores, allowed = state
    enough = points >= least
    last = points.size - 1
    picked = 0
    for at in range(size):
        index = halves[at] if flags[at] & SKILLS else last
        rows[picked] = at
        totals[picked] = points[index]
        picked += allowed[at] & enough[index] & (scores[at] != SHUT)
    return picked


@numba.njit
def _keep(rows, totals, size, least):  # type: ignore[no-untyped-def]
    """Those who can still reach `least`."""
    kept = 0
    for at in range(size):
        rows[kept] = rows[at]
        totals[kept] = totals[at]
        kept += totals[at] >= least
    return kept


@numba.njit
def _add_shared(flags, stated, asked, points, rows, totals, size):  # type: ignore[no-untyped-def]
    """Adds points by how many bits of these words a row has; the last for who states nothing."""
    column, words = asked
    for at in range(size):
        row = rows[at]
        index = 0
        for word in range(words.size):
            if words[word] != 0:
                index += _ones(column[word, row] & words[word])
        totals[at] += points[index if flags[row] & stated else points.size - 1]


@numba.njit
def _add_travel(way, asked, points, rows, totals, size):  # type: ignore[no-untyped-def]
    """Adds points for the way; who has the place beyond their radius is dropped."""
    cell_row, cell_column, radius, district = way
    north, east, sameness, has_place = asked
    kept = 0
    for at in range(size):
        row = rows[at]
        steps = np.int64(UNKNOWN_DISTANCE)
        if has_place:
            side = np.sqrt(north[cell_row[row]] + east[cell_column[row]])
            steps = min(np.int64(side), steps)
        rows[kept] = row
        totals[kept] = totals[at] + points[sameness[district[row]] * DISTANCES + steps]
        kept += (steps <= radius[row]) | (steps == UNKNOWN_DISTANCE)
    return kept


@numba.njit
def _add_interest(flags, interest, asked, points, rows, totals, size):  # type: ignore[no-untyped-def]
    """Adds points for an interest that means a subject, or one that touches it."""
    meant, near = asked
    for at in range(size):
        row = rows[at]
        is_meant, is_near = np.uint64(0), np.uint64(0)
        for word in range(meant.size):
            if meant[word] | near[word] != 0:
                is_meant |= interest[word, row] & meant[word]
                is_near |= interest[word, row] & near[word]
        closeness = 2 if is_meant != 0 else 1 if is_near != 0 else 0
        totals[at] += points[closeness if flags[row] & INTERESTS else points.size - 1]


@numba.njit
def _add_rest(last, asked, points, rows, totals, size):  # type: ignore[no-untyped-def]
    """Adds points for fairness, reliability and training."""
    flags, recommended, served, reliability, training = last
    rests, practised = asked
    fairness_points, reliability_points, training_points = points
    for at in range(size):
        row = rows[at]
        times = min(np.int64(recommended[row]), np.int64(ASKED - 1))
        times += ASKED if flags[row] & NEW else 0
        is_practice = np.uint64(0)
        for word in range(practised.size):
            if practised[word] != 0:
                is_practice |= training[word, row] & practised[word]
        totals[at] += fairness_points[times * RESTS + rests[served[row]]]
        totals[at] += reliability_points[reliability[row]] + training_points[1 if is_practice != 0 else 0]


@numba.njit
def _note(rows, totals, size, scores, counts, least, k):  # type: ignore[no-untyped-def]
    """Writes the scores, and answers the new score to reach: it rises as long as k others are better."""
    for at in range(size):
        scores[rows[at]] = totals[at]
        counts[totals[at]] += 1
    reached = counts[least:].sum()
    while reached - counts[least] >= k:
        reached -= counts[least]
        least += 1
    return least


@numba.njit(nogil=True, cache=True)
def _scan(columns, asked, points, scores, counts, k):  # type: ignore[no-untyped-def]
    """Block by block, so that what is worked on stays in the nearest cache; in the order of STAGES."""
    basic, way, last = columns
    flags, age, qualification, skill, week, interest, language = basic
    skill_points, week_points, travel_points, interest_points, language_points, rests_after = points[0]
    halves, allowed = np.empty(BLOCK, np.uint8), np.empty(BLOCK, np.bool_)
    bits, others = np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.uint64)
    rows, totals = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    least = 0
    for begin in range(0, scores.size, BLOCK):
        end = min(begin + BLOCK, scores.size)
        size, state = end - begin, flags[begin:end]
        _allow(state, age[begin:end], qualification[:, begin:end], asked[0], size, allowed)
        _skills(skill[:, begin:end], asked[1][0], asked[1][1], size, halves, bits, others)
        seen = (state, scores[begin:end], allowed)
        size = _pick(seen, halves, skill_points, size, least - rests_after[0], rows, totals)
        _add_shared(state, WEEK, (week[:, begin:end], asked[2]), week_points, rows, totals, size)
        size = _keep(rows, totals, size, least - rests_after[1])
        here = (way[0][begin:end], way[1][begin:end], way[2][begin:end], way[3][begin:end])
        size = _add_travel(here, asked[3], travel_points, rows, totals, size)
        size = _keep(rows, totals, size, least - rests_after[2])
        _add_interest(state, interest[:, begin:end], asked[4], interest_points, rows, totals, size)
        spoken = (language[:, begin:end], asked[5])
        _add_shared(state, LANGUAGES, spoken, language_points, rows, totals, size)
        rest = (state, last[0][begin:end], last[1][begin:end], last[2][begin:end], last[3][:, begin:end])
        _add_rest(rest, asked[6], points[1], rows, totals, size)
        least = _note(rows, totals, size, scores[begin:end], counts, least, k)
