"""What cryptography promises of a bid, without a database: codes, shares, envelopes, the strongroom, receipts."""

import hashlib
import random
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.public import PrivateKey, SealedBox

from marketplace.kernel.errors import InputIsInvalid
from marketplace.kernel.ids import new_id
from marketplace.kernel.input import read
from marketplace.kernel.vault import Vault
from marketplace.procurement.bids import codes, envelope, opening_room, receipts, shares
from marketplace.procurement.bids.bid_file import BidFile, BidLot
from marketplace.procurement.bids.shares import Share, SharesDoNotOpen

TENDER = UUID("0192f000-0000-7000-8000-000000000001")


def a_bid(**facts: object) -> BidFile:
    lot = BidLot(lot=new_id(), price=9_999_900, answers={"staff": "12", "plan": "每周三次上门助浴。"})
    known = {"tender": TENDER, "tender_hash": "ab" * 32, "bidder": new_id(), "lots": (lot,)}
    return BidFile.model_validate({**known, **facts})


# Codes


@given(st.binary(min_size=20, max_size=20))
def test_a_code_is_read_as_it_was_written(secret: bytes) -> None:
    assert codes.read_code(codes.written(secret)) == secret


def test_a_code_forgives_how_it_is_typed() -> None:
    code = codes.written(bytes(range(20)))
    secret = codes.read_code(code)
    assert codes.read_code(code.lower().replace("-", " ")) == secret
    assert codes.read_code(code.replace("0", "O").replace("1", "l")) == secret
    wide = "".join(chr(ord(char) + 0xFEE0) if char.isalnum() else char for char in code)
    assert codes.read_code(wide) == secret
    assert codes.read_code(code.replace("-", "—")) == secret


def test_one_mistaken_character_is_always_noticed() -> None:
    code = codes.new_code()
    for at, char in enumerate(code):
        if char == "-":
            continue
        for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ":
            if other != char:
                with pytest.raises(codes.UnreadableCode):
                    codes.read_code(code[:at] + other + code[at + 1 :])


@pytest.mark.parametrize("text", ["", "ABCD", "U" * 33, "钥匙", "0" * 400, "*" * 33])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(codes.UnreadableCode):
        codes.read_code(text)


def test_the_same_code_is_another_key_in_another_tender() -> None:
    code = codes.new_code()
    assert codes.public_key(code, TENDER) == codes.public_key(code.lower(), TENDER)
    assert codes.public_key(code, TENDER) != codes.public_key(code, new_id())


# Shares


def test_all_ten_triples_open_and_all_ten_pairs_fail() -> None:
    key = PrivateKey.generate()
    parts = shares.split(bytes(key), 5, 3)
    canary = shares.canary(TENDER, key.public_key)
    triples, pairs = list(combinations(parts, 3)), list(combinations(parts, 2))
    assert len(triples) == len(pairs) == 10
    assert all(bytes(shares.opens(canary, TENDER, some) or b"") == bytes(key) for some in triples)
    assert [shares.opens(canary, TENDER, some) for some in pairs] == [None] * 10
    assert [shares.opens(canary, TENDER, [one]) for one in parts] == [None] * 5
    assert shares.all_open(canary, TENDER, parts, 3) == 10


def test_every_key_of_32_bytes_can_be_split() -> None:
    for key in (bytes(32), b"\xff" * 32, (2**255 - 19).to_bytes(32)):
        assert shares.combined(shares.split(key, 5, 3)[2:]) == key


def test_a_canary_says_no_to_a_share_that_was_changed() -> None:
    key = PrivateKey.generate()
    parts = shares.split(bytes(key), 5, 3)
    canary = shares.canary(TENDER, key.public_key)
    wrong = Share(parts[1].index, (parts[1].value + 1) % shares.MODULUS)
    assert shares.opens(canary, TENDER, [parts[0], wrong, parts[2]]) is None
    assert shares.opens(canary, new_id(), parts[:3]) is None
    with pytest.raises(SharesDoNotOpen):
        shares.all_open(canary, TENDER, [parts[0], wrong, *parts[2:]], 3)
    with pytest.raises(SharesDoNotOpen):
        shares.combined([parts[0], parts[0], parts[1]])


def test_a_share_is_bound_by_its_commitment_to_tender_opener_and_value() -> None:
    share, salt = Share(2, 12345), shares.new_salt()
    bound = shares.commitment(share, salt, TENDER)
    assert bound == shares.commitment(Share.read(bytes(share)), salt, TENDER)
    others = [
        shares.commitment(Share(3, 12345), salt, TENDER),
        shares.commitment(Share(2, 12346), salt, TENDER),
        shares.commitment(share, shares.new_salt(), TENDER),
        shares.commitment(share, salt, new_id()),
    ]
    assert bound not in others


