"""Recipients with directories: parts follow the commit, whole or absent. Killed at every step of
preparing, making durable, committing and renaming, the parts are what the audit names, once, and
tile the committed offsets."""
import json
import os
import pathlib
import subprocess
import time
import unittest

import xxhash

import checker
import oracle
from kafka_worker import PATIENCE
from stream_case import StreamCase, short_or_long

FAILING_CALLS = os.environ.get("LETHE_FAILING_CALLS")
KILLING_CALLS = os.environ.get("LETHE_KILLING_CALLS")
KILLED = 137  # as the two libraries end a process, in the middle of a call


class FilesCase(StreamCase):
    """`first` gets files, `second` a topic."""

    def configure(self):
        configuration = super().configure()
        first = configuration["recipients"]["first"]
        first["rows"] = {"directory": "out/first"}
        first["part"] = {"bytes": "64KiB", "delay": "300ms"}
        (self.root / "out/first").mkdir(parents=True)
        return configuration

    def directory(self, recipient="first"):
        return self.root / self.configuration["recipients"][recipient]["rows"]["directory"]

    def visible_parts(self):
        return {path.name: path for path in self.directory().glob("*.ndjson.zst")
                if not path.name.startswith(".")}

    def rows(self, recipient):
        if "directory" not in self.configuration["recipients"][recipient]["rows"]:
            return super().rows(recipient)
        rows = []
        for path in self.visible_parts().values():
            text = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout
            rows += [json.loads(line) for line in text.splitlines()]
        return rows

    def check_files(self):
        """What the audit names is there with that checksum, and nothing else; `verify` agrees."""
        named = self.check_audit().parts(self.group)
        there = self.visible_parts()
        self.assertEqual(set(there), set(named))
        for name, path in there.items():
            digest = "xxh3-128:" + xxhash.xxh3_128_hexdigest(path.read_bytes())
            self.assertEqual(digest, named[name]["checksum"])
        temporary = [path.name for path in self.directory().iterdir() if path.name.startswith(".")]
        self.assertEqual(temporary, [])
        export = self.root / "audit.ndjson"
        export.write_bytes(b"".join(value + b"\n" for _, _, _, value in self.consume(self.audit)))
        self.run_lethe("verify", self.directory(), "--audit", export)


class Files(FilesCase):
    def test_without_faults(self):
        self.put_consent()
        self.put_events(range(5000))
        worker = self.worker().start()
        self.wait_settled()
        self.assertEqual(worker.stop(), 0)
        self.check_exact(range(5000))
        self.check_files()
        self.assertGreater(len(self.visible_parts()), 1)

    def test_parts_of_several_batches(self):
        """A part is a transaction: batches wait in it, and a reader of the topic waits with them."""
        self.configuration["recipients"]["first"]["part"] = {"bytes": "64MiB", "delay": "4s"}
        self.put_consent()
        self.put_events(range(3000))
        worker = self.worker().start()
        time.sleep(1.5)
        self.assertEqual(self.visible_parts(), {})
        self.assertEqual(self.rows("second"), [])
        self.wait_settled()
        worker.stop()
        self.check_exact(range(3000))
        self.check_files()
        self.assertLess(len(self.read_audit().publications(self.group)), 4)

    def test_stopping_publishes_or_takes_back(self):
        self.configuration["recipients"]["first"]["part"] = {"bytes": "64MiB", "delay": "30s"}
        self.put_consent()
        self.put_events(range(3000))
        worker = self.worker().start()
        time.sleep(1)
        self.assertEqual(worker.stop(), 0)
        self.check_audit()
        worker.start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(3000))
        self.check_files()

    def test_killed_at_random(self):
        self.put_consent()
        feeder = self.feed(rate=3000)
        worker = self.worker()
        for _ in range(short_or_long(5, 50)):
            worker.start()
            time.sleep(self.random.uniform(0.1, 1.2))
            worker.kill()
        count = feeder.stop()
        worker.start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(count))
        self.check_files()

    def test_two_hosts_with_one_directory(self):
        """Each only touches its own; one that died is finished by its own next start."""
        self.configuration["kafka"]["session.timeout.ms"] = 2000
        self.put_consent()
        feeder = self.feed(rate=3000)
        pair = [self.worker(name).start() for name in "ab"]
        for _ in range(short_or_long(3, 20)):
            time.sleep(self.random.uniform(0.3, 1.2))
            victim = self.random.choice(pair)
            victim.kill()
            victim.start(ready=False)
        count = feeder.stop()
        self.wait_settled()
        for worker in pair:
            worker.wait_ready()
            worker.stop()
        self.check_exact(range(count))
        self.check_files()

    def test_a_lost_disk_is_reported(self):
        """What was prepared on it and committed is gone: the next start says how much, and goes on."""
        self.put_consent()
        self.put_events(range(3000))
        worker = self.worker().start()
        self.wait_settled()
        worker.kill()
        lost = self.visible_parts()
        for path in self.directory().iterdir():
            path.unlink()
        self.put_events(range(3000, 5000))
        worker.start()
        self.wait_settled()
        self.assertIn("missing", worker.tail(10**8))
        worker.stop()
        expected = self.expected("first", range(3000, 5000))
        report = checker.compare(expected, self.rows("first"))
        self.assertTrue(report, str(report))
        named = set(self.check_audit().parts(self.group))
        self.assertEqual(named - set(lost), set(self.visible_parts()))


