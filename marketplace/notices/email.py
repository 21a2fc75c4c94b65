"""E-mail: a notice as plain text and simple HTML, handed to a mail server, or in the demo to a folder."""

import asyncio
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from marketplace.kernel.clock import Clock
from marketplace.kernel.local_forms import sentence
from marketplace.kernel.locale import LANGUAGE_TAGS
from marketplace.notices.channels import Message, SendingFailed, SendingIsHopeless
from marketplace.notices.kinds import ChannelName

_TEMPLATES = Path(__file__).parent / "templates"
_SECONDS = 20
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Carrier(Protocol):
    """Takes a finished letter away."""

    async def carry(self, letter: EmailMessage) -> None: ...


class Email:
    """The channel. ``sender`` is what mail programs show, such as ``Wushe <noreply@example.org>``."""

    name = ChannelName.EMAIL

    def __init__(self, carrier: Carrier, sender: str, clock: Clock) -> None:
        self._carrier = carrier
        self._sender = sender
        self._clock = clock

    async def send(self, message: Message) -> None:
        await self._carrier.carry(self._letter(message))

    def _letter(self, message: Message) -> EmailMessage:
        host = parseaddr(self._sender)[1].rpartition("@")[2] or "localhost"
        letter = EmailMessage()
        letter["From"] = self._sender
        letter["To"] = message.address
        letter["Subject"] = " ".join(message.words.title.split())
        letter["Date"] = format_datetime(self._clock.now())
        # The same for every attempt, so that a letter sent twice by accident is shown once.
        letter["Message-ID"] = f"<{message.delivery_id}@{host}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter["List-Id"] = f"<{message.kind.value.replace('_', '-')}.notices.{host}>"
        letter["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        letter.set_content(_body("mail.txt", message), cte="base64")
        letter.add_alternative(_body("mail.html", message), subtype="html", cte="base64")
        letter["Content-Language"] = LANGUAGE_TAGS[message.locale]
        return letter


class MailFolder:
    """Letters as files that any mail program opens: what the demo does instead of sending."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def carry(self, letter: EmailMessage) -> None:
        name = letter["Message-ID"].strip("<>").partition("@")[0]
        await asyncio.to_thread(self._write, f"{name}.eml", letter.as_bytes())

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{name}.part"
        partial.write_bytes(content)
        partial.replace(self._folder / name)


class MailServer:
    """An SMTP server by address: ``smtp://user:password@host:port`` or ``smtps://…``.

    A name and password go over an encrypted connection only, except to this very machine.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._is_smtps = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._is_smtps else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = tls

    async def carry(self, letter: EmailMessage) -> None:
        try:
            await aiosmtplib.send(
                letter,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._is_smtps,
                start_tls=self._start_tls(),
                tls_context=self._tls,
                timeout=_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error) from None
        except aiosmtplib.SMTPResponseException as error:
            raise SendingFailed(f"{type(error).__name__} {error.code}") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise SendingFailed(type(error).__name__) from None

    def _start_tls(self) -> bool | None:
        """None takes what the server offers; a password insists."""
        if self._is_smtps:
            return False
        return True if self._user and self._host not in _LOOPBACK else None


def carrier_of(mail_url: str, folder: Path) -> Carrier:
    """The mail server that the setting names, or the folder when it names none."""
    return MailServer(mail_url) if mail_url else MailFolder(folder)


def _refused(error: aiosmtplib.SMTPRecipientsRefused) -> SendingFailed:
    """A letter has one recipient; 5xx is for ever."""
    code = max(recipient.code for recipient in error.recipients)
    return (SendingIsHopeless if code >= 500 else SendingFailed)(f"the recipient is refused: {code}")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _body(template: str, message: Message) -> str:
    def word(key: str) -> str:
        return sentence(message.locale, key, {})

    page = _environment().get_template(template)
    return page.render(message=message, word=word, language_tag=LANGUAGE_TAGS[message.locale]) + "\n"
