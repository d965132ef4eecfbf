"""What a hostile client, recipients who lay their files side by side and a careless operator try,
end to end: each of these once got something out, or passed without a word."""
import json
import unittest

from cli import CLOCK, CLOCK_MS, CONFIGURATION, POLICY, SCHEMA, Scratch, event


def replaced(text, old, new):
    assert old in text, old
    return text.replace(old, new, 1)


class HostileClient(Scratch):
    """Everything in the record is the attacker's."""

    def released(self, records):
        """What the first recipient gets, as text."""
        self.write_lines("capture.ndjson", records)
        done = self.run_lethe("replay", "-c", "lethe.yaml", "--clock", CLOCK, "--seed", "1",
                              "--recipient", "first", "-o", "-", "capture.ndjson")
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def test_an_identifier_in_a_kept_value(self):
        shapes = ("YWxpY2VAZXhhbXBsZS5jb20=", "MTM4MDAxMzgwMDA", "ip-203-0-113-57",
                  "203,0,113,57", "02_42_ac_11_00_02", "A1B2-C3D4-E5F6-0718")
        rows = self.released([event(1, tags=[{"name": shape}]) for shape in shapes])
        self.assertEqual(len(rows), len(shapes))
        self.assertEqual([row["tags"] for row in rows if "tags" in row], [])

    def test_a_telephone_number_with_a_point(self):
        self.write("schema.yaml", replaced(SCHEMA, "  page: web.url\n",
                                           "  page: web.url\n  used: usage.duration\n"))
        rows = self.released([event(1, used=used) for used in (138001380.25, 13800138.125, 12.5)])
        self.assertEqual(sorted(row.get("used", 0) for row in rows), [0, 0, 12.5])

    def test_an_address_as_the_name_of_a_host(self):
        hosts = ("203.0.113.57.nip.io", "a.203.0.113.57.example.com", "203-0-113-57.nip.io")
        rows = self.released([event(1, page="https://%s/x" % host) for host in hosts])
        self.assertNotIn("113.57", json.dumps(rows))
        self.assertNotIn("113-57", json.dumps(rows))


class CarelessOperator(Scratch):
    def check(self, configuration=CONFIGURATION, status=2, policy=POLICY, schema=SCHEMA):
        self.write("lethe.yaml", configuration)
        self.write("policy.yaml", policy)
        self.write("schema.yaml", schema)
        done = self.run_lethe("check", "-c", "lethe.yaml", "--offline", status=status)
        return done.stderr.decode() + done.stdout.decode()

    def test_a_directory_inside_another(self):
        self.make_keys()
        for inner in ("out/first/second", "./out//first/x/y", "out"):
            text = self.check(replaced(CONFIGURATION, "out/second", inner))
            self.assertIn("one inside the other", text)
        self.check(replaced(CONFIGURATION, "out/second", "out/firstly"), status=0)

    def test_keys_where_a_recipient_reads(self):
        text = self.check(replaced(CONFIGURATION, "directory: keys", "directory: out/first/keys"))
        self.assertIn("the directory of the keys", text)

    def test_batches_too_small_to_hide_in(self):
        self.make_keys()
        rows = "    rows: {directory: out/first}\n"
        text = self.check(replaced(CONFIGURATION, rows, rows + "    linkage: {minimum: 0}\n"),
                          status=0)
        self.assertIn("batches of fewer than 100 rows", text)
        text = self.check(CONFIGURATION + "limits: {batch: {records: 1}}\n", status=0)
        self.assertIn("batches of fewer than 100 rows", text)

    def test_two_grids_are_finer_than_either(self):
        self.make_keys()
        schema = replaced(SCHEMA, "  page: web.url\n", "  page: web.url\n  at: place.position\n"
                          "  lat: place.latitude\n")
        rules = "  place.position: {generalise: {grid: 0.1}}\n  place.latitude: {generalise: {grid: %s}}\n"
        text = self.check(policy=replaced(POLICY, "  usage: keep\n", "  usage: keep\n" + rules % 0.101),
                          schema=schema)
        self.assertIn("`grid`", text)
        self.check(policy=replaced(POLICY, "  usage: keep\n", "  usage: keep\n" + rules % 0.2),
                   schema=schema, status=0)


if __name__ == "__main__":
    unittest.main()
