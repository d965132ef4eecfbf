"""Consent from a topic: the command that looks a subject up, and a broker that freezes."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import broker
import oracle
from kafka_case import KafkaCase
from kafka_worker import LETHE

PROGRAM = pathlib.Path(os.environ.get("LETHE_BINARY_DIR", "build/release")) / "tests/kafka/kafka_broker_consent"


def consent(state, seq=1):
    return json.dumps({"seq": seq, "purposes": {"operation": {
        "state": state, "since": "2026-01-02T03:04:05Z", "policy_version": 99}}})


class Command(KafkaCase):
    """`lethe consent -c` with a topic."""

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="lethe-consent-")
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        (self.root / "schema.yaml").write_text(oracle.SCHEMA)
        (self.root / "policy.yaml").write_text(oracle.POLICY)
        self.consent = self.topic("consent", 3, cleanup_policy="compact")

    def look_up(self, subject, status=0):
        configuration = {
            "schemas": ["schema.yaml"], "policy": "policy.yaml", "home": "CN",
            "keys": {"directory": "keys", "epoch": "7d", "keep": "30d"},
            "consent": {"topic": self.consent},
            "source": {"topics": [self.prefix + ".events"], "group": self.prefix},
            "audit": {"topic": self.prefix + ".audit"},
            "quarantine": {"public_key": "quarantine.pub", "topic": self.prefix + ".quarantine",
                           "retention": "7d"},
            "recipients": {"first": {"purpose": "operation", "ceiling": oracle.CEILING,
                                     "region": "CN", "rows": {"topic": self.prefix + ".clean"}}},
            "kafka": {"bootstrap.servers": self.address},
        }
        (self.root / "lethe.yaml").write_text(json.dumps(configuration))
        done = subprocess.run([LETHE, "consent", "-c", "lethe.yaml", subject], cwd=self.root,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout + done.stderr

    def test_what_is_known(self):
        self.produce(self.consent, [("account.user_id:u%d" % i, consent("granted")) for i in range(50)])
        self.produce(self.consent, [("account.user_id:u7", consent("withdrawn", 2))])
        self.produce(self.consent, [("account.user_id:u8", "")])
        self.assertIn("operation: granted", self.look_up("account.user_id=u6"))
        self.assertIn("operation: withdrawn", self.look_up("account.user_id=u7"))
        self.assertIn("nothing is known", self.look_up("account.user_id=u8"))
        self.assertIn("nothing is known", self.look_up("account.user_id=other"))

    def test_a_block_and_a_split(self):
        self.produce(self.consent, [("account.user_id:u1", consent("granted"))], "-p", "0")
        self.produce(self.consent, [("account.user_id:u1", consent("granted", 2))], "-p", "1")
        self.produce(self.consent, [("nobody:CANARY", consent("granted"))], "-p", "2")
        said = self.look_up("account.user_id=u1")
        self.assertIn("nothing is released", said)
        self.assertIn("two partitions", said)
        self.assertNotIn("CANARY", said)

    def test_no_topic(self):
        self.consent = self.prefix + ".missing"
        self.assertIn("there is no topic", self.look_up("account.user_id=u1", status=2))


class Frozen(unittest.TestCase):
    def test_a_broker_that_does_not_answer(self):
        with tempfile.TemporaryDirectory() as directory:
            own = broker.Broker(pathlib.Path(directory) / "own").start()
            self.addCleanup(own.remove)
            environment = dict(os.environ, LETHE_BROKER=own.address,
                               LETHE_BROKER_PID=str(own.process.pid))
            done = subprocess.run([PROGRAM], env=environment, capture_output=True, text=True,
                                  timeout=120)
            print(done.stdout)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
