#!/usr/bin/python3
"""What `lethe run` costs beside Kafka itself: ratios to the bare mirror in the same run, on the same
broker. Not a test: it prints tables and judges nothing.

    tests/kafka/measure.py [cpu] [memory] [interval] [consent] [takeover]     all without a word

From the root of the checkout after `./dev build`. MEASURE_RECORDS (default 400000) is how many
records a case reads. Records are `lethe generate --schema click`: about 650 bytes, three pseudonyms.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("LETHE_BINARY_DIR", ROOT / "build/release"))
os.environ.setdefault("LETHE", str(BUILD / "lethe"))
os.environ.setdefault("LETHE_BROKER_ADMIN", str(BUILD / "tests/kafka/kafka_admin"))

import broker  # noqa: E402
import oracle  # noqa: E402
from kafka_worker import LETHE  # noqa: E402
from stream_case import StreamCase  # noqa: E402

MIRROR = str(BUILD / "tests/kafka/kafka_mirror")
RECORDS = int(os.environ.get("MEASURE_RECORDS", "400000"))
PACK = 64 * 1024
CEILING = ["account.user_id", "device.android_id", "usage.session", "device", "app", "network",
           "usage", "time"]
HEAD = "%-34s %9s %9s %9s %8s"
LINE = "%-34s %9.0f %9.0f %9.0f %8s"


class Probe:
    """Something that moves a group forward: its processor time against what the group committed."""

    def __init__(self, case, pid, group, total):
        self.case, self.pid, self.group, self.total = case, pid, group, total

    def committed(self):
        return sum(max(0, int(row[1])) for row in
                   self.case.admin("committed", self.group, self.case.input))

    def cpu(self):
        fields = pathlib.Path("/proc/%d/stat" % self.pid).read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def sample(self):
        return self.committed(), self.cpu(), time.monotonic()

    def measure(self):
        """Share of the messages between two samples, processor seconds and seconds between them:
        from the first commits to the last but few."""
        begun, first = time.monotonic(), self.sample()
        while first[0] < self.total * 0.05 and first[2] < begun + 60:
            time.sleep(0.02)
            first = self.sample()
        if first[0] == 0:
            raise SystemExit("nothing is committed:\n" + "\n".join(w.tail() for w in self.case.workers))
        last, end = first, time.monotonic() + 300
        while last[0] < self.total and time.monotonic() < end:
            time.sleep(0.1)
            last = self.sample()
        return (last[0] - first[0]) / self.total, last[1] - first[1], last[2] - first[2]


class Measure(StreamCase):
    def runTest(self):
        pass

    def make_topics(self):
        self.input = self.topic("events", 4)
        self.consent = self.topic("consent", 1, cleanup_policy="compact")
        self.quarantine = self.topic("quarantine", 1)
        self.audit = self.topic("audit", 1)
        self.outputs = {"first": self.topic("clean", 4)}
        self.group = self.prefix

    def configure(self):
        configuration = super().configure()
        shipped = ROOT / "schemas/shipped"
        configuration["recipients"]["first"]["ceiling"] = CEILING
        click = (shipped / "click.yaml").read_text()
        (self.root / "click.yaml").write_text(click.replace("topic: events.click, ", ""))
        configuration["schemas"] = ["click.yaml"]
        configuration["policy"] = str(shipped / "default-policy.yaml")
        configuration["limits"] = {"batch": {"records": 10000, "bytes": "64MiB", "delay": "1s"}}
        configuration["kafka"] = {"bootstrap.servers": self.address}
        return configuration

    def generate(self, count, codec="none", packed=False):
        """Fills the input with records, and consent with that of their people. How many messages."""
        records = self.root / "records.ndjson"
        self.run_lethe("generate", "--schema", "click", "--count", count, "--seed", 1, "--start",
                       time.strftime("%Y-%m-%dT%H:00:00Z", time.gmtime()),
                       "--consent", "consent.ndjson", "-o", records)
        self.run_lethe("keys", "rotate", "-c", "lethe.yaml")
        messages, size, out = 0, 0, self.root / "messages"
        with open(records, "rb") as lines, open(out, "wb") as file:
            for line in lines:
                line = line.rstrip(b"\n")
                if packed and size and size + len(line) + 1 <= PACK:
                    file.write(b"\n")
                    size += 1
                else:
                    file.write(b"\x1e" if messages else b"")
                    messages, size = messages + 1, 0
                file.write(line)
                size += len(line)
        subprocess.run(["kcat", "-q", "-b", self.address, "-P", "-t", self.input, "-D", "\x1e",
                        "-X", "compression.codec=" + codec, "-X", "linger.ms=20", "-X",
                        "sticky.partitioning.linger.ms=5", "-l", out], check=True)
        consent = [json.loads(line) for line in open(self.root / "consent.ndjson")]
        self.put_consent([(one["key"], json.dumps(one["value"])) for one in consent])
        return messages

    def codec(self, codec):
        return {} if codec == "none" else {"compression.codec": codec, "compression.level": 1}

    def run_mirror(self, total, *options):
        group = "%s.mirror%d" % (self.prefix, time.monotonic_ns())
        process = subprocess.Popen(
            [MIRROR, self.address, group, group, self.input, self.outputs["first"], *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=broker.die_with_parent)
        try:
            return Probe(self, process.pid, group, total).measure()
        finally:
            process.kill()
            process.wait()

    def run_worker(self, total, name=None, lanes=1):
        self.configuration["source"]["group"] = "%s.run%d" % (self.prefix, time.monotonic_ns())
        self.configuration["lanes"] = lanes
        worker = self.worker(name)
        worker.start(ready=False)
        try:
            probe = Probe(self, worker.process.pid, self.configuration["source"]["group"], total)
            measured = probe.measure()
            worker.peak = worker.memory()
            worker.table = worker.metric("lethe_consent_memory_bytes") / 1024
            return worker, measured
        finally:
            worker.end()


def case(**options):
    """A fresh stream on the one broker."""
    made = Measure()
    made.setUp()
    for name, value in options.items():
        setattr(made, name, value)
    return made


def row(name, measured, records, against=None):
    share, cpu, seconds = measured
    taken = share * records
    each = cpu / taken * 1e9
    print(LINE % (name, each, taken / seconds, cpu / seconds * 100,
                  "%.2f" % (each / against) if against else "1"), flush=True)
    return each


def measure_cpu():
    print("\nProcessor time; a ratio is to the mirror of the same case\n")
    print(HEAD % ("case (in, out, compression)", "ns/record", "records/s", "% of core", "ratio"))
    for packed_in, packed_out in ((False, False), (False, True), (True, True)):
        for codec in ("none", "zstd"):
            one = case()
            total = one.generate(RECORDS, codec, packed_in)
            name = "%s, %s, %s" % ("lines" if packed_in else "record",
                                   "lines" if packed_out else "record", codec)
            options = ["batch=%d" % (10000 if not packed_in else max(1, 10000 * total // RECORDS)),
                       "pack=%d" % (PACK if packed_out and not packed_in else 0)]
            options += ["p.%s=%s" % item for item in one.codec(codec).items()]
            bare = row("mirror: " + name, one.run_mirror(total, *options), RECORDS)
            one.configuration["source"]["framing"] = "lines" if packed_in else "record"
            one.configuration["recipients"]["first"]["rows"]["framing"] = \
                "lines" if packed_out else "record"
            one.configuration["kafka"].update(one.codec(codec))
            row("run:    " + name, one.run_worker(total)[1], RECORDS, bare)
            one.doCleanups()


def measure_memory():
    print("\nMemory at full speed, without the consent table (KiB)\n")
    print("%-34s %9s %9s %9s" % ("lanes", "peak", "table", "beside it"))
    one = case()
    total = one.generate(RECORDS)
    for lanes in (1, 2, 3):
        worker, _ = one.run_worker(total, lanes=lanes)
        print("%-34d %9d %9d %9d" % (lanes, worker.peak, worker.table, worker.peak - worker.table),
              flush=True)
    one.doCleanups()


def measure_interval():
    print("\nCommit interval against throughput\n")
    print(HEAD % ("records of a transaction", "ns/record", "records/s", "% of core", "ratio"))
    one = case()
    total = one.generate(RECORDS)
    for batch in (500, 1000, 5000, 10000, 20000, 50000):
        bare = row("mirror: %d" % batch, one.run_mirror(total, "batch=%d" % batch), RECORDS)
        one.configuration["limits"]["batch"]["records"] = batch
        row("run:    %d" % batch, one.run_worker(total)[1], RECORDS, bare)
    one.doCleanups()


def measure_consent(count=1000000):
    print("\nReady with %d subjects\n" % count)
    one = case()
    batch = 100000
    for begin in range(0, count, batch):
        one.put_consent([one.events.consent("p%d" % i, ["operation"])
                         for i in range(begin, begin + batch)])
    begun = time.monotonic()
    subprocess.run(["kcat", "-q", "-b", one.address, "-C", "-t", one.consent, "-e", "-o", "beginning",
                    "-f", ""], check=True, stdout=subprocess.DEVNULL)
    bare = time.monotonic() - begun
    worker = one.worker()
    begun = time.monotonic()
    worker.start()
    print("kcat reads the topic in %.2f s; ready %.2f s after the start; %d subjects, %d KiB peak" % (
        bare, time.monotonic() - begun, worker.metric("lethe_consent_subjects"), worker.memory()))
    worker.end()
    one.doCleanups()


def progress(one):
    return {row[0]: int(row[1]) for row in one.admin("committed", one.group, one.input)}


def measure_takeover(rounds=5):
    print("\nTake-over after kill -9: seconds until every partition moves again\n")
    for name, properties, who in (
            ("dynamic, session 6 s, the other takes over", {}, "other"),
            ("dynamic, session 2 s, the other takes over", {"session.timeout.ms": 2000}, "other"),
            ("static, session 6 s, it is started again", {}, "same")):
        one = case()
        one.put_consent()
        one.configuration["schemas"], one.configuration["policy"] = ["schema.yaml"], "policy.yaml"
        one.configuration["recipients"]["first"]["ceiling"] = oracle.CEILING
        one.configuration["limits"]["batch"] = {"records": 10000, "delay": "100ms"}
        one.configuration["kafka"].update({"session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
                                           **properties})
        pair = []
        for number, instance in enumerate("ab"):
            if who == "same":
                one.configuration["kafka"]["group.instance.id"] = one.prefix + instance
            pair.append(one.worker(instance))
        for worker in pair:
            worker.start()
        feeder, times = one.feed(rate=2000), []
        for _ in range(rounds):
            time.sleep(3)
            victim = pair[0]
            victim.kill()
            begun, before = time.monotonic(), progress(one)
            if who == "same":
                victim.start(ready=False)
            while any(value <= before[partition] for partition, value in progress(one).items()):
                time.sleep(0.02)
            times.append(time.monotonic() - begun)
            if who != "same":
                victim.start()
        feeder.stop()
        print("%-46s median %.2f, most %.2f" % (name, sorted(times)[len(times) // 2], max(times)),
              flush=True)
        one.doCleanups()


MEASURES = {"cpu": measure_cpu, "memory": measure_memory, "interval": measure_interval,
            "consent": measure_consent, "takeover": measure_takeover}


def main(words):
    with tempfile.TemporaryDirectory(prefix="lethe-measure-") as directory:
        own = broker.Broker(pathlib.Path(directory) / "own").start()
        try:
            StreamCase.address = own.address
            for word in words or MEASURES:
                MEASURES[word]()
        finally:
            own.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
