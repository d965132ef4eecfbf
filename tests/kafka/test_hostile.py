"""Ten thousand hostile messages between good ones, and batches that nobody can read: every good event
comes out, and nothing of the others."""
import json
import os
import random
import unittest

import oracle
import raw_batch
from stream_case import StreamCase


class Hostile(StreamCase):
    def hostile(self, number):
        """One of many kinds. None of them is an event; some are nearly one."""
        source = random.Random(number)
        good = self.events.text(number)
        kinds = [
            lambda: b"", lambda: b"\x00" * 100, lambda: bytes(source.randrange(256) for _ in range(200)),
            lambda: good[:source.randrange(1, len(good))], lambda: good + "x", lambda: good + good,
            lambda: "[" * 5000, lambda: '{"a":' * 200 + "1" + "}" * 200, lambda: "null", lambda: "[]",
            lambda: '"text"', lambda: "1e999999", lambda: "\ufeff" + good,
            lambda: good.replace('"type":"event"', '"type":"other"'),
            lambda: good.replace('"type":"event",', ""),
            lambda: good.replace('"id"', '"id":1,"id"', 1),
            lambda: good.replace("{", '{"type":"event",', 1), lambda: good.replace(",", ",,", 1),
            lambda: good.encode().replace(b"SM-", b"\xc3\x28"), lambda: good.replace('"type":"event"', '"type":"\\ud800"'),
            lambda: good.replace("SM-", "\x01"), lambda: good.replace("}", ',"x":"%s"}' % ("y" * 9000), 1),
            lambda: good.replace('"ts":', '"ts":00'), lambda: "NaN", lambda: "/*" + good + "*/",
            lambda: good.replace('"', "'"), lambda: good.encode("utf-16"), lambda: good.encode()[::-1],
        ]
        made = kinds[number % len(kinds)]()
        return (made.encode() if isinstance(made, str) else made).replace(b"\x1e", b"").replace(
            b"\x1d", b"")

    def put_mixed(self, good, hostile):
        """All of both, mixed, without keys."""
        messages = [self.events.text(n).encode() for n in range(good)]
        messages += [self.hostile(10**6 + n) for n in range(hostile)]
        self.random.shuffle(messages)
        self.produce(self.input, messages)

    def test_ten_thousand_between_good_ones(self):
        self.configuration["limits"]["record"] = "8KiB"
        self.configuration["quarantine"]["quota"] = 1000
        self.put_consent()
        self.put_mixed(15000, 10000)
        worker = self.worker().start()
        self.wait_settled()
        pages = worker.page("/metrics")[1] + worker.page("/")[1]
        self.assertEqual(worker.stop(), 0)
        self.check_exact(range(15000))
        sealed = [json.loads(value) for _, _, _, value in self.consume(self.quarantine)]
        self.assertGreater(len(sealed), 0)
        self.assertLessEqual(len(sealed), 2000, "the quota of a minute, in at most two of them")
        self.assertNotIn("hunter2", worker.tail(10**8) + pages)

    def test_what_was_sealed_can_be_opened(self):
        self.put_consent()
        bad = ['{"type":"event","id":"n9","ts":', '{"type":"other"}', "[1,2"]
        self.produce(self.input, bad)
        self.put_events(range(100))
        worker = self.worker().start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(100))
        (self.root / "sealed.ndjson").write_bytes(b"".join(
            value + (b"" if value.endswith(b"\n") else b"\n")
            for _, _, _, value in self.consume(self.quarantine)))
        opened = self.run_lethe("quarantine", "open", "--secret", "quarantine.key", "sealed.ndjson")
        self.assertEqual(sorted(json.loads(line)["value"] for line in opened.splitlines()), sorted(bad))

    def test_when_most_is_bad_it_halts(self):
        """It is the schema that is wrong then: the lane halts and says so, and seals no more."""
        self.configuration["quarantine"]["quota"] = 50
        self.put_consent()
        self.produce(self.input, ['{"type":"other","n":%d}' % n for n in range(5000)])
        worker = self.worker().start(ready=False)
        worker.wait_until(lambda: worker.metric("lethe_lane_state", state="halted"), "does not halt")
        self.assertEqual(worker.page("/ready")[0], 503)
        self.assertLessEqual(len(self.consume(self.quarantine)), 100)
        self.assertGreater(self.lag(), 0)


class Unreadable(StreamCase):
    """Batches of their own, so that nothing good stands in them."""

    partitions = 1

    def put_poison(self, which):
        base = int(self.admin("offsets", self.input)[0][3])
        if which == "bomb":
            raw_batch.produce(self.address, self.input, 0, raw_batch.zstd_bomb(200 << 20))
            return base
        self.produce(self.input, ["in a batch of its own"])
        raw_batch.damage(os.environ["LETHE_BROKER_DATA"], self.input, 0, base,
                         6 if which == "codec" else None)
        return base

    def test_skip(self):
        self.configuration["source"]["poison"] = "skip"
        self.put_consent()
        count = 0
        for which in ("checksum", "codec", "bomb", "checksum"):
            self.put_events(range(count, count + 500))
            count += 500
            self.put_poison(which)
        self.put_events(range(count, count + 500))
        worker = self.worker().start()
        self.wait_settled()
        memory = worker.memory()
        worker.wait_until(lambda: worker.metric("lethe_poison_total") == 4, "has counted otherwise")
        worker.stop()
        self.check_exact(range(count + 500))
        self.assertLess(memory, 400 * 1024, "a bomb of 200 MB is not let in")
        self.assertNotIn("in a batch of its own", worker.tail(10**8))

    def test_halt(self):
        self.put_consent()
        self.put_events(range(500))
        base = self.put_poison("checksum")
        self.put_events(range(500, 1000))
        worker = self.worker().start(ready=False)
        worker.wait_until(lambda: worker.metric("lethe_lane_state", state="halted"), "does not halt")
        self.assertEqual(worker.page("/ready")[0], 503)
        self.assertTrue(worker.running)
        worker.stop()
        self.check_exact(range(500))
        committed = int(self.admin("committed", self.group, self.input)[0][1])
        self.assertLessEqual(committed, base)


if __name__ == "__main__":
    unittest.main()
