"""kill -9 of workers at random moments under load: several lanes, two processes, transactions left
open. Nothing lost, nothing twice, nothing wrong."""
import time
import unittest

from stream_case import StreamCase, short_or_long


class Kill(StreamCase):
    def configure(self):
        configuration = super().configure()
        configuration["lanes"] = 2
        configuration["kafka"]["session.timeout.ms"] = 2000
        return configuration

    def kill_again_and_again(self, kills, feeder):
        """Also goes on until a kill has left a transaction open, which most do. How many did."""
        pair = [self.worker("a").start(), self.worker("b").start()]
        left_open = 0
        for round in range(4 * kills):
            if round >= kills and left_open:
                break
            time.sleep(self.random.uniform(0.2, 1.5))
            victim = self.random.choice(pair)
            victim.kill()
            left_open += self.open_transactions()
            victim.start(ready=self.random.random() < 0.5)
        return left_open

    def test_killed_under_load(self):
        self.put_consent()
        feeder = self.feed(rate=2000)
        left_open = self.kill_again_and_again(short_or_long(5, 50), feeder)
        count = feeder.stop()
        self.wait_settled()
        self.assertGreater(left_open, 0)
        self.check_exact(range(count))

    def test_both_killed_at_once(self):
        self.put_consent()
        feeder = self.feed(rate=2000)
        pair = [self.worker("a").start(), self.worker("b").start()]
        for _ in range(short_or_long(2, 10)):
            time.sleep(self.random.uniform(0.2, 1.0))
            for worker in pair:
                worker.kill()
            for worker in pair:
                worker.start(ready=False)
        count = feeder.stop()
        self.wait_settled()
        self.check_exact(range(count))


if __name__ == "__main__":
    unittest.main()
