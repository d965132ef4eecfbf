"""`lethe run` without any fault: what comes out, in both framings, over restarts and lanes, in order
where order is kept, and the same as `lethe replay` gives."""
import json
import subprocess
import unittest

import checker
import oracle
from stream_case import StreamCase


class Run(StreamCase):
    def test_everything_comes_out_once(self):
        self.put_consent()
        self.put_events(range(10000))
        worker = self.worker().start()
        self.wait_settled()
        self.assertEqual(worker.stop(), 0)
        self.check_exact(range(10000))
        self.assertEqual(self.consume(self.quarantine), [])

    def test_what_is_known_of_messages_stays_in(self):
        """No key, the full hour, and none of the input's headers."""
        self.put_consent()
        self.produce(self.input, [("thekey", self.events.text(n)) for n in range(300)],
                     "-H", "theheader=thevalue")
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(300))
        done = subprocess.run(
            ["kcat", "-q", "-b", self.address, "-C", "-t", self.outputs["first"], "-e", "-o",
             "beginning", "-f", "%K %T %h\n"], capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            key_size, timestamp, headers = line.split(" ", 2)
            self.assertEqual(int(key_size), -1)
            self.assertEqual(int(timestamp) % oracle.HOUR, 0)
            names = {header.split("=")[0] for header in headers.split(",")}
            self.assertLessEqual(names, {"lethe.policy", "lethe.schema", "lethe.epochs", "lethe.label"})
            self.assertIn("lethe.policy=chaos/4", headers)
            self.assertNotIn("thevalue", line)

    def test_packed_in_and_out(self):
        self.configuration["source"]["framing"] = "lines"
        for recipient in self.configuration["recipients"].values():
            recipient["rows"]["framing"] = "lines"
        self.put_consent()
        self.produce(self.input, ["\n".join(self.events.text(n) for n in range(i, i + 100))
                                  for i in range(0, 10000, 100)])
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(10000))
        self.assertLess(len(self.consume(self.outputs["first"])), 1000)

    def test_it_goes_on_where_it_stopped(self):
        self.put_consent()
        for begin in range(0, 6000, 2000):
            self.put_events(range(begin, begin + 2000))
            worker = self.worker("same").start()
            if begin:
                self.wait_settled()
            self.assertEqual(worker.stop(), 0)
        worker = self.worker("same").start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(6000))

    def test_lanes(self):
        self.configuration["lanes"] = 3
        self.put_consent()
        self.put_events(range(10000))
        worker = self.worker().start()
        self.wait_settled()
        self.assertEqual(worker.stop(), 0)
        self.check_exact(range(10000))

    def test_two_groups_are_apart(self):
        """Another group and prefix read the same input: everything comes out twice."""
        self.put_consent()
        self.put_events(range(1000))
        for group in ("one", "two"):
            self.group = self.prefix + group
            self.configuration["source"]["group"] = self.group
            worker = self.worker(group).start()
            self.wait_settled()
            worker.stop()
        rows = self.rows("first")
        self.assertEqual(len(rows), 2000)
        self.assertEqual(len({row["id"] for row in rows}), 1000)

    def test_start_latest(self):
        self.configuration["source"]["start"] = "latest"
        self.put_consent()
        self.put_events(range(500))
        self.begins = {int(row[0]): int(row[3]) for row in self.admin("offsets", self.input)}
        worker = self.worker().start()
        worker.wait_until(  # where it began is committed at once, and holds from there on
            lambda: all(int(row[1]) >= 0 for row in self.admin("committed", self.group, self.input)),
            "does not begin")
        self.put_events(range(500, 1000))
        self.wait_until_rows("first", 500)
        worker.stop()
        self.check_exact(range(500, 1000))

    def wait_until_rows(self, recipient, count):
        self.wait_for(lambda: len(self.rows(recipient)) >= count, "rows do not come")


class Order(StreamCase):
    def configure(self):
        configuration = super().configure()
        first = configuration["recipients"]["first"]
        first["rows"]["key"] = "device.model"
        first["linkage"]["order"] = "kept"
        return configuration

    def test_order_is_kept_by_key(self):
        self.put_consent()
        for begin in range(0, 10000, 1000):
            self.put_events(range(begin, begin + 1000))
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(10000))
        places = {oracle.name_of(number): place for place, number in self.read_input().items()}
        read = sorted((partition, offset, json.loads(value)) for partition, offset, _, value in
                      self.consume(self.outputs["first"]))
        self.assertEqual(checker.out_of_order(
            places, [(partition, row) for partition, _, row in read],
            lambda row: row["device"]["model"]), [])


class ReplayEqualsRun(StreamCase):
    """For the same records, consent and clock the clean records are the same set, byte for byte."""

    def test_bytes(self):
        numbers = range(5000)
        self.put_consent()
        self.put_events(numbers)
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        (self.root / "consent.ndjson").write_text("".join(
            '{"key":"%s","value":%s}\n' % message for message in self.events.all_consent()))
        with open(self.root / "in.ndjson", "wb") as lines:
            for _, _, _, value in self.consume(self.input):
                lines.write(value + b"\n")
        self.run_lethe("replay", "-c", "lethe.yaml", "--consent", "consent.ndjson", "--live-keys",
                       "-o", "out", "in.ndjson")
        for recipient in self.outputs:
            replayed = []
            for part in (self.root / "out/recipients" / recipient).glob("*.ndjson.zst"):
                replayed += subprocess.run(["zstd", "-dcq", part], capture_output=True,
                                           check=True).stdout.splitlines()
            streamed = [value for _, _, _, value in self.consume(self.outputs[recipient])]
            self.assertGreater(len(streamed), 1000)
            self.assertEqual(sorted(streamed), sorted(replayed))


if __name__ == "__main__":
    unittest.main()