def test_a_share_is_read_with_its_openers_code_only() -> None:
    mine, others = codes.new_code(), codes.new_code()
    sealed = shares.seal_share(Share(1, 77), codes.public_key(mine, TENDER))
    assert shares.unseal_share(sealed, codes.private_key(mine, TENDER)) == Share(1, 77)
    for key in (codes.private_key(others, TENDER), codes.private_key(mine, new_id())):
        with pytest.raises(SharesDoNotOpen):
            shares.unseal_share(sealed, key)


@pytest.mark.parametrize(
    "packed", [b"", bytes(34), b"\x01" + b"\xff" * 33, b"\x01" * 33, bytes(Share(1, 5)) + b"\0"]
)
def test_bytes_that_are_no_share_are_refused(packed: bytes) -> None:
    with pytest.raises(SharesDoNotOpen):
        Share.read(packed)


# Envelopes


def test_what_goes_into_an_envelope_comes_out() -> None:
    papers = [b"%PDF-1.7 " + bytes(1000), "技术方案".encode()]
    bid = a_bid(
        documents=[
            envelope.document_of("方案.pdf", "application/pdf", papers[0]),
            envelope.document_of("说明.txt", "text/plain", papers[1]),
        ]
    )
    assert envelope.unpack(envelope.pack(bid, papers)) == (bid, papers)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-zA-Z0-9_.:-]+", fullmatch=True), inner, max_size=4)
    ),
)


@given(st.dictionaries(st.from_regex(r"[a-z0-9_-]+", fullmatch=True), PLAIN, max_size=5))
def test_the_quick_way_to_write_a_document_is_the_canonical_one(content: dict[str, Any]) -> None:
    try:
        wanted = rfc8785.dumps(content)
    except (rfc8785.CanonicalizationError, UnicodeError):
        return  # half characters, which no bid can hold
    assert envelope.canonical_json(content) == wanted


def test_a_bids_length_tells_its_bucket_and_nothing_else() -> None:
    cheap, dear = a_bid(), a_bid(lots=(BidLot(lot=new_id(), price=1),) * 1)
    assert len(envelope.pack(cheap, [])) == len(envelope.pack(dear, [])) == envelope.BUCKETS[0]
    key = bytes(PrivateKey.generate().public_key)
    assert envelope.is_sealed_length(len(envelope.seal(envelope.pack(cheap, []), key)))
    assert not envelope.is_sealed_length(envelope.BUCKETS[0])


def test_a_bid_of_twenty_megabytes_fits_and_a_byte_more_does_not() -> None:
    bid = a_bid(documents=[envelope.document_of("a.pdf", "application/pdf", b"x")])
    bare = 12 + len(envelope.canonical(bid))
    # The line that stands for the paper grows with the number of its digits; the paper fills what is left.
    room = envelope.MOST_BYTES - bare - len(str(envelope.MOST_BYTES)) + 1
    paper = bytes(room)
    fits = a_bid(
        bidder=bid.bidder, lots=bid.lots, documents=[envelope.document_of("a.pdf", "application/pdf", paper)]
    )
    assert len(envelope.pack(fits, [paper])) == envelope.MOST_BYTES
    with pytest.raises(envelope.BidIsTooLarge):
        envelope.pack(fits, [paper + b"\0"])


def test_a_thousand_flipped_bytes_are_all_refused() -> None:
    key = PrivateKey.generate()
    sealed = envelope.seal(envelope.pack(a_bid(), []), bytes(key.public_key))
    box, chance = SealedBox(key), random.Random(17)
    places = [*range(100), *chance.sample(range(100, len(sealed)), 900)]
    refused = 0
    for at in places:
        flipped = bytearray(sealed)
        flipped[at] ^= chance.randrange(1, 256)
        try:
            box.decrypt(bytes(flipped))
        except Exception:
            refused += 1
    assert refused == 1000
    assert envelope.unpack(box.decrypt(sealed))


def test_what_was_sealed_well_but_is_no_bid_is_refused() -> None:
    good = envelope.pack(a_bid(), [])
    head = len(envelope.canonical(a_bid()))
    spaced = envelope.canonical(a_bid()).replace(b'","', b'", "')
    bads = [
        b"",
        b"WUSHEBID",
        bytes(envelope.BUCKETS[0]),
        good[:-1] + b"\1",  # something hidden behind the padding
        b"WUSHEBID" + (2**31).to_bytes(4) + good[12:],
        b"WUSHEBID" + (head + 5).to_bytes(4) + good[12:],
        b"WUSHEBID" + (4).to_bytes(4) + b"null" + bytes(100),
        b"WUSHEBID" + len(spaced).to_bytes(4) + spaced,  # the same bid written another way
        b"WUSHEBID" + (50_000).to_bytes(4) + b"[" * 50_000,
    ]
    for bad in bads:
        with pytest.raises(envelope.UnreadableBid):
            envelope.unpack(bad)


