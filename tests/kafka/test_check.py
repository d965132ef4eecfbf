"""`lethe check` against the cluster: what it finds wrong, what it only warns of, what it leaves alone."""
import os
import pathlib
import sys
import unittest

from kafka_case import KafkaCase

sys.path.insert(0, str(pathlib.Path(os.environ.get("LETHE_SOURCE_DIR", ".")) / "tests" / "cli"))
from cli import Scratch  # noqa: E402

CONFIGURATION = """\
schemas: [schema.yaml]
policy: policy.yaml
keys: {{directory: keys, epoch: 7d, keep: 30d}}
consent: {{topic: {consent}}}
source: {{topics: [{source}], group: {group}}}
home: CN
recipients:
  first:
    purpose: operation
    ceiling: [device.model, network, web, time, usage]
    region: CN
    rows: {{topic: {first}}}
  second:
    purpose: operation
    ceiling: [device.model, network, web, time]
    region: CN
    {second}
quarantine: {{public_key: quarantine.pub, topic: {quarantine}, retention: 7d}}
audit: {{topic: {audit}}}
lanes: {lanes}
kafka: {{bootstrap.servers: "{brokers}"{kafka}}}
"""
WEEK = 7 * 24 * 3600 * 1000
GOOD = {
    "source": {},
    "consent": {"cleanup_policy": "compact"},
    "audit": {"retention_ms": -1},
    "quarantine": {"retention_ms": WEEK, "segment_ms": WEEK // 7},
    "first": {},
}


def configuration(prefix, brokers, second="rows: {directory: out/second}", lanes=1, kafka=""):
    """A whole one, on topics and a group that all begin with `prefix`."""
    names = {name: "%s.%s" % (prefix, name) for name in GOOD}
    return CONFIGURATION.format(**names, group=prefix, second=second, lanes=lanes, kafka=kafka,
                                brokers=brokers)


class Check(KafkaCase, Scratch):
    def setUp(self):
        KafkaCase.setUp(self)
        Scratch.setUp(self)

    def configure(self, brokers=None, **other):
        self.write("lethe.yaml", configuration(self.prefix, brokers or self.address, **other))
        if not (self.root / "keys").exists():
            self.make_keys()

    def topics(self, partitions=2, **settings):
        """All good ones, each with `settings` of its own in place of what is good; None: not made."""
        for name, good in GOOD.items():
            given = settings.get(name, {})
            if given is not None:
                self.topic(name, partitions, **{**good, **given})

    def check(self, status):
        done = self.run_lethe("check", "-c", "lethe.yaml", status=status)
        return done.stdout.decode()

    def expect(self, text, kind, topic, words):
        lines = [line for line in text.splitlines()
                 if line.startswith("%s: topic %s.%s: " % (kind, self.prefix, topic)) and words in line]
        self.assertEqual(len(lines), 1, "%s %s %s in\n%s" % (kind, topic, words, text))

    def test_good(self):
        self.topics()
        self.configure()
        text = self.check(0)
        self.assertIn("cluster: 1 broker\n", text)
        self.assertIn("topic %s.source (a source): 2 partitions, 1 replica" % self.prefix, text)
        self.assertIn("(recipient first)", text)
        self.assertIn("0 errors", text)
        self.assertIn("transactional ids: lethe.%s.* can be used" % self.prefix, text)
        self.assertIn("not told: whether this user may write to", text)
        # One replica is all that this broker can give, and the only thing to warn of.
        self.assertEqual({line.split(": ", 2)[2] for line in text.splitlines()
                          if line.startswith("warning: topic")},
                         {"it has one replica: with that disk everything in it is lost",
                          "it has one replica: with that disk everything in it is lost, "
                          "withdrawals too"})

    def test_topics_missing(self):
        self.topics(source=None, audit=None)
        self.configure()
        text = self.check(2)
        self.expect(text, "error", "source", "there is no such topic")
        self.expect(text, "error", "audit", "there is no such topic")
        self.assertIn("2 errors", text)

    def test_policies(self):
        self.topics(consent={"cleanup_policy": "delete"}, audit={"cleanup_policy": "compact"},
                    quarantine={"cleanup_policy": "compact"}, first={"cleanup_policy": "compact"},
                    source={"cleanup_policy": "compact"})
        self.configure()
        text = self.check(2)
        self.expect(text, "error", "consent", "not compact")
        self.expect(text, "error", "audit", "only the last entry")
        self.expect(text, "error", "quarantine", "without a key are refused")
        self.expect(text, "error", "quarantine", "records stay for ever")
        self.expect(text, "error", "first", "rows without a key are refused")
        self.expect(text, "warning", "source", "may be gone")

    def test_consent_that_is_also_deleted(self):
        self.topics(consent={"cleanup_policy": "compact,delete", "retention_ms": WEEK,
                             "delete_retention_ms": 60000})
        self.configure()
        text = self.check(2)
        self.expect(text, "error", "consent", "compact and delete")
        self.expect(text, "warning", "consent", "delete.retention.ms is 1m")

    def test_retention(self):
        for name, milliseconds, kind, words, status in (
                ("long", WEEK + 1, "error", "quarantine.retention says 7d", 2),
                ("ever", -1, "error", "records stay for ever", 2),
                ("short", WEEK - 1000, "warning", "shorter than the 7d", 0)):
            with self.subTest(name):
                self.prefix += name
                self.topics(quarantine={"retention_ms": milliseconds},
                            audit={"retention_ms": WEEK})
                self.configure()
                text = self.check(status)
                self.expect(text, kind, "quarantine", words)
                self.expect(text, "warning", "audit", "deleted after 7d")

    def test_segments_outlive_the_retention(self):
        self.topics(quarantine={"segment_ms": WEEK})
        self.configure()
        self.expect(self.check(0), "warning", "quarantine", "segment.ms is 7d")

    def test_limits(self):
        self.topics(source={"max_message_bytes": 4 << 20}, first={"max_message_bytes": 100000},
                    quarantine={"max_message_bytes": 600000})
        self.configure()
        text = self.check(0)
        self.expect(text, "warning", "source", "may unpack")
        self.expect(text, "warning", "first", "a row of 525312 bytes")
        self.expect(text, "warning", "quarantine", "a sealed record of")
        self.configure(kafka=", receive.message.max.bytes: 3000000, fetch.max.bytes: 2000000, "
                             "message.max.bytes: 1000000")
        self.expect(self.check(2), "error", "source", "receive.message.max.bytes is 3000000")

    def test_times(self):
        self.topics(first={"message_timestamp_type": "LogAppendTime"},
                    audit={"message_timestamp_before_max_ms": 60000})
        self.configure()
        text = self.check(2)
        self.expect(text, "warning", "first", "LogAppendTime")
        self.expect(text, "error", "audit", "refuses messages older than 1m")

    def test_lanes_without_work(self):
        self.topics(partitions=2)
        self.configure(lanes=3)
        self.assertIn("warning: lanes: 3, but no source has more than 2 partitions: 1 have nothing",
                      self.check(0))

    def test_parts_that_take_too_long(self):
        """Transactions of files last as long as a part; the broker's limit is 15 minutes."""
        self.topics()
        self.configure(second="rows: {directory: out/second}\n    part: {delay: 20m}")
        text = self.check(2)
        self.assertIn("error: transactional id lethe.%s.check" % self.prefix, text)
        self.assertIn("INVALID_TRANSACTION_TIMEOUT", text)

    def test_timeouts_in_the_wrong_order(self):
        self.topics()
        self.configure(kafka=", socket.timeout.ms: 50000, max.poll.interval.ms: 40000, "
                             "session.timeout.ms: 30000")
        text = self.check(0)
        self.assertIn("warning: kafka: socket.timeout.ms (50000) is not below", text)
        self.assertIn("warning: kafka: transaction.timeout.ms (40000) is not below", text)

    def test_nothing_is_changed(self):
        """Neither offsets nor members nor messages come of a check."""
        self.topics()
        self.produce("%s.source" % self.prefix, ["canary-1", "canary-2"])
        self.configure()
        self.assertNotIn("canary", self.check(0))
        self.assertEqual([row[1] for row in self.admin("committed", self.prefix,
                                                       "%s.source" % self.prefix)], ["-1", "-1"])
        self.assertEqual(self.admin("members", self.prefix), [])
        for name in ("audit", "quarantine", "first"):
            self.assertEqual([row[3] for row in self.admin("offsets", "%s.%s" % (self.prefix, name))],
                             ["0", "0"])

    def test_nobody_answers(self):
        self.configure(brokers="127.0.0.1:1")
        text = self.check(2)
        self.assertIn("error: kafka: no broker answered within 10 s (_TRANSPORT)", text)
        self.assertNotIn("error: topic", text)

    def test_offline(self):
        self.configure(brokers="127.0.0.1:1")
        done = self.run_lethe("check", "-c", "lethe.yaml", "--offline", status=0)
        self.assertNotIn("cluster", done.stdout.decode())

    def test_properties_that_do_not_fit_together(self):
        self.configure(kafka=', security.protocol: ssl, ssl.ca.location: "/no/such/canary.pem"')
        text = self.check(2)
        self.assertIn("the file of ssl.ca.location cannot be read", text)
        self.assertNotIn("canary", text)


class FilesOnly(Scratch):
    def test_no_cluster_is_needed(self):
        self.make_keys()
        done = self.run_lethe("check", "-c", "lethe.yaml", status=0)
        self.assertIn("cluster: no topic is configured", done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
