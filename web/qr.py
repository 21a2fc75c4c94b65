"""QR codes as inline SVG: drawn here, so that no picture of a code is ever fetched, kept or cached."""

import segno
from markupsafe import Markup


def qr(text: str) -> Markup:
    """A QR code of ``text``, as large as its place on the page, black on white in every colour scheme."""
    drawn = segno.make(text, error="m", micro=False)
    # Our own markup: segno writes nothing of ``text`` into it but dark and light squares.
    return Markup(drawn.svg_inline(border=4, omitsize=True, dark="#000", light="#fff", svgclass="qr"))  # noqa: S704
