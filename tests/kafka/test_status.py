"""What an operator sees of a worker on a broker is what happened: every number on /metrics against
the topics, over a reload; /ready with its reasons; and nothing of a record on any page."""
import contextlib
import re
import socket
import unittest

import oracle
from stream_case import StreamCase

EVENTS = 3000
SECOND = 1000
BROKEN = ["{kanarienvogel", '{"type":"kanarienvogel"}', '["kanarienvogel"]']


class Status(StreamCase):
    def totals(self, worker):
        """Sums that must be what the topics hold."""
        metric = worker.metric
        return {"records": metric("lethe_input_records_total"),
                "messages": metric("lethe_input_messages_total"),
                "quarantined": metric("lethe_quarantined_total"),
                "lag": metric("lethe_partition_lag"),
                **{name: metric("lethe_delivered_rows_total", recipient=name) for name in self.outputs}}

    def expect_totals(self, worker, events, broken):
        numbers = range(events)
        expected = {"records": events + broken, "messages": events + broken, "quarantined": broken, "lag": 0,
                    **{name: len(self.expected(name, numbers)) for name in self.outputs}}
        worker.wait_until(lambda: self.totals(worker) == expected, "shows other totals than %s: %s" % (
            expected, self.totals(worker)))

    def test_numbers_are_those_of_the_topics(self):
        self.put_consent()
        self.put_events(range(EVENTS))
        self.produce(self.input, [("k", text) for text in BROKEN])
        worker = self.worker().start()
        self.wait_settled()
        self.expect_totals(worker, EVENTS, len(BROKEN))
        metrics = worker.metrics()
        granted = sum("operation" in oracle.granted_purposes(oracle.user_of(n)) for n in range(EVENTS))
        self.assertEqual(worker.metric("lethe_decisions_total", recipient="first", decision="granted"), granted)
        self.assertEqual(worker.metric("lethe_decisions_total", recipient="first"), EVENTS)
        self.assertEqual(worker.metric("lethe_delivered_messages_total", recipient="first"),
                         len(self.consume(self.outputs["first"])))
        self.assertEqual(worker.metric("lethe_partition_position"),
                         sum(int(row[1]) for row in self.admin("committed", self.group, self.input)))
        self.assertEqual(metrics['lethe_consent_state{state="fresh"}'], 1)
        self.assertEqual(metrics["lethe_consent_subjects"], len(list(self.events.all_consent())))
        self.assertEqual(worker.metric("lethe_consent_position"), worker.metric("lethe_consent_end"))
        self.assertLess(metrics["lethe_consent_age_seconds"], 10)
        self.assertEqual(metrics['lethe_policy_info{policy="chaos",version="4"}'], 1)
        self.assertGreater(metrics["lethe_transactions_committed_total"], 0)
        self.assertEqual(metrics["lethe_transaction_duration_seconds_count"],
                         metrics["lethe_transactions_committed_total"])
        self.assertGreater(metrics["lethe_keys_ahead_seconds"], 0)

        # A reload: the totals go on.
        policy = (self.root / "policy.yaml").read_text()
        (self.root / "policy.yaml").write_text(policy.replace("version: 4", "version: 5"))
        worker.reload()
        worker.wait_until(lambda: 'lethe_policy_info{policy="chaos",version="5"}' in worker.metrics(),
                          "did not reload")
        self.put_events(range(EVENTS, EVENTS + SECOND))
        self.wait_settled()
        self.expect_totals(worker, EVENTS + SECOND, len(BROKEN))

        # A reload that is refused.
        (self.root / "policy.yaml").write_text("policy: chaos\nversion: nine\n")
        worker.reload()
        worker.wait_until(lambda: worker.metric("lethe_reloads_refused_total") == 1, "took a bad reload")
        self.assertIn("the last reload was refused", worker.page("/")[1])
        self.expect_nothing_of_records(worker)
        self.assertEqual(worker.stop(), 0)

    def expect_nothing_of_records(self, worker):
        users = {oracle.user_of(number) for number in range(EVENTS)}
        for path in ("/metrics", "/", "/ready", "/live", "/nothing"):
            text = worker.page(path)[1]
            words = set(re.findall(r"[\w.:-]+", text))
            self.assertNotIn("kanarienvogel", text)
            self.assertEqual(words & users, set(), path)
            self.assertEqual(words & {oracle.name_of(number) for number in range(EVENTS)}, set(), path)
        self.assertNotIn("kanarienvogel", worker.tail(10**8))

    def wait_told(self, worker, expected):
        """Until `systemctl status` would show that."""
        notes = []

        def is_told():
            with contextlib.suppress(BlockingIOError):
                while True:
                    notes.append(self.systemd.recv(4096).decode())
            told = [line[len("STATUS="):] for note in notes for line in note.splitlines()
                    if line.startswith("STATUS=")]
            return bool(told) and expected(told[-1])
        worker.wait_until(is_told, "tells systemd otherwise: %s" % notes)

    def test_ready_says_why_not(self):
        """Consent that cannot be read first, then a group that has nothing, which is ready."""
        self.configuration["consent"]["topic"] = self.prefix + ".not-there"
        self.systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.systemd.close)
        self.systemd.bind(str(self.root / "notify"))
        self.systemd.setblocking(False)
        worker = self.worker(environment={"NOTIFY_SOCKET": str(self.root / "notify")})
        worker.start(ready=False)
        worker.wait_until(lambda: worker.page("/live")[0] == 200, "is not live")
        status, text = worker.page("/ready")
        self.assertEqual(status, 503)
        self.assertGreater(len(text), 10)
        self.assertEqual(worker.metric("lethe_ready"), 0)
        self.assertIn("Not ready", worker.page("/")[1])
        self.wait_told(worker, lambda told: told == worker.page("/ready")[1].strip())
        worker.stop()
        self.configuration["consent"]["topic"] = self.consent
        worker.configure(self.configuration)
        worker.start()
        self.assertEqual(worker.page("/ready"), (200, "ready\n"))
        self.assertEqual(worker.metric("lethe_ready"), 1)
        self.wait_told(worker, lambda told: told == "running")
        self.assertEqual(worker.stop(), 0)


if __name__ == "__main__":
    unittest.main()
