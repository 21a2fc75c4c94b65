"""What can go wrong when scorecards are looked up."""

from marketplace.kernel.errors import Invalid


class TooManyToCompare(Invalid):
    """More providers were asked to stand side by side than a reader can take in."""
