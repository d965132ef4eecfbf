"""What every test of the command line shares: a scratch directory with a configuration of its own,
and a way to run the program and look at what it left."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

LETHE = os.environ.get("LETHE", "build/release/lethe")
SOURCE = pathlib.Path(os.environ.get("LETHE_SOURCE_DIR", "."))
SANITIZED = bool(os.environ.get("LETHE_SANITIZE"))

# A noon in the middle of an epoch; every test that needs a clock uses it.
CLOCK = "2026-11-24T12:00:00Z"
CLOCK_MS = 1795521600000

SCHEMA = """\
schema: event
version: 1
match: {field: type, equals: event}
time: {field: ts, format: unix_ms}
subjects: [user.id]
vetoes: [device.android_id]
signals: {gpc: opt_out}
fields:
  ts: time.event
  user.id: account.user_id
  device.android_id: device.android_id
  device.model: device.model
  net.ip: network.ip
  page: web.url
  note: text.free
  tags[].name: usage.event
"""

POLICY = """\
policy: test
version: 4
purposes:
  operation: {basis: consent, consent_version: 2, without_consent: reduce}
  marketing: {basis: consent, consent_version: 2}
  security: {basis: necessity, only: [device.model, time]}
rules:
  account.user_id: pseudonym
  device.android_id: pseudonym
  device.model: {granted: keep, otherwise: keep}
  network.ip: {granted: truncate, otherwise: drop}
  web.url: {granted: {url: path}, otherwise: {url: host}}
  text.free: scrub
  time.event: {granted: keep, otherwise: {generalise: day}}
  usage: keep
minors: {below: 14, then: withhold, age_unknown: adult}
"""

CONFIGURATION = """\
schemas: [schema.yaml]
policy: policy.yaml
keys: {directory: keys, epoch: 7d, keep: 30d}
consent: {file: consent.ndjson}
home: CN
recipients:
  first:
    purpose: operation
    ceiling: [account.user_id, device.android_id, device.model, network, web, text, time, usage]
    region: CN
    rows: {directory: out/first}
  second:
    purpose: operation
    ceiling: [account.user_id, device.model, network, web, time]
    region: CN
    rows: {directory: out/second}
quarantine: {public_key: quarantine.pub, retention: 7d}
"""


def event(number, user="u1", **members):
    """One record of SCHEMA."""
    record = {
        "type": "event",
        "ts": CLOCK_MS - 1000 * (number % 3000),
        "user": {"id": user},
        "device": {"android_id": "%016x" % (0xA0000000 + number), "model": "SM-G9910"},
        "net": {"ip": "203.0.113.%d" % (number % 250 + 1)},
        "page": "https://shop.example.com/item/%d?q=secret" % number,
        "note": "the note says nothing",
        "tags": [{"name": "open"}, {"name": "close"}],
        "unlisted": {"password": "hunter2"},
    }
    record.update(members)
    return record


def consent(key, state="granted", purpose="operation", seq=1, **extra):
    """One consent message that covers every event and policy version of these tests."""
    value = {
        "seq": seq,
        "purposes": {
            purpose: {
                "state": state,
                "since": "2026-01-01T00:00:00Z",
                "until": None,
                "policy_version": 9,
            }
        },
    }
    value.update(extra)
    return {"key": key, "value": value}


class Scratch(unittest.TestCase):
    """A directory with schema, policy, configuration, keys and consent of u1; gone after each test."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="lethe-cli-")
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)
        self.write("schema.yaml", SCHEMA)
        self.write("policy.yaml", POLICY)
        self.write("lethe.yaml", CONFIGURATION)
        self.write_lines("consent.ndjson", [consent("account.user_id:u1")])

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)
        return path

    def write_lines(self, name, records):
        lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False, separators=(",", ":"))
                 for r in records]
        return self.write(name, "".join(line + "\n" for line in lines))

    def run_lethe(self, *words, status=0, stdin=None, environment=None):
        """Runs it in the scratch directory and expects that exit status."""
        done = subprocess.run(
            [LETHE, *map(str, words)], cwd=self.root, capture_output=True, timeout=600,
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
            env={**os.environ, **(environment or {})})
        if status is not None:
            self.assertEqual(done.returncode, status,
                             "%s\n%s\n%s" % (words, done.stdout.decode(errors="replace"),
                                             done.stderr.decode(errors="replace")))
        return done

    def make_keys(self):
        self.run_lethe("keys", "init", "-c", "lethe.yaml")
        self.run_lethe("quarantine", "init", "--public", "quarantine.pub",
                       "--secret", "quarantine.key")

    def rows(self, directory, recipient):
        """All rows of a recipient, parsed, in the order of the parts' names."""
        rows = []
        for part in sorted((self.root / directory / "recipients" / recipient).glob("*.ndjson.zst")):
            text = subprocess.run(["zstd", "-dcq", part], capture_output=True, check=True).stdout
            rows += [json.loads(line) for line in text.splitlines()]
        return rows

    def all_files(self, directory="."):
        """Every file below, by its path from there, with its bytes."""
        base = self.root / directory
        return {str(p.relative_to(base)): p.read_bytes() for p in base.rglob("*") if p.is_file()}
