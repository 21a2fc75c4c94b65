"""What service lists add to the house: their share of every export and erasure."""

from marketplace.identity.personal_data import PersonalData
from marketplace.procurement.lists import own_data


def register(personal_data: PersonalData) -> None:
    """Put what people said in consultations into every export."""
    personal_data.add("list_comments", own_data.collect, own_data.erase)
