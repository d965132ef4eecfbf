"""Two recipients put their files of one capture side by side and try to join the rows. Each gets a
field that names the record and that the other does not get, so that the test knows the truth."""
import json
import unittest

from cli import CLOCK, CLOCK_MS, Scratch, consent, event

COUNT = 2000

RECIPIENTS = """\
recipients:
  left:
    purpose: operation
    ceiling: [account.user_id, usage, time]
    region: CN
    rows: {directory: out/left}
    %s
  right:
    purpose: operation
    ceiling: [account.user_id, device.model, time]
    region: CN
    rows: {directory: out/right}
    %s
"""


def truth_left(row):
    return int(row["tags"][0]["name"][2:], 36)


def truth_right(row):
    return int(row["device"]["model"][2:], 36)


def code(number):
    """A name for the record without digit runs that a detector would object to."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    text = ""
    for _ in range(4):
        text = letters[number % 26] + text
        number //= 26
    return text


DECODE = {code(i): i for i in range(COUNT)}


class Join(Scratch):
    def prepare(self, linkage=""):
        text = (self.root / "lethe.yaml").read_text()
        head, tail = text.split("recipients:")[0], text.split("quarantine:")[1]
        self.write("lethe.yaml", head + RECIPIENTS % (linkage, linkage) + "quarantine:" + tail)
        self.run_lethe("quarantine", "init", "--public", "quarantine.pub",
                       "--secret", "quarantine.key")
        self.write_lines("in.ndjson", [
            event(i, "u1", ts=CLOCK_MS - 10800000 + i * 5000, tags=[{"name": "e-" + code(i)}],
                  device={"model": "M-" + code(i)}) for i in range(COUNT)])
        self.run_lethe("replay", "-c", "lethe.yaml", "--clock", CLOCK, "-o", "out", "in.ndjson")
        left = [(DECODE[r["tags"][0]["name"][2:]], r["ts"], r["user"]["id"])
                for r in self.rows("out", "left")]
        right = [(DECODE[r["device"]["model"][2:]], r["ts"], r["user"]["id"])
                 for r in self.rows("out", "right")]
        self.assertEqual(len(left), COUNT)
        self.assertEqual(len(right), COUNT)
        return left, right

    def by_position(self, left, right):
        return sum(a[0] == b[0] for a, b in zip(left, right))

    def by_time_and_position(self, left, right):
        """Rows of one time, paired in the order in which each file has them."""
        hits = 0
        for time in {row[1] for row in left}:
            hits += self.by_position([r for r in left if r[1] == time],
                                     [r for r in right if r[1] == time])
        return hits

    def by_pseudonym(self, left, right):
        return len({row[2] for row in left} & {row[2] for row in right})

    def by_neighbours(self, left, right):
        """Does an order of the input survive? Ascending neighbours, 1/2 by chance."""
        return max(sum(rows[i][0] < rows[i + 1][0] for i in range(COUNT - 1)) / (COUNT - 1)
                   for rows in (left, right))

    def test_defaults_give_no_better_than_chance(self):
        left, right = self.prepare()
        # By chance one row is at its own place; more than 12 has a probability below 1e-9.
        self.assertLess(self.by_position(left, right), 12)
        self.assertLess(self.by_time_and_position(left, right), 24)
        self.assertEqual(self.by_pseudonym(left, right), 0)
        self.assertLess(self.by_neighbours(left, right), 0.57)
        self.assertLessEqual(len({row[1] for row in left}), 4)

    def test_control_the_attacks_work_where_the_configuration_lets_them(self):
        left, right = self.prepare("linkage: {time: exact, order: kept}")
        self.assertEqual(self.by_position(left, right), COUNT)
        self.assertEqual(self.by_time_and_position(left, right), COUNT)
        self.assertEqual(self.by_neighbours(left, right), 1)

    def test_nothing_else_in_what_a_recipient_gets_tells_the_input(self):
        self.prepare()
        files = self.all_files("out/recipients")
        manifests = [json.loads(data) for name, data in files.items() if name.endswith(".json")]
        for manifest in manifests:
            for name in manifest:
                self.assertNotRegex(name, "input|offset|line|consent|source|lane")
        names = {}
        for name in files:
            recipient, file = name.split("/")
            names.setdefault(recipient, set()).add(file.split(".")[0])
        self.assertFalse(names["left"] & names["right"])
        for path in (self.root / "out/recipients").rglob("*.zst"):
            self.assertEqual(int(path.stat().st_mtime) % 3600, 0)


if __name__ == "__main__":
    unittest.main()
