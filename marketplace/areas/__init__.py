"""The divisions of the city: municipality > district > subdistrict or town > residential community, by official 12-digit code."""
