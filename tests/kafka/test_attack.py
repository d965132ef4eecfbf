"""What a client may write to hurt a worker, or others who use it: each case was a way in once, or
stands where one would be."""
import struct
import subprocess
import time
import unittest

import checker
import oracle
import raw_batch
from stream_case import StreamCase


class Reloaded(StreamCase):
    def test_the_way_out_of_a_halt(self):
        """A lane that halted by quarantine.share goes on with another share after a reload."""
        self.configuration["quarantine"]["quota"] = 50
        self.put_consent()
        self.produce(self.input, ['{"type":"other","n":%d}' % n for n in range(3000)])
        self.put_events(range(500))
        worker = self.worker().start(ready=False)
        worker.wait_until(lambda: worker.metric("lethe_lane_state", state="halted"), "no halt")
        self.configuration["quarantine"]["share"] = 100
        worker.configure(self.configuration)
        worker.reload()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(500))


class Values(StreamCase):
    """What a client may write that is nearly right."""

    def make_topics(self):
        """Nothing is deleted for its age: batches say of themselves that they are old."""
        super().make_topics()
        self.input = self.topic("old", self.partitions, retention_ms=-1)

    def raw(self, records, partition=0, codec=0, base_time=None, max_time=None):
        """A batch of (value, key, headers, timestamp delta)."""
        now = int(time.time() * 1000) if base_time is None else base_time
        body = b""
        for delta, (value, key, headers, at) in enumerate(records):
            v = raw_batch.varint
            inner = b"\x00" + v(at) + v(delta)
            inner += v(-1) if key is None else v(len(key)) + key
            inner += v(-1) if value is None else v(len(value)) + value
            inner += v(len(headers))
            for name, text in headers:
                inner += v(len(name)) + name
                inner += v(-1) if text is None else v(len(text)) + text
            body += v(len(inner)) + inner
        tail = struct.pack(">hiqqqhii", codec, len(records) - 1, now, now if max_time is None else max_time,
                           -1, -1, -1, len(records)) + body
        whole = struct.pack(">qiibI", 0, len(tail) + 9, -1, 2, raw_batch.crc32c(tail)) + tail
        return raw_batch.produce(self.address, self.input, partition, whole)

    def test_keys_headers_and_times(self):
        """Huge and empty keys, headers named like ours, times before 1970 and after 2262."""
        self.put_consent()
        n = 0
        for at in (0, 1, -1, -2**62, 2**62, 9999999999999, 2**63 - 1):
            values = []
            for key, headers in ((None, []), (b"", []), (b"k" * 300000, []),
                                 (b"\x00\xff" * 50, [(b"lethe.policy", b"evil/9"), (b"lethe.epochs", None),
                                                     (b"", b""), (b"\x00\xff", b"\xff" * 1000)]),
                                 (b"x", [(b"lethe.label", b"anonymous")] * 5000)):
                values.append((self.events.text(n).encode(), key, headers, 0))
                n += 1
            values += [(None, b"tombstone", [], 0), (b"", b"", [], 0)]
            self.raw(values, n % 4, base_time=at)
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(n))
        for topic in self.outputs.values():
            done = subprocess.run(["kcat", "-q", "-b", self.address, "-C", "-t", topic, "-e", "-o",
                                   "beginning", "-f", "%T %k %h\n"], capture_output=True, check=True)
            self.assertNotIn(b"evil", done.stdout)
            self.assertNotIn(b"anonymous", done.stdout)
            for line in done.stdout.splitlines():
                self.assertEqual(int(line.split()[0]) % 3600000, 0)

    def test_event_times(self):
        """Events of every time that a number can say, and of some that none can."""
        self.put_consent()
        texts = []
        for ts in ("0", "-1", "1e3", "9223372036854775807", "-9223372036854775808", "1e400", "-0",
                   "9223372036854775808", "253402300800000", "4102444800000", "1e18", "0.5",
                   "99999999999999999999999999", "-62135596800001", '"2026-01-01T00:00:00Z"', "null",
                   "true", "[]", "8.64e15", "-8640000000000001"):
            texts.append(self.events.text(len(texts)).replace(
                '"ts":%d' % (self.events.base + len(texts)), '"ts":' + ts))
        self.produce(self.input, texts)
        self.put_events(range(1000, 1100))
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        rows = {row["id"]: row for row in self.rows("first")}
        late = int(time.time() * 1000)
        for row in rows.values():
            if "ts" in row:
                self.assertEqual(row["ts"] % oracle.HOUR, 0)
                self.assertLessEqual(row["ts"], late)
        report = checker.compare(self.expected("first", range(1000, 1100)),
                                 [row for name, row in rows.items() if oracle.number_of(name) >= 1000])
        self.assertTrue(report, str(report))

    def test_every_codec_and_long_records(self):
        """Records of nearly a megabyte, in batches of every codec."""
        self.put_consent()
        n = 0
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            values = [self.events.text(i, filler="y" * 200) for i in range(n, n + 50)]
            values += [self.events.text(i, filler="y" * 500000) for i in range(n + 50, n + 53)]
            self.produce(self.input, values, "-z", codec)
            n += 53
            self.produce(self.input, ["[" * 900000, '{"a":' * 150000, "\x01" * 900000,
                                      '"' + "\\u0000" * 100000], "-z", codec)
        worker = self.worker().start()
        self.wait_settled()
        memory = worker.memory()
        worker.stop()
        self.check_exact(range(n))
        self.assertLess(memory, 200 * 1024)


