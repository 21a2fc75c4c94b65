"""`marketplace tender seal` and `verify receipt`: a bid is sealed far from any house, and its receipt is checked with a key alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from nacl.public import PrivateKey, SealedBox
from typer.testing import CliRunner

from marketplace.cli.app import app
from marketplace.kernel.ids import new_id
from marketplace.kernel.vault import Vault
from marketplace.procurement.bids import envelope, receipts

KEY = PrivateKey.generate()
RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lot, (tender, bidder) = str(new_id()), (new_id(), new_id())
    key: dict[str, Any] = {
        "format": "wushe-tender-key/1",
        "tender": str(tender),
        "tender_hash": "ab" * 32,
        "public_key": bytes(KEY.public_key).hex(),
        "lots": [{"lot": lot, "number": 1, "currency": "CNY"}],
        "criteria": [{"key": "plan"}],
        "conditions": [{"key": "registered"}],
    }
    bid = {
        "bidder": str(bidder),
        "lots": [{"lot": 1, "price": "１５０，０００．００"}],
        "answers": {"plan": "每周三次"},
        "documents": ["方案.pdf"],
    }
    (tmp_path / "key.json").write_text(json.dumps(key), "utf-8")
    (tmp_path / "bid.json").write_text(json.dumps(bid, ensure_ascii=False), "utf-8")
    (tmp_path / "方案.pdf").write_bytes(b"%PDF-1.7 plan")
    return tmp_path


def seal(folder: Path, **changes: Any) -> Any:
    path = folder / "bid.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")
    return RUNNER.invoke(app, ["tender", "seal", str(folder), "--key", str(folder / "key.json")])


def test_a_bid_is_sealed_with_its_papers_and_what_is_missing_is_said(folder: Path) -> None:
    done = seal(folder)
    assert done.exit_code == 0 and "registered" in done.stderr
    sealed = (folder / "bid.sealed").read_bytes()
    assert envelope.is_sealed_length(len(sealed))
    bid, papers = envelope.unpack(SealedBox(KEY).decrypt(sealed))
    assert (bid.lots[0].price, bid.lots[0].answers) == (15_000_000, {"plan": "每周三次"})
    assert (bid.documents[0].name, papers) == ("方案.pdf", [b"%PDF-1.7 plan"])


@pytest.mark.parametrize(
    "changes",
    [
        {"lots": [{"lot": 2, "price": "1"}]},
        {"lots": []},
        {"lots": [{"lot": 1, "price": 150000}]},  # yuan or fen?
        {"lots": [{"lot": 1, "price": "1,00"}]},
        {"documents": ["gone.pdf"]},
        {"bidder": "somebody"},
        {"more": 1},
    ],
)
def test_what_cannot_be_sealed_is_said_and_nothing_is_written(folder: Path, changes: dict[str, Any]) -> None:
    done = seal(folder, **changes)
    assert done.exit_code == 1 and done.stderr.strip() and "Traceback" not in done.stderr
    assert not (folder / "bid.sealed").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "wushe-tender-key/1"}', "[" * 9000])
def test_what_is_no_key_file_is_refused(folder: Path, text: str) -> None:
    (folder / "key.json").write_text(text)
    assert seal(folder).exit_code == 1


def test_a_bid_with_more_than_twenty_megabytes_is_refused(folder: Path) -> None:
    (folder / "方案.pdf").write_bytes(bytes(envelope.MOST_BYTES))
    done = seal(folder)
    assert done.exit_code == 1 and "20" in done.stderr


def test_a_receipt_is_verified_with_the_houses_key(tmp_path: Path) -> None:
    vault = Vault(b"a secret that only tests ever use......")
    receipt = receipts.sign(
        vault, {"tender": "x", "tender_version": 1, "act": "submit", "at": "now", "sealed_sha256": None}
    )
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(receipt))

    def verify(*more: str) -> int:
        key = receipts.public_key(vault)
        return RUNNER.invoke(app, ["verify", "receipt", str(path), "--key", key, *more]).exit_code

    assert verify() == 0
    assert verify("--sealed", str(path)) == 1
    path.write_text(json.dumps({**receipt, "act": "withdraw"}))
    assert verify() == 1
    path.write_text("{}")
    assert verify() == 1
