"""The letter that asks whether an address is theirs: sent to an address that nobody has confirmed, so it is no notice."""

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import structlog

from marketplace.db.session import Database
from marketplace.identity import emails
from marketplace.identity.emails import DueLink
from marketplace.kernel.clock import Clock
from marketplace.kernel.ids import new_id
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.locale import LANGUAGE_TAGS
from marketplace.kernel.vault import Vault
from marketplace.notices import links
from marketplace.notices.channels import SendingFailed, SendingIsHopeless
from marketplace.notices.email import Carrier

_AT_ONCE = 20
_log = structlog.get_logger(__name__)


class Confirming:
    """Sends the links that are due. ``site_url`` is the house's public address, ``sender`` what mail programs show."""

    def __init__(self, carrier: Carrier, sender: str, vault: Vault, site_url: str, clock: Clock) -> None:
        self._carrier = carrier
        self._sender = sender
        self._vault = vault
        self._site_url = site_url
        self._clock = clock

    async def send_due(self, database: Database) -> None:
        """Repeated errand. What fails is tried again later; what is hopeless is left until the address is given again."""
        async with database.unit_of_work() as session:
            due = await emails.claim_due_links(session, self._vault, _AT_ONCE)
        for link in due:
            if await self._send(link):
                async with database.unit_of_work() as session:
                    await emails.note_link_done(session, link)

    async def _send(self, link: DueLink) -> bool:
        try:
            await self._carrier.carry(self._letter(link))
        except SendingIsHopeless as failure:
            _log.warning("confirming.hopeless", person_id=str(link.person_id), said=str(failure))
        except SendingFailed as failure:
            _log.warning("confirming.failed", person_id=str(link.person_id), said=str(failure))
            return False
        return True

    def _letter(self, link: DueLink) -> EmailMessage:
        host = parseaddr(self._sender)[1].rpartition("@")[2] or "localhost"
        letter = EmailMessage()
        letter["From"] = self._sender
        letter["To"] = link.email
        letter["Subject"] = sentence(link.locale, "mail.confirm.title", {})
        letter["Date"] = format_datetime(self._clock.now())
        letter["Message-ID"] = f"<{new_id()}@{host}>"
        letter["Auto-Submitted"] = "auto-generated"
        said = sentence(link.locale, "mail.confirm.text", {})
        letter.set_content(f"{said}\n\n{self._site_url}{links.confirm_email(link.token)}\n", cte="base64")
        letter["Content-Language"] = LANGUAGE_TAGS[link.locale]
        return letter
