"""What is due is sent once, outside of transactions; failures are tried again and in the end given up where all can see it."""

import asyncio
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from marketplace.bootstrap import House, open_house
from marketplace.identity.models import Person
from marketplace.identity.viewer import Viewer
from marketplace.kernel.clock import FixedClock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.vault import Vault
from marketplace.notices import inbox, queries, unsubscribing
from marketplace.notices.channels import Message, SendingFailed, SendingIsHopeless
from marketplace.notices.email import MailServer
from marketplace.notices.kinds import ChannelName, Kind
from marketplace.notices.sending import MOST_ATTEMPTS
from marketplace.notices.telling import News, tell
from marketplace.notices.unsubscribing import Subscription
from marketplace.outbox import schedule
from marketplace.settings import Settings
from tests.notices import scene
from tests.notices.scene import Post
from tests.notices.smtp_server import mail_server

NEWS = News(
    Kind.SHIFT_CANCELLED, "test:1", {"need": "<b>陪诊</b>", "shift": "周二", "place": "江苏路"}, "/my/shifts"
)


async def _told(house: House, **facts: object) -> Viewer:
    reader = await scene.reader(house, **facts)
    async with house.database.unit_of_work() as session:
        await tell(session, [reader.signed_in()], NEWS)
    return reader


def _read(content: bytes) -> EmailMessage:
    letter = message_from_bytes(content, policy=policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


async def test_each_delivery_is_sent_once(house: House) -> None:
    await _told(house)
    post = Post()
    for _ in range(3):
        await scene.send_due(house, post)
    (delivery,) = await scene.deliveries(house)
    assert scene.addresses(post) == ["lin@example.org"]
    assert (delivery.attempts, delivery.sent_at) == (1, house.clock.now())


async def test_rival_workers_send_a_letter_once(house: House) -> None:
    for number in range(30):
        await _told(house, name=f"志愿者{number}", email=f"v{number}@example.org")
    posts = [Post(), Post(), Post()]
    await asyncio.gather(*(scene.send_due(house, post) for post in posts))
    for post in posts:
        await scene.send_due(house, post)
    sent = [address for post in posts for address in scene.addresses(post)]
    assert sorted(sent) == sorted(f"v{number}@example.org" for number in range(30))


async def test_nothing_is_sent_to_an_address_that_nobody_confirmed(house: House) -> None:
    await _told(house, email_confirmed_at=None)
    assert await scene.deliveries(house) == []


async def test_an_address_that_is_taken_back_meanwhile_gets_nothing(house: House) -> None:
    reader = await _told(house)
    async with house.database.unit_of_work() as session:
        await session.execute(
            update(Person).where(Person.id == reader.person_id).values(email=None, email_confirmed_at=None)
        )
    post = Post()
    await scene.send_due(house, post)
    (delivery,) = await scene.deliveries(house)
    assert (post.sent, delivery.last_error) == ([], "no address")
    assert delivery.given_up_at is not None


async def test_a_failure_is_tried_again_ever_later_and_given_up_in_the_end(
    house: House, clock: FixedClock
) -> None:
    await _told(house)
    post = Post(SendingFailed("the server is away"))
    waits = []
    for _ in range(MOST_ATTEMPTS):
        await scene.send_due(house, post)
        (delivery,) = await scene.deliveries(house)
        waits.append(delivery.due_at - clock.now())
        clock.set(delivery.due_at)
    assert waits[:5] == [timedelta(minutes=minutes) for minutes in (2, 4, 8, 16, 32)]
    assert (delivery.attempts, delivery.last_error) == (MOST_ATTEMPTS, "the server is away")
    assert delivery.given_up_at is not None
    post.failure = None
    clock.advance(timedelta(days=1))
    await scene.send_due(house, post)
    assert post.sent == []


async def test_a_second_try_that_works_clears_the_failure(house: House, clock: FixedClock) -> None:
    await _told(house)
    post = Post(SendingFailed("the server is away"))
    await scene.send_due(house, post)
    post.failure = None
    await scene.send_due(house, post)
    assert post.sent == []  # it is not its time yet
    clock.advance(timedelta(minutes=2))
    await scene.send_due(house, post)
    (delivery,) = await scene.deliveries(house)
    assert (len(post.sent), delivery.attempts, delivery.last_error) == (1, 2, None)


async def test_what_is_hopeless_is_given_up_at_once_and_its_reader_can_see_it(house: House) -> None:
    reader = await _told(house)
    await scene.send_due(house, Post(SendingIsHopeless("no such mailbox")))
    (delivery,) = await scene.deliveries(house)
    async with house.database.reading() as session:
        assert (await queries.wishes(session, reader)).undelivered_at == house.clock.now()
    async with house.database.unit_of_work() as session:
        await tell(session, [reader.signed_in()], News(NEWS.kind, "test:2", NEWS.facts))
    await scene.send_due(house, Post())
    async with house.database.reading() as session:
        assert (await queries.wishes(session, reader)).undelivered_at is None
    assert (delivery.attempts, delivery.last_error) == (1, "no such mailbox")
    assert delivery.given_up_at is not None


async def test_a_worker_that_dies_while_sending_is_followed_by_another(
    house: House, clock: FixedClock
) -> None:
    class Dying(Post):
        async def send(self, message: Message) -> None:
            raise asyncio.CancelledError

    await _told(house)
    with pytest.raises(asyncio.CancelledError):
        await scene.send_due(house, Dying())
    post = Post()
    await scene.send_due(house, post)
    assert post.sent == []  # the claim still holds
    clock.advance(timedelta(minutes=10))
    await scene.send_due(house, post)
    assert len(post.sent) == 1


async def test_a_fault_of_ours_stops_no_other_letter(house: House) -> None:
    class Faulty(Post):
        async def send(self, message: Message) -> None:
            if message.address == "v0@example.org":
                raise KeyError("a secret")
            await super().send(message)

    for number in range(2):
        await _told(house, name=f"志愿者{number}", email=f"v{number}@example.org")
    post = Faulty()
    await scene.send_due(house, post)
    assert scene.addresses(post) == ["v1@example.org"]
    assert sorted(str(delivery.last_error) for delivery in await scene.deliveries(house)) == [
        "KeyError",
        "None",
    ]


async def test_the_demo_writes_letters_into_its_folder(house: House) -> None:
    await _told(house)
    await schedule.run_due(house.database, house.registry)
    (path,) = (house.settings.data_folder / "mail").glob("*.eml")
    letter = _read(path.read_bytes())
    assert letter["To"] == "lin@example.org"
    assert letter["Subject"] == "Cancelled: <b>陪诊</b>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = letter["List-Unsubscribe"].strip("<>")
    assert address.startswith("http://testserver/unsubscribe/")
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None and html is not None
    for body in (plain.get_content(), html.get_content()):
        assert address in body
        assert "http://testserver/my/shifts" in body
    assert "&lt;b&gt;陪诊&lt;/b&gt;" in html.get_content()
    assert "<b>" not in html.get_content()


async def test_a_reader_of_chinese_gets_chinese(house: House) -> None:
    await _told(house, locale="zh_Hans")
    await schedule.run_due(house.database, house.registry)
    (path,) = (house.settings.data_folder / "mail").glob("*.eml")
    letter = _read(path.read_bytes())
    assert letter["Content-Language"] == "zh-Hans"
    assert letter["Subject"].startswith("已取消：")


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_letters_go_to_the_mail_server_of_the_setting(settings: Settings, clock: FixedClock) -> None:
    async with mail_server() as server:
        given = settings.model_copy(update={"mail_url": f"smtp://127.0.0.1:{server.port}"})
        house = open_house(given, clock=clock)
        await _told(house)
        await schedule.run_due(house.database, house.registry)
        (delivery,) = await scene.deliveries(house)
        await house.close()
    (letter,) = server.letters
    assert _read(letter)["Subject"] == "Cancelled: <b>陪诊</b>"
    assert delivery.sent_at is not None


def _letter() -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@example.org", "b@example.org", "x"
    letter.set_content("x")
    return letter


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("550 no such mailbox b@example.org", SendingIsHopeless), ("451 later", SendingFailed)],
)
async def test_a_refused_recipient_is_hopeless_only_when_the_server_says_for_ever(
    answer: str, kind: type[SendingFailed]
) -> None:
    async with mail_server(answer) as server:
        with pytest.raises(SendingFailed) as failed:
            await MailServer(f"smtp://127.0.0.1:{server.port}").carry(_letter())
    assert type(failed.value) is kind
    assert "example.org" not in str(failed.value)