def test_a_paper_that_is_not_the_one_listed_is_refused() -> None:
    paper = b"one paper"
    bid = a_bid(documents=[envelope.document_of("a.txt", "text/plain", paper)])
    for other in (b"two paper", b"one pape", b""):
        with pytest.raises(envelope.UnreadableBid):
            envelope.unpack(envelope.pack(bid, [other]))


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("lots", "price", "int_type"),
        ("lots", "negative", "greater_than_equal"),
        ("lots", "currency", "string_pattern_mismatch"),
        ("tender_hash", "short", "string_pattern_mismatch"),
        ("format", "wushe-bid/2", "literal_error"),
    ],
)
def test_a_bid_that_is_not_well_formed_names_its_fault(field: str, value: str, code: str) -> None:
    known = a_bid().model_dump(mode="json")
    lot = known["lots"][0]
    changed = {
        "price": [{**lot, "price": "1000"}],
        "negative": [{**lot, "price": -1}],
        "currency": [{**lot, "currency": "yuan"}],
    }.get(value, value)
    with pytest.raises(InputIsInvalid) as refused:
        read(BidFile, {**known, field: changed})
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_bid_names_no_lot_and_no_member_twice() -> None:
    bid = a_bid()
    with pytest.raises(ValueError, match="lot_twice"):
        a_bid(lots=bid.lots * 2)
    with pytest.raises(ValueError, match="partner_twice"):
        a_bid(bidder=bid.bidder, partners=[bid.bidder])


# The strongroom


async def test_the_strongroom_makes_a_key_that_three_openers_open_and_two_do_not() -> None:
    secrets = [codes.new_code() for _ in range(5)]
    made = await opening_room.make_key(TENDER, [codes.public_key(one, TENDER) for one in secrets], 3)
    assert made.tried == 10
    given = []
    for code, part in zip(secrets, made.shares, strict=True):
        share = shares.unseal_share(part.sealed, codes.private_key(code, TENDER))
        assert part.commitment == shares.commitment(share, part.salt, TENDER)
        given.append(share)
    bid = a_bid()
    sealed = envelope.seal(envelope.pack(bid, []), made.public_key)
    async with opening_room.opened(TENDER, made.canary, [given[4], given[0], given[2]]) as room:
        assert envelope.unpack(await room.unseal(sealed) or b"") == (bid, [])
        assert await room.unseal(sealed[:-1]) is None
        assert await room.unseal(b"") is None
        assert await room.unseal(sealed[:200] + bytes([sealed[200] ^ 1]) + sealed[201:]) is None
        other = bytes(PrivateKey.generate().public_key)
        assert await room.unseal(envelope.seal(envelope.pack(bid, []), other)) is None
        assert envelope.unpack(await room.unseal(sealed) or b"") == (bid, [])
    for too_few in (given[:2], [given[0], given[0], given[1]]):
        with pytest.raises(SharesDoNotOpen):
            async with opening_room.opened(TENDER, made.canary, too_few) as room:
                await room.ready()


async def test_a_strongroom_that_dies_is_a_fault_and_not_an_answer(tmp_path: Path) -> None:
    with pytest.raises(opening_room.StrongroomIsBroken):
        await opening_room.make_key(TENDER, [b"no key at all"] * 5, 3)


# Receipts


def test_a_receipt_is_checked_with_the_houses_key_alone() -> None:
    vault = Vault(b"a secret that only tests ever use......")
    sealed_hash = hashlib.sha256(b"sealed").hexdigest()
    receipt = receipts.sign(vault, {"tender": str(TENDER), "sealed_sha256": sealed_hash, "version": 1})
    house = receipts.public_key(vault)
    assert receipts.is_genuine(receipt, house)
    assert receipts.is_genuine(receipt, f" {house.upper()} ")
    assert not receipts.is_genuine({**receipt, "version": 2}, house)
    assert not receipts.is_genuine({**receipt, "more": 1}, house)
    assert not receipts.is_genuine({**receipt, "signature": "00" * 64}, house)
    assert not receipts.is_genuine({**receipt, "signature": "none"}, house)
    other = Vault(b"another secret that only tests ever use")
    forged = receipts.sign(other, {"tender": str(TENDER), "sealed_sha256": sealed_hash, "version": 1})
    assert not receipts.is_genuine(forged, house)
    assert not receipts.is_genuine({**forged, "public_key": house}, house)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "[" * 9000, "x" * 20_000])
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(receipts.UnfitReceipt):
        receipts.read(text)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reader_of_envelopes(content: bytes) -> None:
    for some in (content, b"WUSHEBID" + content):
        with pytest.raises(envelope.UnreadableBid):
            envelope.unpack(some)