class Packed(StreamCase):
    """Framing lines: a message may hold very many records."""

    def pack(self, framing):
        self.configuration["source"]["framing"] = framing
        self.configuration["limits"] = {"record": "64KiB", "batch": {"bytes": "1MiB", "delay": "100ms"}}
        self.put_consent()

    def check_packed(self, messages):
        """More bad records in one message than a batch has room to seal: they are counted."""
        self.configuration["quarantine"].update(quota=10000000, share=100)
        self.produce(self.input, messages)
        worker = self.worker().start()
        self.wait_settled()
        over = worker.metric("lethe_over_quota_total")
        worker.stop()
        self.assertGreater(over, 1000)
        for name in ("first", "second"):
            report = checker.compare(self.expected(name, range(1000)), self.rows(name))
            self.assertTrue(report, str(report))

    def test_many_tiny_records_in_a_message(self):
        self.pack("lines")
        good = "\n".join(self.events.text(n) for n in range(1000))
        self.check_packed(["1\n" * 60000, good, "\n" * 400000, "{}\r\n" * 100])

    def test_an_array_of_very_many(self):
        self.pack("array")
        good = "[" + ",".join(self.events.text(n) for n in range(1000)) + "]"
        self.check_packed(["[" + "1," * 60000 + "1]", good, "[" * 400000, "[" + "[]," * 100 + "]"])

    def test_records_that_grow(self):
        """A list of short ids becomes twenty times as long: what has no room in a batch is counted, and
        the stream goes on."""
        self.pack("lines")
        (self.root / "schema.yaml").write_text(oracle.SCHEMA + "  friends[]: account.user_id\n")
        bomb = self.events.text(0, friends=[7] * 1300)
        self.produce(self.input, ["\n".join([bomb] * 140)] * 3)
        self.produce(self.input, ["\n".join(self.events.text(n) for n in range(100, 600))])
        worker = self.worker().start()
        self.wait_settled()
        worker.wait_until(lambda: worker.metric("lethe_rows_too_large_total") > 0,
                          "does not count what had no room")
        worker.stop()
        rows = [row for row in self.rows("first") if row["id"] != oracle.name_of(0)]
        report = checker.compare(self.expected("first", range(100, 600)), rows)
        self.assertTrue(report, str(report))


class Forgotten(StreamCase):
    """The beginning of the consent topic is deleted: by retention, or by hand."""

    consent_partitions = 1

    def test_a_denial_that_was_deleted_is_not_unknown(self):
        """A device that was refused and a minor's account stood there; what is left is grants."""
        self.admin("set-config", self.consent, "cleanup.policy=compact,delete")
        device = self.events.event(1)["device"]["android_id"]
        denial = self.events.consent("x", [])[1]
        granted = ["operation", "marketing"]
        self.put_consent([("device.android_id:" + device, denial)])
        self.put_consent([self.events.consent(user, granted) for user in ("u1", "u3")])
        self.produce(self.input, [self.events.text(1), self.events.text(3)])
        worker = self.worker().start()
        self.wait_settled()
        self.assertEqual([row["id"] for row in self.rows("second")], [oracle.name_of(3)])
        self.admin("delete-records", self.consent, 0, 1)
        worker.wait_until(lambda: worker.page("/ready")[0] == 503, "goes on")
        self.produce(self.input, [self.events.text(1), self.events.text(3)])
        for _ in range(2):
            worker.wait_until(lambda: "were deleted" in worker.page("/ready")[1], "says why not")
            time.sleep(2)
            self.assertEqual(self.lag(), 2)
            self.assertIn("were deleted", worker.page("/ready")[1])
            worker.stop()
            worker.start(ready=False)


if __name__ == "__main__":
    unittest.main()