async def test_a_server_that_is_away_is_a_failure_without_details() -> None:
    async with mail_server() as server:
        gone = server.port
    with pytest.raises(SendingFailed) as failed:
        await MailServer(f"smtp://someone:secret@127.0.0.1:{gone}").carry(_letter())
    assert "secret" not in str(failed.value)


def test_a_password_insists_on_encryption() -> None:
    assert MailServer("smtp://name:password@mail.example.org")._start_tls() is True
    assert MailServer("smtp://mail.example.org")._start_tls() is None
    assert MailServer("smtps://name:password@mail.example.org")._start_tls() is False


VAULT = Vault(b"x" * 32)


async def test_an_unsubscribe_address_says_what_it_stops_and_cannot_be_forged(house: House) -> None:
    reader, other = await scene.reader(house), await scene.reader(house, "王阿姨")
    about = Subscription(reader.signed_in(), Kind.SHIFT_SOON, ChannelName.EMAIL)
    token = unsubscribing.token_of(VAULT, about)
    assert unsubscribing.read_token(VAULT, token) == about
    assert urlsplit(f"http://h/unsubscribe/{token}").path == f"/unsubscribe/{token}"
    forged = [
        token.replace(reader.signed_in().hex, other.signed_in().hex),
        token.replace("shift_soon", "shift_moved"),
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token + "x",
        token.rpartition(".")[0],
        "",
        ".",
        "....",
        "x" * 5000,
        "签" * 10,
        unsubscribing.token_of(Vault(b"y" * 32), about),
    ]
    for given in forged:
        with pytest.raises(NotFound):
            unsubscribing.read_token(VAULT, given)


