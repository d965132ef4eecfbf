"""Everything that a worker's threads do, at the same time: three lanes under load, consent that
changes, reloads, keys that come, every page asked for by several clients, and the end. What it is for
is a build under ThreadSanitizer, where a race ends the worker with a status of its own; that every
event comes out once is asked as always."""
import threading
import time
import unittest

import oracle
from stream_case import StreamCase
from test_reload import NEW_POLICY

PAGES = ("/metrics", "/", "/ready", "/live")


class AtOnce(StreamCase):
    def configure(self):
        configuration = super().configure()
        configuration["lanes"] = 3
        third = dict(configuration["recipients"]["first"], rows={"directory": "out/third"},
                     part={"bytes": "64KiB", "delay": "300ms"})
        configuration["recipients"]["third"] = third
        (self.root / "out/third").mkdir(parents=True)
        return configuration

    def in_background(self, action):
        """Again and again until the test ends; what goes wrong there fails it."""
        def run():
            turn = 0
            while not self.done.is_set():
                try:
                    action(turn)
                except Exception as error:  # told in the test's own thread
                    self.troubles.append(error)
                    return
                turn += 1
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.threads.append(thread)

    def change_consent(self, turn):
        """Of everybody in the events the same with a new number, of others this and that."""
        seq = turn + 2
        messages = [self.events.consent("u%d" % i, seq=seq) for i in range(oracle.USERS)]
        messages += [self.events.consent("u%d" % i, ["operation"] if turn % 2 else [], seq=seq)
                     for i in range(1000, 1100)]
        self.put_consent(messages)
        time.sleep(0.05)

    def reload(self, turn):
        time.sleep(0.4)
        name, new = "policy.yaml.new", oracle.POLICY if turn % 2 else NEW_POLICY
        (self.root / name).write_text(new)
        (self.root / name).rename(self.root / "policy.yaml")
        if turn % 4 == 2:
            self.run_lethe("keys", "rotate", "-c", "lethe.yaml")
        self.workers[0].reload()

    def test_at_once(self):
        self.done, self.threads, self.troubles = threading.Event(), [], []
        self.put_consent()
        feeder = self.feed(rate=2000)
        worker = self.worker().start()
        for number in range(3):
            self.in_background(
                lambda turn, number=number: worker.page(PAGES[(turn + number) % len(PAGES)]))
        self.in_background(self.change_consent)
        self.in_background(self.reload)
        time.sleep(6)
        worker.wait_until(lambda: worker.metric("lethe_reloads_total") > 3, "has not reloaded")
        count = feeder.stop()
        self.wait_settled()
        self.done.set()
        for thread in self.threads[3:]:
            thread.join()
        self.assertEqual(worker.stop(), 0, worker.tail())
        for thread in self.threads:
            thread.join()
        self.assertEqual(self.troubles, [])
        self.check_audit()
        for recipient in self.outputs:
            rows = [row["id"] for row in self.rows(recipient)]
            self.assertEqual(len(rows), len(set(rows)))
            self.assertEqual(set(rows), set(self.expected(recipient, range(count))))


if __name__ == "__main__":
    unittest.main()
