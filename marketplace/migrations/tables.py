"""All tables of the house in one place, so that Alembic compares the whole; importing this module declares them."""

from sqlalchemy import MetaData

from marketplace.areas import models as areas
from marketplace.catalogue import models as catalogue
from marketplace.db import audit, call_counts
from marketplace.db.base import Base
from marketplace.delivery.deliveries import models as deliveries
from marketplace.delivery.properties import models as properties
from marketplace.delivery.ratings import models as ratings
from marketplace.delivery.scorecards import models as scorecards
from marketplace.delivery.signals import models as signals
from marketplace.discovery import models as discovery
from marketplace.discovery import saved_models as saved_searches
from marketplace.hours import models as hours
from marketplace.identity import models as identity
from marketplace.notices import models as notices
from marketplace.opendata import models as opendata
from marketplace.organisations import models as organisations
from marketplace.outbox import models as outbox
from marketplace.procurement import models as procurement
from marketplace.procurement.awards import models as awards
from marketplace.procurement.bids import models as bids
from marketplace.procurement.contracts import models as contracts
from marketplace.procurement.evaluation import models as evaluation
from marketplace.procurement.lists import models as service_lists
from marketplace.procurement.tenders import models as tenders
from marketplace.recommendations import models as recommendations
from marketplace.staffing import lottery_models as lotteries
from marketplace.staffing import mobilisation_models as mobilisations
from marketplace.staffing import models as staffing
from marketplace.volunteering import models as volunteering

ROOMS = (
    audit,
    call_counts,
    outbox,
    areas,
    catalogue,
    identity,
    organisations,
    volunteering,
    hours,
    procurement,
    service_lists,
    tenders,
    bids,
    evaluation,
    awards,
    contracts,
    properties,
    deliveries,
    ratings,
    scorecards,
    signals,
    discovery,
    saved_searches,
    recommendations,
    staffing,
    lotteries,
    mobilisations,
    notices,
    opendata,
)


def metadata() -> MetaData:
    """The metadata of every table of every room."""
    return Base.metadata
