"""Workers that join and leave, by SIGTERM and by kill -9, while events come."""
import time
import unittest

from stream_case import StreamCase, short_or_long


class Rebalance(StreamCase):
    def configure(self):
        configuration = super().configure()
        configuration["kafka"]["session.timeout.ms"] = 2000
        return configuration

    def test_joining_and_leaving(self):
        self.put_consent()
        feeder = self.feed(rate=2000)
        self.worker("steady").start()
        guest = self.worker("guest")
        for _ in range(short_or_long(10, 20)):
            guest.start()
            time.sleep(self.random.uniform(0.1, 0.8))
            self.assertEqual(guest.stop(), 0)
        count = feeder.stop()
        self.wait_settled()
        self.check_exact(range(count))

    def test_more_lanes_than_partitions(self):
        self.configuration["lanes"] = 3
        self.put_consent()
        feeder = self.feed(rate=1000)
        for name in ("a", "b"):
            self.worker(name).start()
        time.sleep(1)
        count = feeder.stop()
        self.wait_settled()
        self.check_exact(range(count))

    def test_partitions_are_added(self):
        """A topic grows under the worker: what is written to the new partitions comes out too."""
        self.configuration["kafka"]["topic.metadata.refresh.interval.ms"] = 1000
        self.put_consent()
        self.put_events(range(1000))
        self.worker().start()
        self.wait_settled()
        self.admin("add-partitions", self.input, self.partitions + 2)
        self.produce(self.input, [self.events.text(n) for n in range(1000, 3000)])
        self.wait_settled()
        self.check_exact(range(3000))


if __name__ == "__main__":
    unittest.main()
