"""Letters that ask whether an address is theirs: sent once, tried again when the server is away, and their link works."""

import re
from datetime import timedelta
from email.message import EmailMessage

from sqlalchemy import select

from marketplace.bootstrap import House
from marketplace.identity import emails
from marketplace.identity.drafts import EmailDraft
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.notices.channels import SendingFailed, SendingIsHopeless
from marketplace.notices.confirming import Confirming
from tests.identity import scene


class Letterbox:
    """Takes letters, or fails with ``error``."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.tries = 0
        self.error: SendingFailed | None = None

    async def carry(self, letter: EmailMessage) -> None:
        self.tries += 1
        if self.error is not None:
            raise self.error
        self.letters.append(letter)


def postman(house: House, box: Letterbox) -> Confirming:
    return Confirming(box, "Wushe <noreply@example.org>", house.vault, "https://wushe.example", house.clock)


async def give(house: House, viewer: Viewer, email: str | None) -> None:
    async with house.database.unit_of_work() as session:
        await emails.give(session, viewer, EmailDraft(email=email))


async def test_the_link_in_the_letter_confirms_the_address(house: House) -> None:
    viewer, box = await scene.person(house, locale="en"), Letterbox()
    await give(house, viewer, "wang@example.org")
    for _ in range(2):
        await postman(house, box).send_due(house.database)
    (letter,) = box.letters
    assert (letter["To"], letter["Subject"]) == ("wang@example.org", "Please confirm your e-mail address")
    token = re.search(r"https://wushe\.example/confirm-email/(\S+)", letter.get_content())
    assert token
    async with house.database.unit_of_work() as session:
        await emails.confirm(session, house.vault, token[1])
        assert await session.scalar(select(Person.email_confirmed_at)) == house.clock.now()


async def test_the_letter_is_in_the_language_of_its_reader(house: House) -> None:
    viewer, box = await scene.person(house, locale="zh_Hans"), Letterbox()
    await give(house, viewer, "wang@example.org")
    await postman(house, box).send_due(house.database)
    assert box.letters[0]["Subject"] == "请确认您的邮箱"


async def test_a_server_that_is_away_is_tried_again_later(house: House, clock: FixedClock) -> None:
    viewer, box = await scene.person(house), Letterbox()
    await give(house, viewer, "wang@example.org")
    box.error = SendingFailed("away")
    for _ in range(2):
        await postman(house, box).send_due(house.database)
    assert box.tries == 1
    box.error = None
    clock.advance(timedelta(minutes=15))
    await postman(house, box).send_due(house.database)
    assert len(box.letters) == 1


async def test_what_is_hopeless_waits_until_the_address_is_given_again(
    house: House, clock: FixedClock
) -> None:
    viewer, box = await scene.person(house), Letterbox()
    await give(house, viewer, "wang@example.org")
    box.error = SendingIsHopeless("no such box")
    await postman(house, box).send_due(house.database)
    box.error = None
    clock.advance(timedelta(hours=1))
    await postman(house, box).send_due(house.database)
    assert box.letters == []
    await give(house, viewer, "wang@example.org")
    await postman(house, box).send_due(house.database)
    assert len(box.letters) == 1


async def test_an_address_that_was_taken_back_gets_no_letter(house: House) -> None:
    viewer, box = await scene.person(house), Letterbox()
    await give(house, viewer, "wang@example.org")
    await give(house, viewer, None)
    await postman(house, box).send_due(house.database)
    assert box.letters == []


async def test_a_link_shows_neither_address_nor_token_when_printed(house: House) -> None:
    viewer = await scene.person(house)
    await give(house, viewer, "wang@example.org")
    async with house.database.unit_of_work() as session:
        (link,) = await emails.claim_due_links(session, house.vault, 5)
    assert "wang" not in repr(link) and link.token not in repr(link)
