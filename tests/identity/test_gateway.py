"""The ways out for codes: a console that the demo reads from, and a webhook that speaks https only and follows no redirect."""

import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from marketplace.identity.errors import CodeCouldNotBeSent
from marketplace.identity.gateway import CodeMessage, ConsoleGateway, WebhookGateway, console_code
from marketplace.kernel.ids import new_id

MESSAGE = CodeMessage(new_id(), "sign_in", "zh_Hans", "+8613800138000", "123456")


class Receiver(ThreadingHTTPServer):
    """An https server that writes down what it is sent and answers with ``status``."""

    status = 200
    received: list[tuple[dict[str, str], dict[str, Any]]]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}/codes"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.status)
        if self.server.status == 307:
            self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *_given: Any) -> None:
        return


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return certificate_path, key_path


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    certificate, key = _certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = Receiver(("127.0.0.1", 0), _Handler)
    server.received = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_the_webhook_posts_the_code_with_its_token(receiver: Receiver) -> None:
    await WebhookGateway(receiver.url, "secret").send(MESSAGE)
    headers, body = receiver.received[0]
    assert headers["Authorization"] == "Bearer secret"
    assert body == {
        "id": str(MESSAGE.challenge_id),
        "phone": "+8613800138000",
        "code": "123456",
        "purpose": "sign_in",
        "locale": "zh_Hans",
    }


@pytest.mark.parametrize("status", [307, 400, 401, 500])
async def test_whatever_is_not_taken_is_an_error_and_is_sent_once(receiver: Receiver, status: int) -> None:
    receiver.status = status
    with pytest.raises(CodeCouldNotBeSent):
        await WebhookGateway(receiver.url, "secret").send(MESSAGE)
    assert len(receiver.received) == 1


async def test_a_gateway_that_is_down_is_an_error(receiver: Receiver) -> None:
    with pytest.raises(CodeCouldNotBeSent):
        await WebhookGateway("https://127.0.0.1:1/codes", "secret").send(MESSAGE)


async def test_a_certificate_that_nobody_vouches_for_is_an_error(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(CodeCouldNotBeSent):
        await WebhookGateway(receiver.url, "secret").send(MESSAGE)
    assert receiver.received == []


def test_codes_never_leave_unencrypted() -> None:
    with pytest.raises(ValueError, match="https"):
        WebhookGateway("http://127.0.0.1/codes", "secret")


async def test_the_console_prints_the_code_and_remembers_the_last_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = ConsoleGateway()
    await console.send(MESSAGE)
    printed = capsys.readouterr().out
    assert "123456" in printed and "13800138000" not in printed
    assert console_code(console, MESSAGE.challenge_id) == "123456"
    for _ in range(300):
        await console.send(CodeMessage(new_id(), "sign_in", "en", "+8613800138000", "654321"))
    assert console_code(console, MESSAGE.challenge_id) is None
    assert console_code(WebhookGateway("https://example.org", ""), MESSAGE.challenge_id) is None
