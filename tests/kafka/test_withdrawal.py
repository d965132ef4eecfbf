"""Consent from its topic: withdrawn under load, and a topic that is lost, stale, truncated or full
of rubbish. Nothing is released that should not be."""
import collections
import json
import os
import signal
import subprocess
import time
import unittest

import broker
import checker
import oracle
from kafka_worker import PATIENCE
from stream_case import StreamCase

MIRROR = os.environ.get("LETHE_MIRROR", "build/release/tests/kafka/kafka_mirror")
SUBJECTS = 1000


class ConsentCase(StreamCase):
    def withdraw(self, users, seq=2):
        """Acknowledged when this returns."""
        self.put_consent([self.events.consent(user, purposes=[], seq=seq) for user in users])

    def wait_not_ready(self, worker):
        worker.wait_until(lambda: worker.page("/ready")[0] == 503, "is still ready")

    def nothing_comes(self, seconds=2):
        """Nothing becomes visible meanwhile."""
        before = {name: self.visible(topic) for name, topic in self.outputs.items()}
        time.sleep(seconds)
        self.assertEqual({name: self.visible(topic) for name, topic in self.outputs.items()}, before)

    def visible(self, topic):
        return [row[2] for row in self.admin("offsets", topic)]


class Withdrawn(ConsentCase):
    """A thousand subjects withdraw, by fifties, while events of all of them come."""

    def user(self, number):
        return "w%d" % (number % SUBJECTS)

    def text(self, number):
        return self.events.text(number, user={"id": self.user(number)})

    def row(self, number, granted):
        event = self.events.event(number, user={"id": self.user(number)})
        return oracle.clean(event, self.keys, "first", granted)

    def run_it(self):
        """Returns how many events there were, and for each subject the number from which on its
        events came long after its withdrawal was acknowledged."""
        self.keys = oracle.Keys(self.root / "keys")
        self.put_consent([self.events.consent("w%d" % i, ["operation"]) for i in range(SUBJECTS)])
        self.configuration["lanes"] = 2
        self.worker().start()
        feeder = self.feed(rate=4000, text=self.text)
        time.sleep(2)
        long_after, waiting = {}, collections.deque()
        for begin in range(0, SUBJECTS, 50):
            users = ["w%d" % i for i in range(begin, begin + 50)]
            self.withdraw(users)
            waiting.append((time.monotonic() + 2, users))
            time.sleep(0.1)
            while waiting and waiting[0][0] <= time.monotonic():
                long_after.update(dict.fromkeys(waiting.popleft()[1], feeder.next))
        for due, users in waiting:
            time.sleep(max(0, due - time.monotonic()))
            long_after.update(dict.fromkeys(users, feeder.next))
        time.sleep(0.5)
        count = feeder.stop()
        self.wait_settled()
        return count, long_after

    def withdrawals(self):
        """(partition, offset) in the consent topic by subject."""
        found = {}
        for partition, offset, key, value in self.consume(self.consent):
            if json.loads(value)["seq"] == 2:
                found[key.decode().split(":")[1]] = partition, offset
        return found

    def test_under_load(self):
        count, long_after = self.run_it()
        expected = {}
        for number in range(count):
            either = [self.row(number, True), self.row(number, False)]
            expected[oracle.name_of(number)] = \
                either[1] if number >= long_after[self.user(number)] else either
        rows = self.rows("first")
        report = checker.compare(expected, rows)
        self.assertTrue(report, str(report))
        granted = {row["id"] for row in rows if "user" in row}
        self.assertGreater(len(granted), count // 20)
        self.assertLess(len(granted), count)
        self.check_positions(granted)

    def check_positions(self, granted):
        """By the audit: what was released as granted left in a batch that began before the withdrawal
        was there to be known; and what a batch knew at its beginning it did heed."""
        publications = self.check_audit().ranges(self.group, self.input)
        withdrawals = self.withdrawals()
        self.assertEqual(len(withdrawals), SUBJECTS)
        too_late, undecided = [], 0
        for (partition, offset), number in self.read_input().items():
            known = next(entry["consent_offsets"] for first, last, entry in publications[partition]
                         if first <= offset <= last)
            where, at = withdrawals[self.user(number)]
            knew = known[0][where] > at
            undecided += not knew
            if knew and oracle.name_of(number) in granted:
                too_late.append((oracle.name_of(number), known, where, at))
        self.assertEqual(too_late[:5], [])
        self.assertGreater(undecided, 0)


class Troubled(ConsentCase):
    """The topic itself is what is wrong."""

    consent_partitions = 1

    def configure(self):
        configuration = super().configure()
        configuration["consent"]["barrier"] = "1s"
        return configuration

    def begin(self):
        self.put_consent()
        self.put_events(range(1000))
        worker = self.worker().start()
        self.wait_settled()
        self.check_exact(range(1000))
        return worker

    def copy_consent(self, source):
        """Copies messages into the consent topic in one transaction, which SIGTERM commits. Another
        one of these aborts what it finds open."""
        mirror = subprocess.Popen(
            [MIRROR, self.address, self.prefix + "held", self.prefix + "held", source, self.consent,
             "batch=100000", "delay=600000", "keyed=1", "p.partitioner=murmur2_random",
             "p.transaction.timeout.ms=600000"], stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, preexec_fn=broker.die_with_parent)
        self.addCleanup(lambda: (mirror.kill(), mirror.wait()))
        return mirror

    def hold_open(self, messages):
        """An open transaction in the consent topic, with these messages in it."""
        source = self.topic("held")
        self.produce(source, messages)
        mirror = self.copy_consent(source)
        self.wait_for(lambda: self.has_open_transaction(self.consent), "no transaction is open")
        return mirror

    def stale(self, end):
        """An open transaction keeps the end of the topic out of sight: whatever may stand there is
        waited for, until `end`(its writer). Here it is a withdrawal of u1's."""
        worker = self.begin()
        mirror = self.hold_open([self.events.consent("u1", purposes=[], seq=2)])
        self.put_events(range(1000, 2000))
        self.wait_not_ready(worker)
        self.nothing_comes()
        end(mirror)
        self.wait_settled()
        worker.wait_ready()

    def test_stale_then_withdrawn(self):
        self.stale(lambda mirror: mirror.send_signal(signal.SIGTERM))
        keys = oracle.Keys(self.root / "keys")
        expected = self.expected("first", range(2000))
        for number in range(1000, 2000):
            if oracle.user_of(number) == "u1":
                expected[oracle.name_of(number)] = oracle.clean(
                    self.events.event(number), keys, "first", False)
        report = checker.compare(expected, self.rows("first"))
        self.assertTrue(report, str(report))

    def test_stale_then_aborted(self):
        def abort(mirror):
            mirror.kill()
            self.copy_consent(self.topic("empty"))
        self.stale(abort)
        self.check_exact(range(2000))

    def test_lost(self):
        worker = self.begin()
        self.admin("delete-topic", self.consent)
        self.put_events(range(1000, 2000))
        self.wait_not_ready(worker)
        self.nothing_comes()
        self.assertEqual(self.lag(), 1000)
        self.admin("create-topic", self.consent, self.consent_partitions, "cleanup.policy=compact")
        self.put_consent()
        if not worker.running:
            worker.start()
        self.wait_settled()
        self.check_late(1000, 2000)

    def check_late(self, begin, end):
        """Of events that came while the topic was made anew, each left either as consent was or as if
        nothing were known; of those before, as it was."""
        keys = oracle.Keys(self.root / "keys")
        expected = self.expected("first", range(end))
        for number in range(begin, end):
            name = oracle.name_of(number)
            expected[name] = [expected[name],
                              oracle.clean(self.events.event(number), keys, "first", False)]
        report = checker.compare(expected, self.rows("first"))
        self.assertTrue(report, str(report))

    def test_truncated(self):
        """What was in the topic is gone, and may have been anybody's refusal: nothing leaves until the
        topic is made anew."""
        worker = self.begin()
        self.admin("set-config", self.consent, "cleanup.policy=compact,delete")
        self.admin("delete-records", self.consent, 0, -1)
        self.wait_not_ready(worker)
        self.put_events(range(1000, 2000))
        self.nothing_comes()
        self.assertIn("were deleted", worker.page("/ready")[1])
        self.admin("delete-topic", self.consent)
        self.admin("create-topic", self.consent, 1, "cleanup.policy=compact")
        if not worker.running:
            worker.start()
        self.wait_settled()
        keys = oracle.Keys(self.root / "keys")
        expected = self.expected("first", range(1000))
        for number in range(1000, 2000):
            expected[oracle.name_of(number)] = oracle.clean(self.events.event(number), keys, "first",
                                                            False)
        report = checker.compare(expected, self.rows("first"))
        self.assertTrue(report, str(report))
        self.assertEqual(len(self.rows("second")), len(self.expected("second", range(1000))))

    def test_a_key_that_nobody_can_read(self):
        """It may be anybody's withdrawal. A tombstone of it is the way out."""
        worker = self.begin()
        rubbish = "acount.user_id:u1"
        self.put_consent([(rubbish, self.events.consent("u1")[1])])
        self.put_events(range(1000, 2000))
        self.wait_not_ready(worker)
        self.nothing_comes()
        self.put_consent([(rubbish, "")])
        self.wait_settled()
        worker.wait_ready()
        self.check_exact(range(2000))

    def test_a_key_that_nobody_can_read_at_the_start(self):
        rubbish = "acount.user_id:u1"
        self.put_consent()
        self.put_consent([(rubbish, "{}")])
        self.put_events(range(1000))
        worker = self.worker().start(ready=False)
        worker.wait_until(lambda: worker.page("/ready")[0] == 503, "does not answer")
        time.sleep(2)
        self.assertEqual(worker.page("/ready")[0], 503)
        self.nothing_comes()
        self.put_consent([(rubbish, "")])
        self.wait_settled()
        self.check_exact(range(1000))

    def test_values_that_nobody_can_read(self):
        """They deny their subject everything. A text that is no JSON may hide an age: its subject is
        taken for a minor, and withheld."""
        self.put_consent()
        no_text = ["{", "\x00", "x" * 5000, b"\xff\xfe", '{"seq":1', "[" * 100]
        no_value = ["null", '{"seq":-1}', '{"seq":9,"purposes":7}', '{"seq":1e999}',
                    '{"seq":9,"purposes":{"operation":{"state":"garnted"}}}', '{"seq":9}']
        user = ["u%d" % (3 * i) for i in range(len(no_text + no_value))]
        self.put_consent([("account.user_id:" + one, value)
                          for one, value in zip(user, no_text + no_value)])
        self.put_events(range(2000))
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        minors = set(user[:len(no_text)])
        numbers = [n for n in range(2000) if oracle.user_of(n) not in minors]
        self.assertLess(len(numbers), 2000)
        self.check_exact(numbers, purposes_of=lambda one: (
            [] if one in user else oracle.granted_purposes(one)))

    def test_no_consent_at_all(self):
        self.put_events(range(1000))
        self.worker().start()
        self.wait_settled()
        self.check_exact(range(1000), purposes_of=lambda user: [])

    def test_compacted(self):
        """A topic that was compacted, with tombstones and gaps, says the same."""
        self.admin("set-config", self.consent, "cleanup.policy=compact", "segment.ms=100",
                   "min.cleanable.dirty.ratio=0.01", "delete.retention.ms=100")
        for seq in range(1, 6):
            self.put_consent([self.events.consent("u%d" % i, purposes=[], seq=seq)
                              for i in range(oracle.USERS)])
            time.sleep(0.3)
        self.put_consent([self.events.consent("u%d" % i, seq=9) for i in range(oracle.USERS)])
        self.put_consent([("account.user_id:gone", "")])
        time.sleep(0.3)
        self.put_consent([self.events.consent("another", [])])
        end = time.monotonic() + PATIENCE
        while len(self.consume(self.consent)) > 2 * oracle.USERS and time.monotonic() < end:
            time.sleep(0.5)
        self.assertLess(len(self.consume(self.consent)), 3 * oracle.USERS, "was not compacted")
        self.put_events(range(1000))
        self.worker().start()
        self.wait_settled()
        self.check_exact(range(1000))


class TwoPartitions(ConsentCase):
    """Writers with different partitioners: one subject's state stands in two partitions, with no order
    between them. The stricter one holds."""

    consent_partitions = 2

    def test_denied_where_they_disagree(self):
        granted = [self.events.consent("u%d" % i, ["operation", "marketing"], seq=5)
                   for i in range(oracle.USERS)]
        denied = [self.events.consent("u%d" % i, [], seq=3) for i in range(0, oracle.USERS, 2)]
        self.produce(self.consent, granted, "-p", "0")
        self.produce(self.consent, denied, "-p", "1")
        self.put_events(range(2000))
        self.worker().start()
        self.wait_settled()
        self.check_exact(range(2000), purposes_of=lambda user: (
            [] if int(user[1:]) % 2 == 0 else ["operation", "marketing"]))


if __name__ == "__main__":
    unittest.main()
