"""What contracts add to the house: their share of every export and erasure."""

from marketplace.identity.personal_data import PersonalData
from marketplace.procurement.contracts import own_data


def register(personal_data: PersonalData) -> None:
    """Put the opinions that people gave into every export and erasure."""
    personal_data.add("contracts", own_data.collect, own_data.erase)
