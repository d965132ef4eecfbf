"""Unique markers in everything that the input carries: keys, header names and values, topic name,
payload listed and unlisted, broken messages, damaged batches, consent's ids. None of them is in
output, quarantine, audit, files, logs, metrics or pages, in no encoding. The one exception is
checked, too: the search finds a marker that is planted in the output."""
import json
import os
import pathlib
import random
import subprocess
import sys
import unittest

import oracle
import raw_batch
from stream_case import StreamCase

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))
import artefacts  # noqa: E402

PAGES = ("/", "/metrics", "/ready", "/live", "/nothing", "/metrics?%s")


class Canary(StreamCase):
    partitions = 1

    def setUp(self):
        super().setUp()
        self.source = random.Random(6)
        self.markers = {}

    def marker(self, where):
        made = "Zq" + "".join(self.source.choice("ghjkmpqrvwxyzGHJKMPQRVWXYZ") for _ in range(12))
        self.markers[made] = where
        return made

    def put_marked(self):
        """Events of which only what is kept has no marker."""
        for number in range(30):
            event = self.events.event(number, user={"id": self.marker("subject")})
            event[self.marker("name")] = self.marker("unlisted")
            event["device"]["android_id"] = self.marker("android id")
            event["net"]["ip"] = self.marker("ip")
            event["device"]["model"] = "SM-1"
            self.put_consent([self.events.consent(event["user"]["id"], ["operation", "marketing"])])
            self.produce(self.input, [(self.marker("key"), json.dumps(event))], "-H",
                         "%s=%s" % (self.marker("header name"), self.marker("header value")))

    def put_broken(self):
        for text in ('{"type":"event","id":"%s"', "%s", '{"type":"%s"}', '["%s"]',
                     '{"type":"event","ts":"%s"}', '{"type":"event","x":"%s\x00"}'):
            self.produce(self.input, [(self.marker("key of a broken one"),
                                       text % self.marker("broken"))])

    def put_damaged(self):
        """What librdkafka makes error texts and offsets of."""
        for codec in (None, 6):
            base = int(self.admin("offsets", self.input)[0][3])
            self.produce(self.input, [(self.marker("key of a damaged one"),
                                       "%s %s" % (self.marker("damaged"), self.marker("damaged")))])
            raw_batch.damage(os.environ["LETHE_BROKER_DATA"], self.input, 0, base, codec)

    def put_consent_rubbish(self):
        self.put_consent([("account.user_id:" + self.marker("consent id"),
                           '{"seq":1,"%s":"%s"}' % (self.marker("consent"), self.marker("consent"))),
                          ("account.user_id:" + self.marker("consent id"), self.marker("consent"))])

    def collect(self, worker):
        """Everything that is left of the run, by name."""
        found = {worker.log.name: worker.log.read_bytes()}
        for topic in (*self.outputs.values(), self.quarantine, self.audit):
            for isolation in ("read_committed", "read_uncommitted"):
                done = subprocess.run(
                    ["kcat", "-q", "-b", self.address, "-C", "-t", topic, "-e", "-o", "beginning",
                     "-X", "isolation.level=" + isolation, "-f", "%k %h %s\n"],
                    capture_output=True, check=True)
                found["%s %s" % (topic, isolation)] = done.stdout
        return found

    def test_nothing_of_the_input_is_anywhere(self):
        self.configuration["source"]["poison"] = "skip"
        self.configuration["kafka"]["client.id"] = "canary"
        self.put_consent_rubbish()
        self.put_marked()
        self.put_broken()
        self.put_damaged()
        self.put_marked()
        worker = self.worker().start()
        self.wait_settled()
        pages = {path: worker.page(path % "x" if "%s" in path else path)[1].encode() for path in PAGES}
        worker.kill()
        worker.start()
        worker.stop()
        found = {**self.collect(worker), **pages}
        self.assertEqual(len(self.rows("first")), 60)
        self.assertGreater(len(found[self.quarantine + " read_committed"]), 100)
        leaks = list(artefacts.find(self.markers, found))
        self.assertEqual(leaks, [])
        for name in self.outputs.values():
            self.assertNotIn(self.input.encode(), found[name + " read_committed"])
        planted = next(iter(self.markers))
        self.assertTrue(list(artefacts.find(self.markers, {"planted": planted.encode()})))


if __name__ == "__main__":
    unittest.main()
