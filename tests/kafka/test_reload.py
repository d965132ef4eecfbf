"""SIGHUP under load, with what is good and what is bad; keys that come and go while it runs."""
import json
import subprocess
import time
import unittest

import checker
import oracle
from stream_case import StreamCase, short_or_long

NEW_POLICY = oracle.POLICY.replace("version: 4", "version: 5").replace(
    "network.ip: {granted: truncate, otherwise: drop}", "network.ip: {granted: drop, otherwise: drop}")


class Reload(StreamCase):
    def reload(self, worker, metric):
        before = worker.metric(metric)
        worker.reload()
        worker.wait_until(lambda: worker.metric(metric) == before + 1, "did not reload: " + metric)

    def rows_with_policy(self, recipient):
        """(version of the policy that the message names, row)."""
        done = subprocess.run(
            ["kcat", "-q", "-b", self.address, "-C", "-t", self.outputs[recipient], "-e", "-o",
             "beginning", "-X", "isolation.level=read_committed", "-f", "%h %s\n"],
            capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            headers, text = line.split(" ", 1)
            version = next(header.split("/")[1] for header in headers.split(",")
                           if header.startswith("lethe.policy="))
            yield int(version), json.loads(text)

    def expected_of(self, version, recipient, numbers):
        rows = self.expected(recipient, numbers)
        if version == 5:
            for row in rows.values():
                row.pop("net", None)
        return rows

    def test_a_good_one_under_load(self):
        """Each row is of one policy, the one that its message names; after the reload, of the new."""
        self.configuration["lanes"] = 2
        self.put_consent()
        feeder = self.feed(rate=3000)
        worker = self.worker().start()
        time.sleep(1.5)
        (self.root / "policy.yaml").write_text(NEW_POLICY)
        self.reload(worker, "lethe_reloads_total")
        time.sleep(2)
        new_from = feeder.next
        time.sleep(1)
        count = feeder.stop()
        self.wait_settled()
        worker.stop()
        self.check_audit()
        for recipient in self.outputs:
            rows = list(self.rows_with_policy(recipient))
            by_version = {version: [row for v, row in rows if v == version] for version in (4, 5)}
            for version, got in by_version.items():
                ids = {row["id"] for row in got}
                self.assertGreater(len(ids), 100)
                expected = self.expected_of(version, recipient, map(oracle.number_of, ids))
                report = checker.compare(expected, got)
                self.assertTrue(report, "policy %d: %s" % (version, report))
            everything = {row["id"] for _, row in rows}
            self.assertEqual(len(rows), len(everything))
            self.assertEqual(everything, set(self.expected(recipient, range(count))))
            late = {row["id"] for row in by_version[4]
                    if oracle.number_of(row["id"]) >= new_from}
            self.assertEqual(late, set())

    def test_bad_ones_change_nothing(self):
        self.put_consent()
        feeder = self.feed(rate=1000)
        worker = self.worker().start()
        good = {name: (self.root / name).read_text() for name in ("policy.yaml", "schema.yaml")}
        bad = [("policy.yaml", good["policy.yaml"].replace("account.user_id: pseudonym",
                                                           "account.user_id: keep")),
               ("policy.yaml", "policy: [\n"), ("policy.yaml", ""),
               ("schema.yaml", good["schema.yaml"].replace("account.user_id", "acount.user_id"))]
        for name, text in bad:
            (self.root / name).write_text(text)
            self.reload(worker, "lethe_reloads_refused_total")
            (self.root / name).write_text(good[name])
        (self.root / "policy.yaml").unlink()
        self.reload(worker, "lethe_reloads_refused_total")
        (self.root / "policy.yaml").write_text(good["policy.yaml"])
        self.assertEqual(worker.metric("lethe_reloads_total"), 0)
        self.assertEqual(worker.metric("lethe_policy_info", version="4"), 1)
        self.reload(worker, "lethe_reloads_total")
        count = feeder.stop()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(count))

    def test_again_and_again(self):
        """Nothing is lost between two configurations, also not by a storm of signals."""
        self.configuration["lanes"] = 2
        self.put_consent()
        feeder = self.feed(rate=2000)
        worker = self.worker().start()
        for _ in range(short_or_long(30, 300)):
            worker.reload()
            time.sleep(self.random.uniform(0, 0.15))
        count = feeder.stop()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(count))


class KeysComeAndGo(Reload):
    """Epochs of an hour, all of them past: events choose their epoch by their own time."""

    def setUp(self):
        now = int(time.time() * 1000)
        self.border = now - now % oracle.HOUR - oracle.HOUR
        super().setUp()
        self.events.base = self.border - 2000

    def configure(self):
        configuration = super().configure()
        configuration["keys"] = {"directory": "keys", "epoch": "1h", "keep": "30d"}
        return configuration

    def keys(self, what, at, *words):
        clock = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at // 1000))
        self.run_lethe("keys", what, "-c", "lethe.yaml", "--clock", clock, *words)

    def make_keys(self):
        """Only up to the border."""
        (self.root / "lethe.yaml").write_text(json.dumps(self.configuration))
        self.keys("init", self.border - oracle.HOUR, "--ahead", "0")
        self.run_lethe("quarantine", "init", "--public", "quarantine.pub", "--secret",
                       "quarantine.key")

    def test_rotation_at_the_border(self):
        """Events from both sides of an epoch's border. Those of the epoch that has no key yet leave
        without identifiers; after `keys rotate` and SIGHUP they have the new epoch's pseudonyms."""
        self.put_consent()
        worker = self.worker().start()
        self.put_events(range(4000))
        self.wait_settled()
        without = self.expected("first", range(4000))
        self.keys("rotate", self.border, "--ahead", "0")
        self.reload(worker, "lethe_reloads_total")
        self.put_events(range(100000, 104000))
        self.wait_settled()
        worker.stop()
        expected = {**without, **self.expected("first", range(100000, 104000))}
        report = checker.compare(expected, self.rows("first"))
        self.assertTrue(report, str(report))
        epochs = {row["user"]["id"].split("-")[0] for row in self.rows("first") if "user" in row}
        self.assertEqual(len(epochs), 2)
        self.assertTrue(any("user" not in row and row["id"] in self.granted(4000)
                            for row in self.rows("first")))

    def granted(self, count):
        return {oracle.name_of(n) for n in range(count)
                if oracle.granted_purposes(oracle.user_of(n))}

    def test_a_destroyed_key_is_let_go(self):
        self.put_consent()
        worker = self.worker().start()
        self.put_events(range(1000))
        self.wait_settled()
        before = self.expected("first", range(1000))
        self.run_lethe("keys", "destroy", "-c", "lethe.yaml", "--all")
        self.reload(worker, "lethe_reloads_total")
        self.put_events(range(1000, 2000))
        self.wait_settled()
        worker.stop()
        after = self.expected("first", range(1000, 2000))
        self.assertFalse(any("user" in row for row in after.values()))
        report = checker.compare({**before, **after}, self.rows("first"))
        self.assertTrue(report, str(report))


if __name__ == "__main__":
    unittest.main()
