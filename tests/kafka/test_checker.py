"""The checker is checked: the bare mirror passes it under kill -9, and mirrors that are wrong on
purpose do not. And the oracle is: what it computes is what `lethe replay` gives."""
import json
import os
import signal
import subprocess
import time
import unittest

import broker
import checker
import oracle
from stream_case import StreamCase

MIRROR = os.environ.get("LETHE_MIRROR", "build/release/tests/kafka/kafka_mirror")


class Mirrors(StreamCase):
    def start(self, name, *options):
        mirror = subprocess.Popen(
            [MIRROR, self.address, self.group, "%s.%s" % (self.prefix, name), self.input,
             self.outputs["first"], "batch=500", "delay=100", "c.session.timeout.ms=2000", *options],
            stderr=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=broker.die_with_parent)
        self.addCleanup(lambda: (mirror.kill(), mirror.wait(), mirror.stdout.close()))
        return mirror

    def report(self, count):
        self.wait_settled()
        return checker.compare({oracle.name_of(n): self.events.event(n) for n in range(count)},
                               self.rows("first"))

    def wait_between(self, victim):
        """Until it has done one half of a commit and not the other; its group has given it something
        by then."""
        self.assertEqual(victim.stdout.readline(), b"between\n")

    def wait_a_moment(self, _):
        time.sleep(self.random.uniform(0.5, 1.5))

    def run_killed(self, *options, wait):
        """Two of them, one of which is killed again and again."""
        feeder = self.feed(rate=2000)
        self.start("steady", *options)
        for _ in range(4):
            victim = self.start("victim", *options)
            wait(victim)
            victim.kill()
            victim.wait()
        count = feeder.stop()
        return self.report(count)

    def run_whole(self, *options):
        self.put_events(range(5000))
        self.start("only", *options)
        return self.report(5000)

    def test_exact_is_exact(self):
        report = self.run_killed(wait=self.wait_a_moment)
        self.assertTrue(report, str(report))

    def test_without_transactions_something_is_doubled(self):
        report = self.run_killed("mode=plain", wait=self.wait_between)
        self.assertTrue(report.twice, str(report))

    def test_offsets_first_loses(self):
        report = self.run_killed("mode=early", wait=self.wait_between)
        self.assertTrue(report.lost, str(report))

    def test_changed_dropped_doubled(self):
        for mode in ("alter", "drop", "double"):
            with self.subTest(mode):
                self.setUp()
                report = self.run_whole("mode=" + mode)
                found = {"alter": report.wrong, "drop": report.lost, "double": report.twice}
                self.assertGreaterEqual(len(found[mode]), 1, str(report))
                self.assertLess(len(found[mode]), 100)

    def test_packed_is_exact(self):
        report = self.run_whole("pack=65536")
        self.assertTrue(report, str(report))

    def test_an_open_transaction_is_not_read(self):
        self.put_events(range(2000))
        mirror = self.start("open", "batch=100000", "delay=600000")
        self.wait_for(lambda: any(int(row[3]) for row in
                                  self.admin("offsets", self.outputs["first"])), "nothing is written")
        self.assertEqual(self.rows("first"), [])
        self.assertTrue(self.open_transactions())
        self.assertGreater(len(self.consume(self.outputs["first"], "read_uncommitted")), 0)
        mirror.send_signal(signal.SIGTERM)
        mirror.wait()
        report = self.report(2000)
        self.assertTrue(report, str(report))


class Order(unittest.TestCase):
    def test_out_of_order(self):
        places = {"a": (0, 1), "b": (0, 2), "c": (0, 3)}
        rows = [(5, {"id": name}) for name in "abc"]
        self.assertEqual(checker.out_of_order(places, rows, lambda row: 0), [])
        self.assertEqual(checker.out_of_order(places, rows[::-1], lambda row: 0), ["b", "a"])
        self.assertEqual(checker.out_of_order(places, rows[:1] + [(6, {"id": "b"})], lambda row: 0),
                         ["b"])


class Oracle(StreamCase):
    def test_it_says_what_replay_gives(self):
        numbers = range(1000)
        (self.root / "consent.ndjson").write_text("".join(
            '{"key":"%s","value":%s}\n' % message for message in self.events.all_consent()))
        (self.root / "in.ndjson").write_text("".join(
            self.events.text(number) + "\n" for number in numbers))
        self.run_lethe("replay", "-c", "lethe.yaml", "--consent", "consent.ndjson", "--live-keys",
                       "-o", "out", "in.ndjson")
        for recipient in self.outputs:
            rows = []
            for part in (self.root / "out/recipients" / recipient).glob("*.ndjson.zst"):
                text = subprocess.run(["zstd", "-dcq", part], capture_output=True, check=True).stdout
                rows += [json.loads(line) for line in text.splitlines()]
            report = checker.compare(self.expected(recipient, numbers), rows)
            self.assertTrue(report, "%s %s" % (recipient, report))


if __name__ == "__main__":
    unittest.main()
