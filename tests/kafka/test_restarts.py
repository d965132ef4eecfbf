"""A lane that fails is started again, later each time; one that fails again and again ends the process
with its reason; and once the reason is gone nothing was lost."""
import json
import unittest

from kafka_worker import PATIENCE
from stream_case import StreamCase


class Restarts(StreamCase):
    def delete_output(self):
        self.admin("delete-topic", self.outputs["first"])

    def events_of(self, worker, name):
        lines = [line for line in worker.tail(10**7).splitlines() if line.startswith("{")]
        return [line for line in map(json.loads, lines) if line["event"] == name]

    def test_it_ends_after_so_many(self):
        self.delete_output()
        self.put_consent()
        self.put_events(range(100))
        worker = self.worker(restarts=2).start(ready=False)
        status = worker.process.wait(PATIENCE)
        self.assertEqual(status, 3)
        self.assertEqual(len(self.events_of(worker, "lane_failed")), 3)
        self.assertIn(self.outputs["first"], self.events_of(worker, "lane_failed")[0]["why"])
        gave_up = self.events_of(worker, "lane_gave_up")
        self.assertEqual(len(gave_up), 1)
        self.assertEqual(gave_up[0]["failures"], 3)
        self.assertEqual(self.rows("second"), [])
        self.assertEqual(self.lag(), 100)

    def test_it_goes_on_when_the_reason_is_gone(self):
        self.delete_output()
        self.put_consent()
        self.put_events(range(300))
        worker = self.worker(restarts=1000).start(ready=False)
        worker.wait_until(lambda: len(self.events_of(worker, "lane_failed")) >= 2, "did not fail")
        self.assertEqual(worker.page("/ready")[0], 503)
        self.admin("create-topic", self.outputs["first"], "3")
        worker.wait_ready()
        self.wait_settled()
        self.check_exact(range(300))
        worker.stop()


if __name__ == "__main__":
    unittest.main()
