"""`lethe demo --brokers` on a real broker: its numbers are what an independent reader counts, a row
that must not be there is found, and of its topics and group nothing stays."""
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

from kafka_case import KafkaCase

LETHE = os.environ.get("LETHE", "build/release/lethe")
OUTPUTS = ("clean.analytics", "clean.research")
FORGED = {"event": "click", "user_id": "e1-9f86d081884c7d659a2feaa0c55ad015",
          "device": {"model": "Aster 5"}}


class Performance:
    """A demonstration in the middle: it runs, its directory is known and its topics' suffix."""

    def __init__(self, case, *words):
        temporary = tempfile.TemporaryDirectory(prefix="lethe-demo-test-")
        case.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(temporary.name)
        self.process = subprocess.Popen(
            [LETHE, "demo", "--stream", "--keep", self.directory / "kept", *words], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(self.directory)})
        case.addCleanup(self.end)
        self.text = ""
        self.read_until("status page")
        configuration = (self.directory / "kept/lethe.yaml").read_text()
        self.address = re.search(r'bootstrap.servers: "([^"]+)"', configuration).group(1)
        self.suffix = re.search(r"topic: clean\.analytics(-[0-9a-f]{8})?,", configuration).group(1) or ""

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def read_until(self, words):
        for line in self.process.stdout:
            self.text += line
            if words in line:
                return
        raise AssertionError(self.text + self.process.stderr.read())

    def wait(self):
        """Exit status."""
        rest, self.errors = self.process.communicate(timeout=150)
        self.text += rest
        return self.process.returncode


class Demo(KafkaCase):
    def topics(self, address=None):
        done = subprocess.run(["kcat", "-b", address or self.address, "-L", "-J"],
                              capture_output=True, text=True, check=True, timeout=60)
        return {topic["topic"] for topic in json.loads(done.stdout)["topics"]}

    def check_removed(self, performance):
        self.assertEqual(performance.suffix[:1], "-")
        self.assertEqual({name for name in self.topics() if name.endswith(performance.suffix)}, set())
        offsets = self.admin("members", "lethe-demo" + performance.suffix)
        self.assertEqual(offsets, [])

    def forge(self, performance):
        """A row after the withdrawal; its writer is connected by then."""
        writer = subprocess.Popen(["kcat", "-q", "-P", "-b", performance.address, "-t",
                                   "clean.analytics" + performance.suffix, "-p", "0"],
                                  stdin=subprocess.PIPE)
        performance.read_until("those below began after it")
        writer.communicate(json.dumps(FORGED).encode(), timeout=60)
        self.assertEqual(writer.returncode, 0)

    def follow(self, performance, topic):
        """An independent reader of everything up to the topic's end."""
        name = topic + performance.suffix
        self.assertIn(name, self.topics())
        log = open(performance.directory / topic, "wb")
        self.addCleanup(log.close)
        reader = subprocess.Popen(["kcat", "-q", "-u", "-C", "-b", self.address, "-t", name, "-o",
                                   "beginning", "-X", "isolation.level=read_committed"], stdout=log,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(reader.wait)
        self.addCleanup(reader.kill)
        return performance.directory / topic

    def test_numbers_are_the_broker_s(self):
        performance = Performance(self, "--brokers", self.address)
        files = {topic: self.follow(performance, topic) for topic in OUTPUTS}
        self.assertEqual(performance.wait(), 0, performance.text + performance.errors)
        text = performance.text
        rows = {topic: [json.loads(line) for line in path.read_text().splitlines()]
                for topic, path in files.items()}
        named = [row for row in rows["clean.analytics"] if "user_id" in row]
        self.assertIn("analytics  %d rows: %d with a pseudonym, %d reduced" % (
            len(rows["clean.analytics"]), len(named), len(rows["clean.analytics"]) - len(named)), text)
        self.assertIn("research   %d rows" % len(rows["clean.research"]), text)
        self.assertIn("in         %d events" % len(rows["clean.analytics"]), text)
        # Anna's, in the order of batches: with her pseudonym, then without for good. Within the
        # batch in which it changed rows are shuffled.
        anna = ["user_id" in row for row in rows["clean.analytics"]
                if row["device"]["model"] == "Aster 5"]
        self.assertTrue(all(anna[:12]) and not any(anna[-12:]), anna)
        self.assertIn("those below began after it", text)
        self.assertNotIn("could not show", text)
        self.check_removed(performance)

    def test_a_row_that_must_not_be_there(self):
        performance = Performance(self, "--brokers", self.address)
        self.forge(performance)
        self.assertEqual(performance.wait(), 1, performance.text + performance.errors)
        self.assertRegex(performance.text, r"checked: [1-9]\d* rows without the consent")
        self.check_removed(performance)

    def test_the_same_on_the_embedded_broker(self):
        performance = Performance(self)
        self.forge(performance)
        self.assertEqual(performance.wait(), 1, performance.text + performance.errors)
        self.assertRegex(performance.text, r"checked: [1-9]\d* rows without the consent")
        self.assertIn("could not show", performance.text)

    def test_interrupted(self):
        performance = Performance(self, "--brokers", self.address)
        self.assertIn("clean.analytics" + performance.suffix, self.topics())
        performance.process.send_signal(signal.SIGTERM)
        self.assertEqual(performance.wait(), 3, performance.text + performance.errors)
        self.check_removed(performance)

    def test_nobody_there(self):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="lethe-demo-test-") as temporary:
            done = subprocess.run([LETHE, "demo", "--stream", "--brokers", "127.0.0.1:1"],
                                  capture_output=True, text=True, timeout=120,
                                  env={**os.environ, "TMPDIR": temporary})
            self.assertEqual(os.listdir(temporary), [])
        self.assertIn(done.returncode, (2, 3), done.stdout + done.stderr)
        self.assertIn("no broker answers at 127.0.0.1:1", done.stderr)
        self.assertLess(time.monotonic() - began, 20)


if __name__ == "__main__":
    unittest.main()
