"""The harness itself: the broker serves, is a real one (transactions hide what is not committed),
survives what chaos tests do to it, and is gone when nobody needs it."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import broker
from kafka_case import KafkaCase

PROGRAM = [sys.executable, "-B", broker.__file__]


class Serves(KafkaCase):
    def test_what_is_written_is_read(self):
        topic = self.topic("plain", 3)
        messages = [("k%d" % i, b"v%d\n\x00" % i) for i in range(1000)]
        self.produce(topic, messages)
        read = self.consume(topic)
        self.assertEqual({(k.decode(), v) for _, _, k, v in read}, set(messages))
        self.assertEqual(len(read), 1000)
        ends = [int(row[3]) for row in self.admin("offsets", topic)]
        self.assertEqual(sum(ends), 1000)

    def test_tombstones(self):
        topic = self.topic("compacted", 1, cleanup_policy="compact")
        self.produce(topic, [("a", "1"), ("a", "")])
        self.assertEqual([value for _, _, _, value in self.consume(topic)], [b"1", None])

    def test_records_deleted(self):
        topic = self.topic("cut")
        self.produce(topic, ["1", "2", "3"])
        self.admin("delete-records", topic, 0, 2)
        self.assertEqual([value for _, _, _, value in self.consume(topic)], [b"3"])


class Own(unittest.TestCase):
    """A broker of the test's own, as chaos tests have one."""

    def test_killed_and_started_again(self):
        """At once: it does not wait for its own registration to end (9 s, if nobody says otherwise)."""
        with tempfile.TemporaryDirectory() as directory:
            begun = time.monotonic()
            own = broker.Broker(pathlib.Path(directory) / "own").start()
            self.addCleanup(own.remove)
            case = KafkaCase()
            case.address, case.prefix = own.address, "own"
            topic = case.topic("t")
            case.produce(topic, ["before"])
            first = time.monotonic() - begun
            own.kill()
            begun = time.monotonic()
            own.start()
            case.produce(topic, ["after"])
            self.assertLess(time.monotonic() - begun, first + 8)
            self.assertEqual([v for _, _, _, v in case.consume(topic)], [b"before", b"after"])


class Fixture(KafkaCase):
    def setUp(self):  # with brokers of its own
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.state = pathlib.Path(directory.name) / "state.json"

    def wait_gone(self, supervisor):
        self.wait_for(lambda: not os.path.exists("/proc/%d" % supervisor), "it does not end")

    def test_it_ends_with_its_caller(self):
        """`sh` stands for a ctest that is interrupted: it is gone, and nobody calls `stop`."""
        caller = subprocess.Popen(["sh", "-c", '"$@"; cat', "sh", *PROGRAM, "start", self.state],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertIn(b"listens", caller.stdout.readline())
        supervisor = json.loads(self.state.read_text())["supervisor"]
        os.kill(supervisor, 0)
        caller.kill()
        caller.communicate()
        self.wait_gone(supervisor)
        self.assertFalse(self.state.exists())

    def test_it_leaves_the_next_one_alone(self):
        """One that takes its time to end, while the next run has begun."""
        subprocess.run([*PROGRAM, "start", self.state], check=True, stdout=subprocess.DEVNULL)
        first = json.loads(self.state.read_text())
        self.state.write_text(json.dumps({**first, "supervisor": os.getpid()}))
        os.kill(first["supervisor"], signal.SIGTERM)
        self.wait_gone(first["supervisor"])
        self.assertEqual(json.loads(self.state.read_text())["supervisor"], os.getpid())

    def test_a_broker_that_is_not_there_is_no_success(self):
        done = subprocess.run([*PROGRAM, "run", self.state, "true"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("was not started", done.stdout)

    def test_without_a_broker_tests_skip_and_say_so(self):
        environment = {**os.environ, "LETHE_BROKER_SKIP": "for a test"}
        for words in (["start", self.state], ["run", self.state, "false"]):
            done = subprocess.run([*PROGRAM, *words], env=environment, capture_output=True, text=True)
            self.assertEqual(done.returncode, broker.SKIPPED)
            self.assertEqual(done.stdout, "BROKER TESTS SKIPPED: for a test\n")


if __name__ == "__main__":
    unittest.main()
