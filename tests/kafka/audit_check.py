"""The audit topic, read and judged apart from the program: chains hold, and what the publications
say of the input tiles what the group has committed."""
import collections
import hashlib
import json


class Audit:
    """messages: values of the audit topic, in the order of each partition."""

    def __init__(self, messages):
        self.findings = []
        self.entries = []
        chains = collections.defaultdict(lambda: (0, "0" * 64))
        for line in messages:
            entry = json.loads(line)
            number, previous = chains[entry["chain"]]
            digest = hashlib.blake2b(line[:line.rindex(b',"hash":"')], digest_size=32).hexdigest()
            if entry["hash"] != digest:
                self.findings.append("hash of %s %d" % (entry["chain"], entry["n"]))
            if (entry["n"], entry["previous"]) != (number + 1, previous):
                self.findings.append("%s: %d follows %d" % (entry["chain"], entry["n"], number))
            chains[entry["chain"]] = entry["n"], entry["hash"]
            self.entries.append(entry)

    def publications(self, group):
        return [entry for entry in self.entries
                if entry["event"] == "publication" and entry.get("group") == group]

    def parts(self, group):
        """Every part that a publication names, by file name."""
        return {part["file"]: part for entry in self.publications(group) for part in entry["parts"]}

    def ranges(self, group, topic):
        """By partition: (first, last, entry), in order."""
        found = collections.defaultdict(list)
        for entry in self.publications(group):
            for one in entry["input"]:
                if one["source"] == topic:
                    found[one["partition"]] += [(first, last, entry) for first, last in one["ranges"]]
        return {partition: sorted(ranges, key=lambda r: r[:2]) for partition, ranges in found.items()}

    def check_tiles(self, group, topic, committed, begins=None):
        """committed: the group's offset by partition; begins: where a partition's input began, if not
        at 0. Adds to the findings what is in two publications or in none."""
        ranges = self.ranges(group, topic)
        for partition, end in committed.items():
            at = (begins or {}).get(partition, 0)
            for first, last, _ in ranges.get(partition, []):
                if first != at:
                    self.findings.append("%s [%d]: %d to %d, after what ended before %d" % (
                        topic, partition, first, last, at))
                at = last + 1
            if at < end:
                self.findings.append("%s [%d]: committed to %d, audited to %d" % (
                    topic, partition, end, at))
        return self
