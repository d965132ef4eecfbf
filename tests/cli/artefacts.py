"""Looks for canaries in everything that a run left: raw, hex, base64 at every alignment,
percent-encoded, reversed, UTF-16, JSON-escaped, and as unkeyed hashes."""
import base64
import binascii
import hashlib
import subprocess
import urllib.parse
import zlib

import xxhash


def base64_cores(raw):
    """What is the same in base64 wherever `raw` stands in a longer text, for the three alignments."""
    cores = set()
    for skip in range(3):
        text = base64.b64encode(b"\0" * skip + raw)
        start = -(-skip * 8 // 6)  # the first character without a bit of the padding before
        end = (skip + len(raw)) * 8 // 6
        for core in (text[start:end], text[start:end].translate(bytes.maketrans(b"+/", b"-_"))):
            if len(core) >= 8:
                cores.add(core)
    return cores


def digests(raw):
    yield "md5", hashlib.md5(raw).digest()
    yield "sha1", hashlib.sha1(raw).digest()
    yield "sha256", hashlib.sha256(raw).digest()
    for size in (16, 20, 32, 64):
        yield "blake2b-%d" % (8 * size), hashlib.blake2b(raw, digest_size=size).digest()
    yield "crc32", zlib.crc32(raw).to_bytes(4, "big")
    yield "xxh32", xxhash.xxh32(raw).digest()
    yield "xxh64", xxhash.xxh64(raw).digest()
    yield "xxh3-64", xxhash.xxh3_64(raw).digest()
    yield "xxh3-128", xxhash.xxh3_128(raw).digest()


def forms(canary):
    """Every spelling to look for: name -> bytes. Texts are compared without regard to case where
    the spelling has none (hex)."""
    raw = canary.encode()
    yield "raw", raw
    yield "upper", raw.upper()
    yield "lower", raw.lower()
    yield "reversed", raw[::-1]
    yield "hex", binascii.hexlify(raw)
    yield "HEX", binascii.hexlify(raw).upper()
    for core in base64_cores(raw):
        yield "base64", core
    yield "percent", "".join("%%%02x" % b for b in raw).encode()
    yield "PERCENT", "".join("%%%02X" % b for b in raw).encode()
    quoted = urllib.parse.quote(canary, safe="").encode()
    if quoted != raw:
        yield "quoted", quoted
    yield "utf-16le", canary.encode("utf-16-le")
    yield "utf-16be", canary.encode("utf-16-be")
    yield "json", "".join("\\u%04x" % ord(c) for c in canary).encode()
    for name, digest in digests(raw):
        text = binascii.hexlify(digest)
        yield name, text
        yield name, text.upper()
        yield name + " cut", text[:16] if len(text) > 16 else text
        if len(digest) >= 8:
            yield name + " binary", digest
            yield name + " base64", base64.b64encode(digest).rstrip(b"=")


def expand(name, data):
    """The file itself and, of a zstd file, what is in it."""
    yield name, data
    if data[:4] == b"\x28\xb5\x2f\xfd":
        text = subprocess.run(["zstd", "-dcq", "-"], input=data, capture_output=True).stdout
        yield name + " (decompressed)", text


WINDOW = 8  # every form is at least that long


def find(canaries, artefacts):
    """`artefacts`: name -> bytes. Returns (canary, form, artefact) for everything found. The windows
    of every artefact are indexed once, so that a million needles cost a look-up each."""
    expanded = [pair for name, data in artefacts.items() for pair in expand(name, data)]
    windows = set()
    for _, data in expanded:
        windows.update(data[i:i + WINDOW] for i in range(len(data) - WINDOW + 1))
    found = []
    for canary in canaries:
        for form, needle in set(forms(canary)):
            if needle[:WINDOW] not in windows:
                continue
            found += [(canary, form, name) for name, data in expanded if needle in data]
    return found