@unittest.skipUnless(FAILING_CALLS and KILLING_CALLS, "needs the library that makes calls fail")
class EveryStep(FilesCase):
    """kill -9 right before the k-th call of a kind, for every k that comes in a short run: opening,
    writing, fsync, renaming, removing, and sending (where the commit is)."""

    def run_with(self, **plan):
        """300 events for a worker in whose environment `plan` is, until it is killed or done. Was it
        killed?"""
        worker = self.workers[0]
        before = dict(worker.environment)
        worker.environment.update(plan)
        self.put_events(range(self.count, self.count + 300))
        self.count += 300
        worker.start(ready=False)
        end = time.monotonic() + PATIENCE
        while worker.running and self.lag():
            self.assertLess(time.monotonic(), end, worker.tail())
            time.sleep(0.02)
        worker.stop()  # what follows on the commit comes at the latest now
        worker.environment = before
        self.assertIn(worker.process.returncode, (0, KILLED), worker.tail())
        return worker.process.returncode == KILLED

    def begin(self):
        self.configuration["kafka"]["session.timeout.ms"] = 1000
        self.configuration["kafka"]["heartbeat.interval.ms"] = 300
        self.put_consent()
        self.count = 0
        self.worker("only")

    def finish(self):
        worker = self.workers[0].start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(self.count))
        self.check_files()

    def every(self, call, stride=1, limit=10**6):
        """How many were hit: until a run has fewer such calls, or `limit`."""
        self.begin()
        hits, k = 0, 1
        while hits < limit and self.run_with(
                LD_PRELOAD=FAILING_CALLS, LETHE_FAIL_CALL=call, LETHE_FAIL_AT=str(k),
                LETHE_FAIL_KILL="1"):
            hits += 1
            k += stride
        self.finish()
        self.assertGreaterEqual(hits, 1)
        return hits

    def killed_at(self, where):
        self.assertTrue(self.run_with(LD_PRELOAD=KILLING_CALLS, LETHE_KILL=where), where)

    def test_commit(self):
        """Before, in the middle of, and after sending offsets and committing."""
        self.begin()
        for _ in range(short_or_long(1, 10)):
            for where in ("offsets-before", "offsets-after", "commit-before", "commit-during",
                          "commit-after"):
                self.killed_at(where)
        self.finish()

    def test_unlink(self):
        """Recovery removes what was prepared and not committed, and may be killed over it, too."""
        self.begin()
        self.assertFalse(self.run_with())  # the chain begins with a transaction of its own
        hits = []
        for k in range(1, short_or_long(3, 10)):
            self.killed_at("commit-before")
            hits.append(self.run_with(LD_PRELOAD=FAILING_CALLS, LETHE_FAIL_CALL="unlink",
                                      LETHE_FAIL_AT=str(k), LETHE_FAIL_KILL="1"))
        self.finish()
        self.assertTrue(hits[0], hits)

    def test_fsync(self):
        self.assertGreaterEqual(self.every("fsync", limit=short_or_long(12, 1000)), 3)

    def test_rename(self):
        self.assertGreaterEqual(self.every("rename", limit=short_or_long(8, 1000)), 2)

    def test_openat(self):
        self.every("openat", stride=short_or_long(5, 1), limit=short_or_long(6, 1000))

    def test_write(self):
        self.every("write", stride=short_or_long(11, 1), limit=short_or_long(8, 1000))

    def test_send(self):
        self.every("send", stride=short_or_long(17, 1), limit=short_or_long(10, 1000))


if __name__ == "__main__":
    unittest.main()
