"""All tables of the house in one place, so that Alembic compares the whole; importing this module declares them."""

from sqlalchemy import MetaData

from marketplace.areas import models as areas
from marketplace.catalogue import models as catalogue
from marketplace.db import audit
from marketplace.db.base import Base
from marketplace.discovery import models as discovery
from marketplace.hours import models as hours
from marketplace.identity import models as identity
from marketplace.notices import models as notices
from marketplace.organisations import models as organisations
from marketplace.outbox import models as outbox
from marketplace.volunteering import models as volunteering

ROOMS = (audit, outbox, areas, catalogue, identity, organisations, volunteering, hours, discovery, notices)


def metadata() -> MetaData:
    """The metadata of every table of every room."""
    return Base.metadata
