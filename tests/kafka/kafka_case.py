"""What every test on the broker shares: topics of its own, writing and reading them with kcat."""
import os
import subprocess
import tempfile
import time
import unittest
import uuid

from kafka_worker import PATIENCE

BROKER = os.environ.get("LETHE_BROKER", "")
ADMIN = os.environ.get("LETHE_BROKER_ADMIN", "")


class KafkaCase(unittest.TestCase):
    """Each test has a prefix of its own for topics, groups and transactional ids."""

    address = BROKER

    def setUp(self):
        if not self.address:
            self.skipTest("no broker; run it by ctest -R kafka/")
        self.prefix = "t-" + uuid.uuid4().hex[:12]

    def admin(self, *words):
        """One call of kafka_admin (see the head of kafka_admin.c); its output as rows of words."""
        done = subprocess.run([ADMIN, self.address, *map(str, words)], capture_output=True, text=True,
                              timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line.split() for line in done.stdout.splitlines()]

    def wait_for(self, condition, what):
        """As Worker.wait_until(), for what is no worker's. `what`: a text, or what makes it."""
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                self.fail("after %d s: %s" % (PATIENCE, what() if callable(what) else what))
            time.sleep(0.05)

    def topic(self, name, partitions=1, **settings):
        """Makes a topic of this test; settings with _ for dots. Its whole name."""
        whole = "%s.%s" % (self.prefix, name)
        self.admin("create-topic", whole, partitions,
                   *("%s=%s" % (key.replace("_", "."), value) for key, value in settings.items()))
        return whole

    def produce(self, topic, messages, *options):
        """Writes values, or (key, value) pairs, as text or bytes; `options` go to kcat."""
        with tempfile.NamedTemporaryFile() as lines:
            for message in messages:
                key, value = message if isinstance(message, tuple) else ("", message)
                key, value = (part.encode() if isinstance(part, str) else part for part in (key, value))
                lines.write(key + b"\x1d" + value + b"\x1e")
            lines.flush()
            subprocess.run(["kcat", "-q", "-b", self.address, "-P", "-t", topic, "-K", "\x1d",
                            "-D", "\x1e", "-Z", *options, "-l", lines.name],
                           check=True, timeout=300)

    def consume(self, topic, isolation="read_committed"):
        """All messages up to the end: a list of (partition, offset, key, value), bytes."""
        done = subprocess.run(
            ["kcat", "-q", "-b", self.address, "-C", "-t", topic, "-e", "-o", "beginning", "-X",
             "isolation.level=" + isolation, "-f", "%p %o %K %S\x1f%k%s\x1e"],
            capture_output=True, check=True, timeout=300)
        return list(split_messages(done.stdout))


def split_messages(text):
    """Takes apart what consume() asked kcat for; lengths come first, so any byte may follow."""
    at = 0
    while at < len(text):
        end = text.index(b"\x1f", at)
        partition, offset, key_size, size = map(int, text[at:end].split())
        at = end + 1
        key, at = text[at:at + max(key_size, 0)], at + max(key_size, 0)
        value, at = text[at:at + max(size, 0)], at + max(size, 0)
        yield partition, offset, key, None if size < 0 else value
        at += 1
