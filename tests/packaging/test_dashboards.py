"""Every query of the board and of the alert rules names metrics, labels and label values that the
program has, by its own reference pages; every alert is explained in the operator's guide; and what
is planted wrong is found."""
import json
import os
import re
import shutil
import subprocess
import unittest

import packaging
from promql import Query

LETHE = os.environ.get("LETHE", str(packaging.SOURCE / "build/release/lethe"))
BOARD = packaging.PACKAGING / "grafana/lethe.json"
ALERTS = packaging.PACKAGING / "prometheus/alerts.yaml"
GUIDE = packaging.SOURCE / "docs/operations.md"

# What Prometheus adds to every sample.
TARGET_LABELS = {"job", "instance"}
OF_PROMETHEUS = {"up": ("gauge", TARGET_LABELS)}


def reference(page):
    return subprocess.run([LETHE, "reference", page], check=True, capture_output=True, text=True).stdout


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


class Metrics:
    """What `lethe reference` says: name -> (type, labels), and the words of each label."""

    def __init__(self):
        self.metrics = dict(OF_PROMETHEUS)
        for line in reference("metrics").splitlines():
            match = re.match(r"\| `([a-z_]+)` \| (counter|gauge|histogram) \|", line)
            if match:
                labels = set(re.findall(r"`([a-z_]+)`", cells(line)[2]))
                self.metrics[match.group(1)] = (match.group(2), labels | TARGET_LABELS)
        reasons = self.words("reasons")
        self.values = {
            "state": self.words("metrics", "States of a lane") | self.words("metrics", "States of consent"),
            "class": self.words("metrics", "How a transaction ends"),
            "reason": reasons,
            "action": self.words("actions"),
            "decision": {"withheld", "reduced", "granted"},
            "cause": {"key", "full"},
            "kind": {"assigned", "revoked", "lost"},
            "role": {"subject", "veto"},
            "result": set(re.findall(r'lethe_consent_results_total\{result="([a-z_]+)"\}',
                                     (packaging.SOURCE / "tests/worker/expected/metrics.txt").read_text())),
        }

    @staticmethod
    def words(page, title=None):
        text = reference(page)
        if title:
            text = text.split("## " + title)[1].split("\n## ")[0]
        return set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE))

    def find(self, name):
        if name in self.metrics:
            kind, labels = self.metrics[name]
            return None if kind == "histogram" else labels
        match = re.match(r"(.*)_(bucket|sum|count)$", name)
        if match and self.metrics.get(match.group(1), ("",))[0] == "histogram":
            return self.metrics[match.group(1)][1] - (set() if match.group(2) == "bucket" else {"le"})
        return None

    def problems(self, text, shown=()):
        """What is wrong with a query, and with the labels that a legend or a sentence shows."""
        query = Query(text)
        known = set()
        if not query.metrics:
            yield "it names no metric"
        for name, matchers in query.metrics:
            labels = self.find(name)
            if labels is None:
                yield f"there is no metric {name}"
                continue
            known |= labels
            for label, operator, value in matchers:
                if label not in labels:
                    yield f"{name} has no label {label}"
                elif label in self.values:
                    wanted = value.split("|") if "~" in operator else [value]
                    for word in set(wanted) - self.values[label]:
                        yield f"{label} is never {word}"
        for label in (query.labels | set(shown)) - known:
            yield f"none of its metrics has the label {label}"
        if query.labels:
            for label in set(shown) - query.labels:
                yield f"the label {label} is gone after the grouping"


