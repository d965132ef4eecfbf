"""`lethe replay` from the outside: what is written, what is not, labels, determinism, statuses."""
import datetime
import json
import os
import re
import subprocess
import unittest

from cli import CLOCK, Scratch, consent, event


def what_if(*more):
    return ("replay", "-c", "lethe.yaml", "--clock", CLOCK, *more)


class Replay(Scratch):
    def setUp(self):
        super().setUp()
        self.run_lethe("quarantine", "init", "--public", "quarantine.pub",
                       "--secret", "quarantine.key")
        self.write_lines("consent.ndjson", [
            consent("account.user_id:u1"), consent("account.user_id:u2", "denied")])
        users = ["u1", "u2", "u3"]
        self.write_lines("in.ndjson", [event(i, users[i % 3]) for i in range(900)])

    def test_what_leaves(self):
        self.run_lethe(*what_if("-o", "out", "in.ndjson"))
        rows = self.rows("out", "first")
        self.assertEqual(len(rows), 900)
        granted = [row for row in rows if "user" in row]
        self.assertEqual(len(granted), 300)
        for row in granted:
            self.assertRegex(row["user"]["id"], r"^e\d+-[0-9a-f]{32}$")
            self.assertEqual(row["net"]["ip"], "203.0.113.0")
            self.assertRegex(row["page"], r"^https://shop\.example\.com/item/")
            self.assertEqual(row["ts"] % 3600000, 0)
            self.assertEqual(row["tags"], [{"name": "open"}, {"name": "close"}])
        for row in rows:
            self.assertNotIn("unlisted", row)
            if "user" not in row:
                self.assertEqual(set(row), {"ts", "device", "page"})
                self.assertEqual(row["page"], "https://shop.example.com")
                self.assertEqual(row["ts"] % 86400000, 0)

    def test_pseudonyms_differ_between_recipients(self):
        self.run_lethe(*what_if("-o", "out", "in.ndjson"))
        ids = [{row["user"]["id"] for row in self.rows("out", name) if "user" in row}
               for name in ("first", "second")]
        self.assertEqual([len(i) for i in ids], [1, 1])
        self.assertFalse(ids[0] & ids[1])

    def test_same_bytes_with_a_seed(self):
        self.run_lethe(*what_if("--seed", "7", "-o", "a", "in.ndjson"))
        self.run_lethe(*what_if("--seed", "7", "-o", "b", "in.ndjson"))
        self.run_lethe(*what_if("--seed", "8", "-o", "c", "in.ndjson"))
        a, b, c = (self.all_files(d + "/recipients") for d in "abc")
        self.assertTrue(a)
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)

    def test_same_records_with_one_lane_or_two(self):
        """Keys derive from the seed alone, so the sets can be compared."""
        self.write_lines("large.ndjson", [event(i, "u1") for i in range(4000)])
        sets = []
        for lanes in (1, 2, 3):
            self.run_lethe(*what_if("--seed", "7", "--lanes", lanes, "-o", "out%d" % lanes,
                                    "large.ndjson"))
            sets.append(sorted(json.dumps(r, sort_keys=True)
                               for r in self.rows("out%d" % lanes, "first")))
            self.run_lethe("verify", "out%d" % lanes, "--audit",
                           "out%d/private/audit/audit.ndjson" % lanes)
        self.assertEqual(len(sets[0]), 4000)
        self.assertEqual(sets[0], sets[1])
        self.assertEqual(sets[0], sets[2])

    def test_labels_and_keys(self):
        self.run_lethe("keys", "init", "-c", "lethe.yaml")
        self.write_lines("now.ndjson", [event(i, ts=None) for i in range(3)])
        self.run_lethe("replay", "-c", "lethe.yaml", "-o", "real", "in.ndjson")
        self.run_lethe(*what_if("-o", "whatif", "in.ndjson"))
        for directory, label in (("real", "pseudonymised"), ("whatif", "not-for-release")):
            manifests = [json.loads(text) for name, text in
                         self.all_files(directory + "/recipients").items()
                         if name.endswith(".manifest.json")]
            self.assertTrue(manifests)
            self.assertEqual({m["label"] for m in manifests}, {label})

    def test_nothing_is_written_without_o(self):
        before = self.all_files()
        self.run_lethe(*what_if("in.ndjson"))
        self.assertEqual(self.all_files(), before)

    def test_standard_output(self):
        done = self.run_lethe(*what_if("--recipient", "first", "-o", "-", "in.ndjson"))
        self.assertEqual(len([json.loads(line) for line in done.stdout.splitlines()]), 900)
        self.run_lethe(*what_if("-o", "-", "in.ndjson"), status=2)

    def test_standard_input(self):
        text = (self.root / "in.ndjson").read_bytes()
        done = self.run_lethe(*what_if("--recipient", "first", "-o", "-", "-"), stdin=text)
        self.assertEqual(len(done.stdout.splitlines()), 900)

    def test_a_bad_line_costs_itself(self):
        lines = [json.dumps(event(i)) for i in range(20)]
        lines[7] = '{"type":"event","ts":'
        lines[11] = '{"type":"other"}'
        self.write_lines("bad.ndjson", lines)
        done = self.run_lethe(*what_if("-o", "out", "bad.ndjson"))
        self.assertEqual(len(self.rows("out", "first")), 18)
        self.assertIn(b"bad.ndjson:8:", done.stderr)
        self.assertIn(b"bad.ndjson:12:", done.stderr)
        self.run_lethe(*what_if("--strict", "-o", "out2", "bad.ndjson"), status=1)
        sealed = list((self.root / "out/private/quarantine").glob("*.sealed.ndjson"))
        self.assertEqual(len(sealed), 1)
        opened = self.run_lethe("quarantine", "open", "--secret", "quarantine.key", sealed[0])
        self.assertEqual([json.loads(line)["value"] for line in opened.stdout.splitlines()],
                         [lines[7], lines[11]])
        count = self.run_lethe("quarantine", "count", sealed[0])
        self.assertRegex(count.stdout.decode(), r"malformed +1 ")
        self.assertRegex(count.stdout.decode(), r"no_schema +1 ")

    def test_the_quarantine_ends(self):
        self.write_lines("bad.ndjson", ['{"type":"event","ts":'])
        self.run_lethe(*what_if("-o", "out", "bad.ndjson"))
        folder = self.root / "out/private/quarantine"
        sealed, = folder.glob("*.sealed.ndjson")
        sealed_at = json.loads(sealed.read_text())["time"]
        torn = folder / ("0" * 32 + ".sealed.ndjson")
        torn.write_text('{"reason":')
        left = folder / ("." + "1" * 32 + ".sealed.ndjson.partial")
        left.write_text("")
        other = folder / "notes.txt"
        other.write_text("not ours")
        link = folder / ("2" * 32 + ".sealed.ndjson")
        link.symlink_to(other)
        for path in (torn, left, other):
            os.utime(path, (0, 0))
        # One second before its time a file stays; the others are of 1970.
        end = datetime.datetime.fromisoformat(sealed_at) + datetime.timedelta(days=7)
        early = (end - datetime.timedelta(seconds=1)).isoformat()
        done = self.run_lethe("quarantine", "prune", "-c", "lethe.yaml", "--clock", early, "out")
        self.assertEqual(done.stdout, b"ended 2 files with 0 records, kept 1\n")
        ended = {torn.name.replace(".sealed.ndjson", ".ended")}
        self.assertEqual({p.name for p in folder.iterdir()},
                         {sealed.name, other.name, link.name, *ended})
        done = self.run_lethe("quarantine", "prune", "-c", "lethe.yaml", "--clock", end.isoformat(),
                              "out/private/quarantine")
        self.assertEqual(done.stdout, b"ended 1 files with 1 records, kept 0\n")
        ended.add(sealed.name.replace(".sealed.ndjson", ".ended"))
        self.assertEqual({p.name for p in folder.iterdir()}, {other.name, link.name, *ended})
        # What ended is told from what was lost.
        other.unlink()
        link.unlink()
        done = self.run_lethe("verify", "out", "--audit", "out/private/audit/audit.ndjson")
        self.assertIn(b", 2 quarantine files ended: 0 findings", done.stdout)
        (folder / sealed.name.replace(".sealed.ndjson", ".ended")).unlink()
        done = self.run_lethe("verify", "out", "--audit", "out/private/audit/audit.ndjson", status=1)
        self.assertIn(b"which is not there", done.stdout)
        # A name that cannot be left keeps nothing from ending; it is told.
        sealed.write_text('{"reason":')
        os.utime(sealed, (0, 0))
        in_the_way = folder / sealed.name.replace(".sealed.ndjson", ".ended")
        in_the_way.mkdir()
        done = self.run_lethe("quarantine", "prune", "-c", "lethe.yaml", "out", status=3)
        self.assertIn(b"ended 1 files", done.stdout)
        self.assertFalse(sealed.exists())
        in_the_way.rmdir()
        # What is not there is named; the rest is done all the same; without directories nothing is.
        done = self.run_lethe("quarantine", "prune", "--retention", "1h", "none", "out", status=2)
        self.assertIn(b"none: ", done.stderr)
        self.assertIn(b"kept 0", done.stdout)
        self.run_lethe("quarantine", "prune", "-c", "lethe.yaml")
        self.run_lethe("quarantine", "prune", "out", status=2)
        self.run_lethe("quarantine", "prune", "--retention", "soon", "out", status=2)

    def test_bad_records_of_denied_subjects_are_not_sealed(self):
        self.write_lines("consent.ndjson", [
            {"key": "account.user_id:u2", "value": {"seq": 1, "purposes": {
                p: {"state": "denied"} for p in ("operation", "marketing")}}}])
        self.write_lines("bad.ndjson", [
            '{"type":"event","user":{"id":"u2"},"ts":}', '{"type":"event","user":{"id":"u9"},"ts":}'])
        done = self.run_lethe(*what_if("-o", "out", "bad.ndjson"))
        self.assertIn("discarded", done.stdout.decode())
        sealed = list((self.root / "out/private/quarantine").glob("*.sealed.ndjson"))
        self.assertEqual(sum(len(p.read_text().splitlines()) for p in sealed), 1)

    def test_bad_configuration_writes_nothing(self):
        self.write("lethe.yaml", (self.root / "lethe.yaml").read_text().replace("home: CN", ""))
        self.run_lethe(*what_if("-o", "out", "in.ndjson"), status=2)
        self.assertFalse((self.root / "out").exists())

    def test_output_of_another_run_is_not_touched(self):
        self.run_lethe(*what_if("-o", "out", "in.ndjson"))
        before = self.all_files("out")
        self.run_lethe(*what_if("-o", "out", "in.ndjson"), status=2)
        self.assertEqual(self.all_files("out"), before)

    def test_an_unreadable_consent_key_stops_everything(self):
        self.write_lines("consent.ndjson", [consent("account.user_id:u1"), consent("accuont.id:u2")])
        done = self.run_lethe(*what_if("-o", "out", "in.ndjson"), status=3)
        self.assertIn(b"nothing is released", done.stderr)
        self.assertFalse((self.root / "out").exists())

    def test_every_record_is_accounted_for(self):
        """Hostile and broken lines between good ones: each is decided, sealed or discarded, once."""
        lines = [json.dumps(event(i, ("u1", "u2", "u3")[i % 3])) for i in range(300)]
        hostile = ['{"type":"event"', "[]", "null", '"x"', "{}", "{" * 5000, '{"a":1,"a":2}',
                   '{"type":"event","ts":"never","user":{"id":"u1"}}', "\u0000", '{"\\ud800":1}',
                   '\ufeff{"type":"event"}', '{"type":"event"} x', "1" * 4000,
                   '{"type":["event"]}', '{"type":"event","ts":1e400,"user":{"id":"u1"}}']
        mixed = [line for i, good in enumerate(lines)
                 for line in (good, hostile[i % len(hostile)])]
        data = "\n".join(mixed).encode() + b"\n" + b'{"a":"\xff\xfe"}\n' + b"\n\n   \n"
        (self.root / "hostile.ndjson").write_bytes(data)
        done = self.run_lethe(*what_if("--quiet", "-o", "out", "hostile.ndjson"))
        text = done.stdout.decode()
        records = int(text.split("in: ")[1].split()[0])
        quarantined = int(text.split("quarantined: ")[1].split()[0])
        self.assertEqual(len(self.rows("out", "first")), 300)
        self.assertEqual(records, 300 + quarantined)
        self.assertGreaterEqual(quarantined, 300)
        sealed = (self.root / "out/private/quarantine").glob("*.sealed.ndjson")
        self.assertEqual(sum(len(p.read_text().splitlines()) for p in sealed), quarantined)
        self.run_lethe("verify", "out", "--audit", "out/private/audit/audit.ndjson")

    def test_a_truncated_capture_is_named(self):
        text = "".join(json.dumps(event(i)) + "\n" for i in range(2000)).encode()
        whole = subprocess.run(["zstd", "-cq"], input=text, capture_output=True, check=True).stdout
        (self.root / "cut.ndjson.zst").write_bytes(whole[:-7])
        done = self.run_lethe(*what_if("cut.ndjson.zst"))
        self.assertRegex(done.stdout, rb"(?m)^cut\.ndjson\.zst: after \d+ lines: the input ends")

    def test_the_columns_of_the_summary_stand_in_line(self):
        self.write("lethe.yaml", (self.root / "lethe.yaml").read_text().replace(
            "home: CN", "home: DE"))
        self.write_lines("consent.ndjson", [consent("account.user_id:u1"),
                                            consent("account.user_id:u3", age=9)])
        lines = self.run_lethe(*what_if("in.ndjson")).stdout.decode().splitlines()
        decided = [line for line in lines if line.startswith(("    reduced", "    withheld"))]
        self.assertIn("cross_border", "".join(decided))
        # name, reason and count are right-aligned words; what explains them begins in one column
        self.assertEqual(len({re.match(r" +\w+ +\w+ +\d+", line).end() for line in decided}), 1, decided)
        self.write("empty.ndjson", "")
        self.assertNotIn("fields:", self.run_lethe(*what_if("empty.ndjson")).stdout.decode())

    def test_gzip_is_told_apart(self):
        self.write("in.ndjson.gz", b"\x1f\x8b\x08\x00" + bytes(range(256)) * 40)
        done = self.run_lethe(*what_if("-o", "out", "in.ndjson.gz"), status=None)
        text = (done.stdout + done.stderr).decode()
        self.assertIn("in.ndjson.gz", text)
        self.assertIn("not in this version", text)
        self.assertNotIn("malformed", text)

    def test_missing_files(self):
        self.run_lethe(*what_if("-o", "out", "none.ndjson"), status=2)
        self.run_lethe("replay", "-c", "none.yaml", "in.ndjson", status=2)
        self.assertFalse((self.root / "out").exists())

    def test_no_key_for_the_epoch_drops_the_identifier(self):
        old = [event(i, ts=1600000000000 + i) for i in range(200)]
        self.write_lines("old.ndjson", old)
        self.write_lines("consent.ndjson", [{"key": "account.user_id:u1", "value": {
            "seq": 1, "purposes": {"operation": {"state": "granted", "policy_version": 9,
                                                 "since": "2000-01-01T00:00:00Z"}}}}])
        self.run_lethe(*what_if("-o", "out", "old.ndjson"))
        rows = self.rows("out", "first")
        self.assertEqual(len(rows), 200)
        self.assertTrue(all("user" not in row and "net" in row for row in rows))


if __name__ == "__main__":
    unittest.main()
