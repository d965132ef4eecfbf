"""Two recipients of one stream try to join what they got."""
import json
import subprocess
import unittest

import oracle
from stream_case import StreamCase


class Join(StreamCase):
    """Two recipients put everything that a consumer can see of their topics side by side: place,
    partition, time, headers, sizes, bounds of batches and of transactions. Each has a field that names
    the record and that the other does not get, so that the test knows the truth. Together they know
    which transaction a row is of (docs/privacy.md); within one nothing may be better than chance."""

    count = 4000

    def configure(self):
        configuration = super().configure()
        for name, mine in (("first", "device.model"), ("second", "usage.event")):
            configuration["recipients"][name]["purpose"] = "operation"
            configuration["recipients"][name]["ceiling"] = ["account.user_id", mine, "time"]
            configuration["recipients"][name]["linkage"] = {"minimum": 100, "wait": "5s"}
        configuration["limits"]["batch"] = {"records": 1000, "delay": "200ms"}
        return configuration

    def read(self, topic):
        """Of each message: transaction's number, everything else that can be seen, and the row."""
        done = subprocess.run(
            ["kcat", "-q", "-b", self.address, "-C", "-t", topic, "-e", "-o", "beginning", "-f",
             "%p\x1f%o\x1f%T\x1f%h\x1f%k\x1f%s\x1e"], capture_output=True, check=True)
        out = []
        for message in done.stdout.decode().split("\x1e")[:-1]:
            partition, offset, at, headers, key, value = message.split("\x1f")
            out.append((int(partition), int(offset), int(at), headers, key, value))
        return out

    def rows_of(self, recipient, name):
        rows = []
        for partition, offset, at, headers, key, value in self.read(self.outputs[recipient]):
            self.assertEqual(at % oracle.HOUR, 0)
            for place, line in enumerate(value.split("\n")):
                row = json.loads(line)
                rows.append({"truth": name(row), "p": partition, "o": offset, "line": place,
                             "h": headers, "size": len(value), "ts": row.get("ts"),
                             "user": row["user"]["id"] if "user" in row else None})
        return rows

    def run_it(self, framing, **linkage):
        for recipient in self.configuration["recipients"].values():
            recipient["rows"]["framing"] = framing
            recipient["linkage"].update(linkage)
        self.put_consent([self.events.consent("u%d" % i, ["operation", "marketing"])
                          for i in range(oracle.USERS)])
        texts = [self.events.text(n, device={"model": "M-" + letters(n)}, id="e-" + letters(n))
                 for n in range(self.count)]
        self.produce(self.input, texts)
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        left = self.rows_of("first", lambda row: row["device"]["model"][2:])
        right = self.rows_of("second", lambda row: row["id"][2:])
        self.assertEqual(len(left), self.count)
        self.assertEqual(len(right), self.count)
        return left, right

    def hits(self, left, right, key):
        """Rows that agree in what `key` says are paired in the order in which each has them. By
        chance that finds one of each group at most."""
        groups = {}
        for side, rows in enumerate((left, right)):
            for row in rows:
                groups.setdefault(key(row), ([], []))[side].append(row["truth"])
        return sum(a == b for one, other in groups.values() for a, b in zip(one, other))

    def attacks(self, left, right):
        return {
            "position": self.hits(left, right, lambda r: 0),
            "partition": self.hits(left, right, lambda r: r["p"]),
            "partition and offset": self.hits(left, right, lambda r: (r["p"], r["o"])),
            "line": self.hits(left, right, lambda r: r["line"]),
            "time": self.hits(left, right, lambda r: r["ts"]),
            "headers": self.hits(left, right, lambda r: r["h"]),
            "size": self.hits(left, right, lambda r: r["size"]),
            "pseudonym": len({r["user"] for r in left} & {r["user"] for r in right}),
        }

    def no_better_than_chance(self, framing):
        left, right = self.run_it(framing)
        for name, found in self.attacks(left, right).items():
            # About one in each batch of a thousand, of which there may be more than four.
            self.assertLess(found, 40, name)

    def test_records(self):
        self.no_better_than_chance("record")

    def test_lines(self):
        self.no_better_than_chance("lines")

    def test_control_the_attacks_work_where_the_configuration_lets_them(self):
        for name, field in (("first", "device.model"), ("second", "id")):
            self.outputs[name] = self.topic("one." + name, 1)
            self.configuration["recipients"][name]["rows"].update(topic=self.outputs[name], key=field)
        left, right = self.run_it("record", order="kept", time="exact")
        found = self.attacks(left, right)
        self.assertEqual(found["position"], self.count)
        self.assertEqual(found["time"], self.count)


def letters(number):
    """A name without runs of digits that a detector would object to."""
    text = ""
    for _ in range(4):
        text = "abcdefghijklmnopqrstuvwxyz"[number % 26] + text
        number //= 26
    return text


if __name__ == "__main__":
    unittest.main()
