"""The broker dies (kill -9) and freezes (SIGSTOP) under load and at commits. The worker goes on by
itself, and everything is exact. This test has a broker of its own."""
import pathlib
import tempfile
import time
import unittest
import signal

import broker
from stream_case import StreamCase, short_or_long


class BrokerFaults(StreamCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="lethe-broker-")
        self.addCleanup(directory.cleanup)
        self.own = broker.Broker(pathlib.Path(directory.name) / "own").start()
        self.addCleanup(self.own.remove)
        self.address = self.own.address
        super().setUp()

    def configure(self):
        configuration = super().configure()
        configuration["kafka"].update({"socket.timeout.ms": 3000, "session.timeout.ms": 6000})
        return configuration

    def test_killed(self):
        self.put_consent()
        feeder = self.feed(rate=1000)
        pair = [self.worker("a").start(), self.worker("b").start()]
        for _ in range(short_or_long(2, 10)):
            time.sleep(self.random.uniform(0.5, 2))
            self.own.kill()
            time.sleep(self.random.uniform(0, 1))
            self.own.start()
        time.sleep(1)
        count = feeder.stop()
        self.wait_settled()
        self.check_exact(range(count))
        self.assertTrue(all(worker.running for worker in pair))

    def freeze(self, seconds, times):
        self.put_consent()
        feeder = self.feed(rate=1000)
        worker = self.worker().start()
        for _ in range(times):
            time.sleep(self.random.uniform(0.5, 1.5))
            self.own.signal(signal.SIGSTOP)
            time.sleep(seconds)
            self.own.signal(signal.SIGCONT)
        time.sleep(1)
        count = feeder.stop()
        self.wait_settled()
        self.check_exact(range(count))
        self.assertTrue(worker.running)

    def test_frozen_for_a_moment(self):
        self.freeze(1, short_or_long(2, 10))

    def test_frozen_past_the_socket_timeout(self):
        """A commit whose answer did not come in time: the producer is replaced."""
        self.freeze(5, short_or_long(2, 5))

    def test_frozen_past_the_session(self):
        self.freeze(10, short_or_long(1, 5))


if __name__ == "__main__":
    unittest.main()
