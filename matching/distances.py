"""Distances on a round earth."""

from typing import Final

import numpy
from numpy.typing import NDArray

from matching.index import Point

EARTH_RADIUS_METRES: Final = 6_371_009.0


def great_circle(
    here: Point, latitudes: NDArray[numpy.float64] | float, longitudes: NDArray[numpy.float64] | float
) -> NDArray[numpy.float64]:
    """Metres from one place to many, in degrees, along great circles (haversine), which stay exact for near points."""
    here_latitude, here_longitude = numpy.radians(here.latitude), numpy.radians(here.longitude)
    there_latitude, there_longitude = numpy.radians(latitudes), numpy.radians(longitudes)
    half_chord = (
        numpy.sin((there_latitude - here_latitude) / 2) ** 2
        + numpy.cos(here_latitude)
        * numpy.cos(there_latitude)
        * numpy.sin((there_longitude - here_longitude) / 2) ** 2
    )
    metres: NDArray[numpy.float64] = 2 * EARTH_RADIUS_METRES * numpy.arcsin(numpy.sqrt(half_chord.clip(0, 1)))
    return metres
