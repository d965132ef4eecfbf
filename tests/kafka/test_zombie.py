"""A worker that is stopped past its session (SIGSTOP), whose partitions another one takes over, and
that then goes on (SIGCONT): nothing of what it still does is accepted."""
import time
import unittest

from stream_case import StreamCase, short_or_long


class Zombie(StreamCase):
    def configure(self):
        configuration = super().configure()
        configuration["kafka"]["session.timeout.ms"] = 2000
        return configuration

    def wait_taken_over(self, zombie):
        """The partitions of the one that sleeps are being worked off by the other."""
        self.wait_settled()
        self.wait_for(lambda: len(self.admin("members", self.group)) == 1, "it is still a member")

    def test_never_accepted(self):
        self.put_consent()
        pair = [self.worker("a").start(), self.worker("b").start()]
        count = 0
        for round in range(short_or_long(3, 10)):
            zombie = pair[round % 2]
            feeder = self.feed(first=count, rate=3000)
            time.sleep(self.random.uniform(0.5, 1.5))
            zombie.freeze()
            time.sleep(0.3)
            count = feeder.stop()
            self.wait_taken_over(zombie)
            zombie.thaw()
            zombie.wait_ready()
        self.wait_settled()
        self.check_exact(range(count))
        for worker in pair:
            self.assertTrue(worker.running)


if __name__ == "__main__":
    unittest.main()
