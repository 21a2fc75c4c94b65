"""The composition root: from settings to an open house. Only here do the slices meet what they are made of."""

from dataclasses import dataclass

from marketplace.db.session import Database
from marketplace.delivery.deliveries import handlers as delivery_handlers
from marketplace.delivery.properties import handlers as property_handlers
from marketplace.delivery.ratings import handlers as rating_handlers
from marketplace.delivery.scorecards import handlers as scorecard_handlers
from marketplace.delivery.signals import handlers as signal_handlers
from marketplace.discovery import handlers as discovery_handlers
from marketplace.discovery import saved_handlers as saved_search_handlers
from marketplace.discovery.readings import city_readings
from marketplace.discovery.saved_watch import Watch
from marketplace.discovery.upkeep import Upkeep
from marketplace.hours import handlers as hours_handlers
from marketplace.identity import handlers as identity_handlers
from marketplace.identity.gateway import CodeGateway, ConsoleGateway, WebhookGateway
from marketplace.identity.personal_data import PersonalData
from marketplace.kernel.clock import Clock, SystemClock
from marketplace.kernel.files import FileStore, Folder
from marketplace.kernel.vault import Vault
from marketplace.notices import handlers as notices_handlers
from marketplace.notices.confirming import Confirming
from marketplace.notices.email import Email, carrier_of
from marketplace.notices.sending import Sending
from marketplace.opendata import handlers as opendata_handlers
from marketplace.opendata.publishing import Publisher
from marketplace.outbox import handlers as outbox_handlers
from marketplace.outbox.registry import Registry
from marketplace.procurement import own_data as procurement_data
from marketplace.procurement.awards import handlers as award_handlers
from marketplace.procurement.bids import handlers as bid_handlers
from marketplace.procurement.contracts import handlers as contract_handlers
from marketplace.procurement.evaluation import handlers as evaluation_handlers
from marketplace.recommendations import handlers as recommendations_handlers
from marketplace.recommendations.keeping import VolunteerStore
from marketplace.settings import Settings
from marketplace.staffing import handlers as staffing_handlers
from marketplace.staffing import lottery_handlers, mobilisation_handlers
from marketplace.volunteering import handlers as volunteering_handlers
from matching.embedded import EmbeddedIndex
from matching.index import SearchIndex
from matching.meilisearch import MeilisearchIndex
from matching.meilisearch_server import Address, Server


@dataclass(frozen=True, slots=True)
class House:
    """Everything a way in (page, GraphQL, command, worker) needs. One a process and event loop; close it when done."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    files: FileStore
    rating_photos: FileStore
    registry: Registry
    codes: CodeGateway
    personal_data: PersonalData
    search: SearchIndex
    upkeep: Upkeep
    volunteers: VolunteerStore

    async def close(self) -> None:
        await self.upkeep.close()
        await self.volunteers.close()
        await self.database.close()


def open_house(settings: Settings, *, clock: Clock | None = None) -> House:
    """Put the house together. Opens no connection yet: the first use does."""
    clock = clock or SystemClock()
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database_url, clock=clock, pool_size=settings.database_pool)
    search = _search_engine(settings)
    upkeep = Upkeep(database, search)
    volunteers = VolunteerStore(database, settings.data_folder / "recommendations")
    registry, personal_data = Registry(), PersonalData()
    vault = Vault(settings.secret_bytes())
    outbox_handlers.register(registry)
    identity_handlers.register(registry, personal_data, vault)
    volunteering_handlers.register(registry, personal_data)
    hours_handlers.register(registry, personal_data)
    personal_data.add("procurement", procurement_data.collect, procurement_data.erase)
    contract_handlers.register(personal_data)
    property_handlers.register(personal_data, vault)
    bid_handlers.register(registry)
    evaluation_handlers.register(registry, vault)
    delivery_handlers.register(registry, personal_data)
    # Apart from other files, for its bytes go when their author asks to be forgotten.
    rating_photos = Folder(settings.data_folder / "rating_photos")
    rating_handlers.register(registry, personal_data, vault, rating_photos)
    scorecard_handlers.register(registry)
    signal_handlers.register(registry, personal_data)
    discovery_handlers.register(registry, search, upkeep)
    saved_search_handlers.register(registry, personal_data, search, Watch(city_readings()))
    recommendations_handlers.register(registry, personal_data, volunteers)
    staffing_handlers.register(personal_data)
    lottery_handlers.register(registry, personal_data, vault)
    mobilisation_handlers.register(registry, personal_data, volunteers)
    award_handlers.register(registry)
    # The way out for letters: a mail server or, where none is named, a folder.
    carrier = carrier_of(settings.mail_url, settings.data_folder / "mail")
    sending = Sending([Email(carrier, settings.mail_from, clock)], vault, settings.site_url)
    confirming = Confirming(carrier, settings.mail_from, vault, settings.site_url, clock)
    notices_handlers.register(registry, personal_data, sending, confirming)
    files = Folder(settings.data_folder / "files")
    opendata_handlers.register(
        registry,
        Publisher(settings.ocds_prefix, settings.site_url, settings.ocds_publisher, settings.ocds_license),
        files,
    )
    return House(
        settings=settings,
        clock=clock,
        database=database,
        vault=vault,
        files=files,
        rating_photos=rating_photos,
        registry=registry,
        codes=_code_gateway(settings),
        personal_data=personal_data,
        search=search,
        upkeep=upkeep,
        volunteers=volunteers,
    )


def _search_engine(settings: Settings) -> SearchIndex:
    if not settings.search_url:
        return EmbeddedIndex(settings.data_folder / "search", city_readings())
    keys = (settings.search_key.get_secret_value(), settings.search_write_key.get_secret_value())
    return MeilisearchIndex(
        Server(Address(settings.search_url, *keys)), settings.search_name, city_readings()
    )


def _code_gateway(settings: Settings) -> CodeGateway:
    if settings.code_gateway_url:
        return WebhookGateway(settings.code_gateway_url, settings.code_gateway_token.get_secret_value())
    # Settings let only a demo run without an address.
    return ConsoleGateway()
