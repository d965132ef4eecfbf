"""Unique markers in every field, key, number, escape and encoding; none of them in anything that a run
leaves, but for a kept field's value in its own place. The search itself is shown to find a planted
leak in every form."""
import json
import os
import random
import subprocess
import unittest

import artefacts
from cli import CLOCK, SANITIZED, SOURCE, Scratch

KINDS = ("click", "crash", "device")


def load_example(kind):
    return json.loads((SOURCE / "tests/golden/records" / (kind + ".json")).read_text())


class Canaries:
    """Makes markers and remembers where each went."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.all = {}

    def text(self, where):
        """Letters that no encoding leaves alone by chance; ten of them, so that no two collide."""
        marker = "Zq" + "".join(self.random.choice("ghjkmpqrvwxyzGHJKMPQRVWXYZ") for _ in range(12))
        self.all[marker] = where
        return marker

    def number(self, where):
        marker = str(self.random.randrange(10**8, 10**9))
        self.all[marker] = where
        return int(marker)


def plant(value, path, canaries, keep):
    """A copy with every leaf replaced, and an unlisted member with a marked name in every object."""
    if isinstance(value, dict):
        out = {name: plant(child, path + "." + name if path else name, canaries, keep)
               for name, child in value.items()}
        out[canaries.text("name in " + path)] = canaries.text("unlisted in " + path)
        return out
    if isinstance(value, list):
        return [plant(child, path + "[]", canaries, keep) for child in value]
    if path in keep or value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return canaries.number(path)
    return canaries.text(path)


def leaves(value, path=""):
    if isinstance(value, dict):
        for name, child in value.items():
            yield from leaves(child, path + "." + name if path else name)
    elif isinstance(value, list):
        for child in value:
            yield from leaves(child, path + "[]")
    else:
        yield path, value


def rename_escaped(text, random_source):
    """The same JSON with some characters of its strings as \\u escapes."""
    out, inside, escaped = [], False, False
    for c in text:
        if c == '"' and not escaped:
            inside = not inside
        escaped = c == "\\" and not escaped
        if inside and c.isalpha() and out[-1] != "\\" and random_source.random() < 0.2 and \
                not "".join(out[-6:]).startswith("\\u") and "\\" not in out[-5:]:
            out.append("\\u%04x" % ord(c))
        else:
            out.append(c)
    return "".join(out)


class CanaryTest(Scratch):
    def setUp(self):
        super().setUp()
        os.symlink((SOURCE / "schemas").resolve(), self.root / "schemas")
        configuration = (SOURCE / "examples/lethe.yaml").read_text().replace("../schemas", "schemas")
        self.write("lethe.yaml", configuration)
        self.run_lethe("quarantine", "init", "--public", "quarantine.pub",
                       "--secret", "quarantine.key")
        self.canaries = Canaries(20261124)

    def records(self, count):
        """Marked records of all kinds; the discriminator, the time and the subjects stay."""
        source = random.Random(5)
        lines, ids = [], []
        for number in range(count):
            kind = KINDS[number % 3]
            example = load_example(kind)
            keep = {"type"} | {path for path, _ in leaves(example)
                               if path in self.kept_paths(kind)}
            record = plant(example, "", self.canaries, keep)
            ids.append(self.mark_subjects(kind, record))
            text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
            lines.append(rename_escaped(text, source) if number % 2 else text)
        return lines, ids

    def kept_paths(self, kind):
        """The event's time must be readable, or nothing of the record is tried at all."""
        text = (SOURCE / "schemas/shipped" / (kind + ".yaml")).read_text()
        for line in text.splitlines():
            if line.startswith("time:"):
                return {line.split("field:")[1].split(",")[0].strip(" }")}
        raise AssertionError("no time in " + kind)

    def mark_subjects(self, kind, record):
        text = (SOURCE / "schemas/shipped" / (kind + ".yaml")).read_text()
        subjects = next(line for line in text.splitlines() if line.startswith("subjects:"))
        ids = []
        for path in subjects.split("[", 1)[1].split("]")[0].split(","):
            at = record
            names = path.strip().split(".")
            for name in names[:-1]:
                at = at[name]
            category = next(line for line in text.splitlines()
                            if line.strip().startswith(path.strip() + ":")).split(":")[1].split()[0]
            if category == "account.user_id":
                at[names[-1]] = self.canaries.text(path)
            else:
                marker = "%016x" % self.canaries.random.randrange(2**60, 2**63)
                self.canaries.all[marker] = path
                at[names[-1]] = marker
            ids.append((category, at[names[-1]]))
        return ids

    def consent(self, ids):
        grant = {"state": "granted", "since": "2020-01-01T00:00:00Z", "policy_version": 99}
        messages = []
        for number, subjects in enumerate(ids):
            for category, identifier in subjects:
                state = dict(grant, state=("granted", "denied", "granted")[number // 3 % 3])
                messages.append({"key": category + ":" + identifier, "value": {
                    "seq": 1, "purposes": {p: state for p in
                                           ("operation", "research", "advertising",
                                            "cross_border")}}})
        return messages

    def visible(self, kept):
        """Artefacts with the kept values taken out of their own places."""
        files = self.all_files("out")
        result = {}
        for name, data in files.items():
            if not name.endswith(".zst"):
                result[name] = data
                continue
            text = subprocess.run(["zstd", "-dcq", "-"], input=data, capture_output=True,
                                  check=True).stdout
            rows = [json.loads(line) for line in text.splitlines()]
            result[name] = "\n".join(json.dumps(take_out(row, kept), ensure_ascii=False)
                                     for row in rows).encode()
        return result

    def test_nothing_leaks(self):
        lines, ids = self.records(36)
        # What cannot be processed is marked too: broken in the middle, and of no schema.
        broken = [line[:len(line) * 2 // 3] for line in lines[:9]]
        other = [json.dumps(dict(json.loads(line), type="none")) for line in lines[9:18]]
        self.write_lines("in.ndjson", lines + broken + other)
        self.write_lines("consent.ndjson", self.consent(ids))
        done = self.run_lethe("replay", "-c", "lethe.yaml", "--clock", CLOCK, "-o", "out", "in.ndjson")
        done2 = self.run_lethe("explain", "-c", "lethe.yaml", "-n", "200", "in.ndjson")
        kept = {(where, marker) for marker, where in self.canaries.all.items()}
        looked_at = self.visible(kept)
        looked_at["stdout"], looked_at["stderr"] = done.stdout, done.stderr
        looked_at["explain"] = done2.stdout + done2.stderr
        self.assertTrue(any(name.endswith(".zst") for name in looked_at))
        self.assertTrue(any(name.endswith(".sealed.ndjson") for name in looked_at))
        found = artefacts.find(self.canaries.all, looked_at)
        self.assertEqual([(self.canaries.all[c], form, name) for c, form, name in found], [])

    def test_the_search_finds_planted_leaks(self):
        marker = self.canaries.text("planted")
        missed = [form for form, needle in set(artefacts.forms(marker))
                  if not artefacts.find([marker], {"log": b"before " + needle + b" after"})]
        self.assertEqual(missed, [])
        self.assertEqual(artefacts.find([marker], {"log": b"nothing of the kind"}), [])


def take_out(value, kept, path=""):
    if isinstance(value, dict):
        return {name: take_out(child, kept, path + "." + name if path else name)
                for name, child in value.items()}
    if isinstance(value, list):
        return [take_out(child, kept, path + "[]") for child in value]
    return None if (path, str(value)) in kept else value


if __name__ == "__main__":
    unittest.main()
