"""Coarse places: a home is known to about 600 metres, and distances are counted from there in steps of 100 metres.

Two reasons: nobody who reads the arrays learns where somebody lives, and a coordinate is two bytes.
The distance is equirectangular around the place of the work: within a city it differs from the great circle by less than a step.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.index import Point

CELLS_AROUND = 65_536
"""Cells around the earth: one is 0.0055 degrees, 611 metres from north to south."""

NO_CELL = 65_535
"""The row of a home that is not known. No latitude has it: rows run from 0 to 32,768."""

STEP_METRES = 100
UNKNOWN_DISTANCE = 4_096
FARTHEST = UNKNOWN_DISTANCE - 1
NO_LIMIT = 65_535

_DEGREES = 360 / CELLS_AROUND
_STEPS_A_DEGREE = 111_194.93 / STEP_METRES
_LONGEST_SIDE = (FARTHEST * 0.7) ** 2
"""A side's square is cut here, so that two together stay below FARTHEST."""

_SQUARED_UNKNOWN = np.float32(UNKNOWN_DISTANCE**2)

Squares = NDArray[np.float32]
Distances = NDArray[np.uint16]


def cell_of(point: Point | None) -> tuple[int, int]:
    """Row and column of the cell whose centre is nearest to a point; (NO_CELL, 0) for none."""
    if point is None:
        return NO_CELL, 0
    row = math.floor((point.latitude + 90) / _DEGREES + 0.5)
    return row, math.floor((point.longitude + 180) / _DEGREES + 0.5) % CELLS_AROUND


def radius_steps(metres: int | None) -> int:
    """A travel radius in whole steps, rounded up in the person's favour; NO_LIMIT for none."""
    return NO_LIMIT if metres is None else min(-(-metres // STEP_METRES), NO_LIMIT - 1)


@dataclass(frozen=True)
class Anchor:
    """A place from which homes are measured; None measures every home as UNKNOWN_DISTANCE."""

    place: Point | None

    @cached_property
    def north(self) -> Squares:
        """For each row: the square of the steps from the place's latitude."""
        if self.place is None:
            return np.full(CELLS_AROUND, _SQUARED_UNKNOWN)
        squares = _squares((np.arange(CELLS_AROUND) * _DEGREES - 90 - self.place.latitude) * _STEPS_A_DEGREE)
        squares[NO_CELL] = _SQUARED_UNKNOWN
        return squares

    @cached_property
    def east(self) -> Squares:
        """For each column: the square of the steps from the place's longitude."""
        if self.place is None:
            return np.zeros(CELLS_AROUND, dtype=np.float32)
        degrees = (np.arange(CELLS_AROUND) * _DEGREES - 180 - self.place.longitude + 540) % 360 - 180
        return _squares(degrees * _steps_eastward(self.place.latitude))

    def distance(self, home: tuple[int, int]) -> int:
        """Whole steps from a home's cell to the place, or UNKNOWN_DISTANCE."""
        if self.place is None or home[0] == NO_CELL:
            return UNKNOWN_DISTANCE
        north = (home[0] * _DEGREES - 90 - self.place.latitude) * _STEPS_A_DEGREE
        degrees = (home[1] * _DEGREES - 180 - self.place.longitude + 540) % 360 - 180
        east = degrees * _steps_eastward(self.place.latitude)
        return int(_single(math.sqrt(_single(_square(north) + _square(east)))))


def _square(side: float) -> float:
    return _single(min(side * side, _LONGEST_SIDE))


def _single(number: float) -> float:
    """Rounded to single precision. Sums and roots rounded twice are those rounded once: 53 bits are more than 2 × 24 + 2."""
    return float(np.float32(number))


def _steps_eastward(latitude: float) -> float:
    """How many steps a degree of longitude is at a latitude."""
    return _STEPS_A_DEGREE * math.cos(math.radians(latitude))


def _squares(sides: NDArray[np.floating[Any]]) -> Squares:
    return np.minimum(sides * sides, _LONGEST_SIDE).astype(np.float32)


def distances(north: Squares, east: Squares) -> Distances:
    """Whole steps from squared sides. In single precision throughout, so that every path gets the same number."""
    steps: Distances = np.minimum(np.sqrt(north + east).astype(np.uint16), np.uint16(UNKNOWN_DISTANCE))
    return steps
