"""Is what came out exactly what had to come out? Rows are told apart by their member `id`, which
every event has and every policy of these tests keeps."""
import collections
import json


def canonical(row):
    return json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class Report:
    """Ids of rows that are lost, there more than once, or not what they must be (or should not be
    there at all). `strange` counts what is no row with an id."""

    def __init__(self):
        self.lost, self.twice, self.wrong, self.strange = [], [], [], 0
        self.examples = []

    def __bool__(self):
        """True if all is well."""
        return not (self.lost or self.twice or self.wrong or self.strange)

    def __str__(self):
        return "lost %d, twice %d, wrong %d, strange %d\n%s%s" % (
            len(self.lost), len(self.twice), len(self.wrong), self.strange,
            "".join("  %s: %s\n" % (name, ids[:8]) for name, ids in
                    (("lost", self.lost), ("twice", self.twice), ("wrong", self.wrong)) if ids),
            "\n".join(self.examples[:4]))


def compare(expected, rows):
    """expected: rows by id; a list instead of a row holds the alternatives that are all right.
    rows: what was read, parsed."""
    report = Report()
    seen = collections.Counter()
    for row in rows:
        name = row.get("id") if isinstance(row, dict) else None
        if name is None:
            report.strange += 1
            report.examples.append("  strange: %s" % canonical(row)[:200])
            continue
        seen[name] += 1
        right = expected.get(name)
        if row != right and not (isinstance(right, list) and row in right):
            report.wrong.append(name)
            report.examples.append("  got  %s\n  must %s" % (canonical(row), canonical(right)))
    report.lost = sorted(set(expected) - set(seen))
    report.twice = sorted(name for name, count in seen.items() if count > 1)
    return report


def out_of_order(places, rows, key_of):
    """Rows of one key must come in the order in which their events stand in the input.
    places: (partition, offset) in the input by id. rows: (partition, row) as read. Returns the ids
    that came too early or too late, or away from the other rows of their key."""
    last, home, bad = {}, {}, []
    for partition, row in rows:
        key = key_of(row)
        if home.setdefault(key, partition) != partition or \
                places[row["id"]] < last.get(key, (-1, -1)):
            bad.append(row["id"])
        last[key] = places[row["id"]]
    return bad
