"""What staffing adds to the house: its share of every export and erasure."""

from marketplace.identity.personal_data import PersonalData
from marketplace.staffing import own_data


def register(personal_data: PersonalData) -> None:
    """Put staffing's share into every export and erasure."""
    personal_data.add("staffing", own_data.collect, own_data.erase)
