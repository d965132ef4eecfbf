"""What a careless operator, a stuck reader, a wrong clock or a frozen cluster does to a worker."""
import fcntl
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

import checker
from broker import Broker, die_with_parent
from kafka_worker import LETHE, PATIENCE
from stream_case import StreamCase, short_or_long

CLOCK = os.environ.get("LETHE_SHIFTED_CLOCK", "")


class Time(StreamCase):
    """The host's clock is set while the worker runs."""

    def start(self):
        self.clock = self.root / "clock"
        self.clock.write_bytes(bytes(8))
        return self.worker(environment={"LD_PRELOAD": CLOCK, "LETHE_CLOCK": str(self.clock)}).start()

    def set_clock(self, seconds):
        with open(self.clock, "r+b") as file:
            file.write(struct.pack("=q", int(seconds * 1000)))

    @unittest.skipUnless(CLOCK, "needs the library that shifts the clock")
    def test_set_back_it_goes_on(self):
        """An hour back: what is open leaves in its time, and not an hour later."""
        self.configuration["limits"]["batch"] = {"records": 100000, "delay": "2s"}
        self.put_consent()
        worker = self.start()
        self.put_events(range(500))
        time.sleep(0.5)
        self.set_clock(-3600)
        self.wait_settled()
        worker.stop()
        self.check_exact(range(500))


class Operator(StreamCase):
    """Configurations and actions that are wrong."""

    def ends_in_time(self, worker, seconds):
        begun = time.monotonic()
        status = worker.stop(seconds + 30)
        took = time.monotonic() - begun
        self.assertLess(took, seconds, "%d %s" % (status, worker.tail(3000)))

    def test_one_instance_twice(self):
        """Two processes under one name fence each other in turns: slow, and exact."""
        self.put_consent()
        feeder = self.feed(rate=500)
        one = self.worker("same").start()
        two = self.worker("other", instance="same").start(ready=False)
        time.sleep(12)
        count = feeder.stop()
        two.stop()
        self.wait_settled()
        one.stop()
        self.check_exact(range(count))

    def test_more_lanes_than_partitions(self):
        self.configuration["lanes"] = 64
        self.input = self.topic("single", 1)
        self.configuration["source"]["topics"] = [self.input]
        self.put_consent()
        worker = self.worker().start()
        self.put_events(range(1000))
        self.wait_settled()
        self.ends_in_time(worker, 21)
        self.check_exact(range(1000))

    def test_a_directory_of_keys_that_goes(self):
        self.put_consent()
        worker = self.worker().start()
        self.put_events(range(500))
        self.wait_settled()
        expected = self.expected("first", range(1000))
        (self.root / "keys").rename(self.root / "gone")
        worker.reload()
        worker.wait_until(lambda: worker.metric("lethe_reloads_refused_total") == 1, "takes it")
        self.put_events(range(500, 1000))
        self.wait_settled()
        self.assertIn("keys", worker.page("/")[1])
        (self.root / "gone").rename(self.root / "keys")
        worker.stop()
        report = checker.compare(expected, self.rows("first"))
        self.assertTrue(report, str(report))

    def test_a_configuration_that_is_no_file(self):
        """A FIFO, a loop of links, a directory, a device without end in the place of any file."""
        self.put_consent()
        feeder = self.feed(rate=500)
        worker = self.worker().start()
        for name in (worker.file.name, "policy.yaml", "schema.yaml", "quarantine.pub", "keys"):
            path = self.root / name
            for what in ("fifo", "loop", "directory", "zero", "endless"):
                kept = self.root / "kept"
                path.rename(kept)
                if what == "fifo":
                    os.mkfifo(path)
                elif what == "loop":
                    path.symlink_to(path)
                elif what == "directory":
                    path.mkdir()
                elif what == "zero":
                    path.symlink_to("/dev/zero")
                else:
                    path.write_text("- " * 2000000)
                before = worker.metric("lethe_reloads_refused_total")
                worker.reload()
                worker.wait_until(lambda: worker.metric("lethe_reloads_refused_total") > before,
                                  "took %s for %s" % (what, name))
                path.rmdir() if what == "directory" else path.unlink()
                kept.rename(path)
        count = feeder.stop()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(count))


class Status(StreamCase):
    def test_readers_that_do_not_read(self):
        """Connections that say nothing, half a question, or do not take the answer."""
        self.put_consent()
        worker = self.worker().start()
        open_sockets = []
        for i in range(400):
            one = socket.socket()
            one.settimeout(2)
            try:
                one.connect(("127.0.0.1", worker.port))
                one.sendall([b"", b"GET /metr", b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50,
                             b"GET / HTTP/1.1\r\nHost: " + b"x" * 20000][i % 4])
            except OSError:
                pass
            open_sockets.append(one)
        self.put_events(range(2000))
        self.wait_settled()
        self.assertLess(len(os.listdir("/proc/%d/fd" % worker.process.pid)), 200)
        self.assertEqual(worker.page("/live")[0], 200)
        for one in open_sockets:
            one.close()
        worker.stop()
        self.check_exact(range(2000))


class Frozen(StreamCase):
    """SIGTERM while the brokers say nothing, at each step of a worker's life: it ends in
    worker.shutdown (requests would wait for a minute), and what comes after is exact."""

    def setUp(self):
        directory = tempfile.mkdtemp(prefix="lethe-attack-")
        self.broker = Broker(directory).start()
        self.addCleanup(self.broker.remove)
        self.address = self.broker.address
        super().setUp()

    def check(self, seconds_before, **settings):
        self.configuration["consent"]["barrier"] = "2s"
        worker = self.worker(shutdown="5s", **settings)
        worker.start(ready=False)
        time.sleep(seconds_before)
        self.broker.signal(signal.SIGSTOP)
        time.sleep(1)
        begun = time.monotonic()
        worker.stop(60)
        took = time.monotonic() - begun
        self.broker.signal(signal.SIGCONT)
        self.assertLess(took, 5 + 8, "frozen after %s s: %s" % (seconds_before, worker.tail(2000)))

    def test_while_it_starts_and_runs(self):
        self.put_consent()
        self.put_events(range(3000))
        for after in short_or_long((0.05, 0.2, 1.2), (0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.2, 2)):
            self.check(after)
        feeder = self.feed(first=3000, rate=500)
        for after in short_or_long((2.2,), (1.5, 2.2, 3.1)):
            self.check(after)
        count = feeder.stop()
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(count))


class Ending(StreamCase):
    def test_nobody_reads_the_log(self):
        """The log is a pipe that is full: the worker cannot say that it ends, and ends."""
        self.put_consent()
        self.put_events(range(500))
        worker = self.worker(shutdown="2s")
        read, write = os.pipe()
        fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
        self.addCleanup(os.close, read)
        worker.process = subprocess.Popen(
            [LETHE, "run", "-c", worker.file.name], cwd=self.root, stdin=subprocess.DEVNULL,
            stdout=write, stderr=write, preexec_fn=die_with_parent)
        os.close(write)
        worker.wait_ready()
        for _ in range(100):
            worker.reload()
            time.sleep(0.12)
            if not worker.page("/live", 5)[0] == 200:
                break
        worker.signal(signal.SIGTERM)
        self.assertIn(worker.process.wait(PATIENCE), (0, 3))
        worker.start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(500))


if __name__ == "__main__":
    unittest.main()