def board_queries():
    board = json.loads(BOARD.read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"], re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
    for annotation in board["annotations"]["list"]:
        yield annotation["name"], annotation["expr"], re.findall(r"\{\{(\w+)\}\}", annotation["titleFormat"])


def alert_rules():
    import yaml
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        yield from group["rules"]


def alert_queries():
    for rule in alert_rules():
        text = " ".join(rule["annotations"].values())
        yield rule["alert"], rule["expr"], re.findall(r"\$labels\.(\w+)", text)


class Dashboards(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.metrics = Metrics()

    def check(self, queries, least):
        found, count = [], 0
        for title, query, shown in queries:
            count += 1
            found += [f"{title}: {problem}: {query}" for problem in self.metrics.problems(query, shown)]
        self.assertEqual(found, [])
        self.assertGreaterEqual(count, least)

    def test_board(self):
        self.check(board_queries(), 60)

    def test_alerts(self):
        self.check(alert_queries(), 20)

    def test_every_metric_can_be_seen(self):
        """The board shows all of them, but for a few that say nothing as a line."""
        not_shown = {"lethe_schema_info", "lethe_keys", "lethe_keys_locked", "lethe_batches_total", "up",
                     "lethe_rows_total", "lethe_partition_position", "lethe_partition_end",
                     "lethe_partitions_unlisted", "lethe_directory_size_bytes", "process_start_time_seconds"}
        seen = set()
        for _, query, _ in board_queries():
            for name, _ in Query(query).metrics:
                seen.add(name if name in self.metrics.metrics else re.sub(r"_(bucket|sum|count)$", "", name))
        self.assertEqual(set(self.metrics.metrics) - seen - not_shown, set())
        self.assertEqual(not_shown & seen, set())

    def test_what_is_wrong_is_found(self):
        for query, shown, problem in [
                ("lethe_redy == 0", [], "there is no metric lethe_redy"),
                ("rate(lethe_transaction_duration_seconds[5m])", [], "there is no metric"),
                ("rate(lethe_ready_bucket[5m])", [], "there is no metric"),
                ('lethe_rows_total{topic="x"}', [], "has no label topic"),
                ('lethe_lane_state{state="halting"}', [], "never halting"),
                ('lethe_lane_state{state=~"halted|gone"}', [], "never gone"),
                ('lethe_fields_total{action!="shred"}', [], "never shred"),
                ('lethe_fields_dropped_total{reason="nokey"}', [], "never nokey"),
                ('lethe_transactions_aborted_total{class="boredom"}', [], "never boredom"),
                ('lethe_consent_results_total{result="unreadable"}', [], "never unreadable"),
                ("sum by (recipent) (lethe_rows_total)", [], "has the label recipent"),
                ("lethe_ready and on (lane) lethe_keys", [], "has the label lane"),
                ("lethe_ready", ["recipient"], "has the label recipient"),
                ("sum by (recipient) (lethe_rows_total)", ["instance"], "gone after the grouping"),
                ("time() > 5", [], "names no metric")]:
            with self.subTest(query):
                self.assertIn(problem, "; ".join(self.metrics.problems(query, shown)))

    def test_what_is_right_is_not(self):
        for query, shown in [
                ("up == 0", ["instance", "job"]),
                ("histogram_quantile(0.9, sum by (le) (rate(lethe_transaction_duration_seconds_bucket[5m])))", []),
                ('sum by (recipient) (rate(lethe_fields_total{action=~"keep|mask",recipient="a|b"}[1h30m]))',
                 ["recipient"])]:
            with self.subTest(query):
                self.assertEqual(list(self.metrics.problems(query, shown)), [])

    def test_alerts_are_explained(self):
        names = [rule["alert"] for rule in alert_rules()]
        guide = GUIDE.read_text().split("\n## Alerts\n")[1]
        explained = re.findall(r"^\| `(Lethe\w+)` \|", guide, re.MULTILINE)
        self.assertEqual(sorted(explained), sorted(names))
        self.assertEqual(len(names), len(set(names)))
        for rule in alert_rules():
            self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
            self.assertEqual(set(rule["annotations"]), {"summary", "description"})

    def test_promtool_takes_the_rules(self):
        promtool = shutil.which("promtool")
        if not promtool:
            packaging.skip("there is no promtool, which would read the alert rules")
        subprocess.run([promtool, "check", "rules", ALERTS], check=True, capture_output=True)

    def test_board_is_laid_out(self):
        """Panels have numbers of their own and do not lie over one another."""
        panels = json.loads(BOARD.read_text())["panels"]
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
        taken = {}
        for panel in panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24)
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertIsNone(taken.get((x, y)), f"{panel['title']} lies over another")
                    taken[x, y] = panel["title"]


if __name__ == "__main__":
    packaging.main()