async def test_unsubscribing_stops_one_kind_or_all(house: House) -> None:
    reader = await scene.reader(house)
    about = Subscription(reader.signed_in(), Kind.SHIFT_CANCELLED, ChannelName.EMAIL)
    other = News(Kind.SHIFT_MOVED, "test:2", {})
    async with house.database.unit_of_work() as session:
        await unsubscribing.stop_kind(session, about)
        for news in (NEWS, other):
            await tell(session, [reader.signed_in()], news)
    post = Post()
    await scene.send_due(house, post)
    assert [message.kind for message in post.sent] == [Kind.SHIFT_MOVED]
    async with house.database.unit_of_work() as session:
        await unsubscribing.stop_all(session, about)
        await tell(session, [reader.signed_in()], News(Kind.SHIFT_MOVED, "test:3", {}))
    await scene.send_due(house, post)
    assert len(post.sent) == 1
    assert len(await scene.inbox(house, reader)) == 3


async def test_what_was_told_over_a_year_ago_is_forgotten(house: House, clock: FixedClock) -> None:
    reader = await _told(house)
    for days, left in ((364, 1), (2, 0)):
        clock.advance(timedelta(days=days))
        async with house.database.unit_of_work() as session:
            await inbox.forget_old(session)
        assert len(await scene.inbox(house, reader)) == left
    assert await scene.deliveries(house) == []
