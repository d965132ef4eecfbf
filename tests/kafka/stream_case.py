"""A whole stream for a test: topics, consent, keys, configuration, workers, and the question at the
end whether every event came out once, as the policy says."""
import json
import os
import pathlib
import random
import subprocess
import tempfile
import threading
import time

import checker
import oracle
from audit_check import Audit
from kafka_case import KafkaCase
from kafka_worker import LETHE, Worker

CHAOS = bool(os.environ.get("LETHE_CHAOS"))

PURPOSES = {"first": "operation", "second": "marketing"}


def short_or_long(short, long):
    """How often, or how much: in CI, or under `./dev chaos`."""
    return long if CHAOS else short


class StreamCase(KafkaCase):
    """Recipients: `first` (purpose operation, reduced without consent), `second` (purpose marketing,
    withheld without consent). A test changes `self.configuration` before it starts a worker."""

    partitions = 4
    consent_partitions = 3
    begins = None  # where each partition of the input began to be read, if not at its start

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="lethe-kafka-")
        self.addCleanup(directory.cleanup)
        self.root = pathlib.Path(directory.name)
        self.random = random.Random(self.id())
        self.events = oracle.Events()
        self.workers = []
        self.addCleanup(lambda: [worker.end() for worker in self.workers])
        (self.root / "schema.yaml").write_text(oracle.SCHEMA)
        (self.root / "policy.yaml").write_text(oracle.POLICY)
        self.make_topics()
        self.configuration = self.configure()
        self.make_keys()

    def make_topics(self):
        self.input = self.topic("events", self.partitions)
        self.consent = self.topic("consent", self.consent_partitions, cleanup_policy="compact")
        self.outputs = {name: self.topic("clean." + name, 3) for name in ("first", "second")}
        self.quarantine = self.topic("quarantine", 1)
        self.audit = self.topic("audit", 1)
        self.group = self.prefix

    def configure(self):
        def recipient(purpose, topic):
            return {"purpose": purpose, "ceiling": oracle.CEILING, "region": "CN",
                    "rows": {"topic": topic, "framing": "record"},
                    "linkage": {"minimum": 1, "wait": "1s"}}
        return {
            "schemas": ["schema.yaml"], "policy": "policy.yaml", "home": "CN",
            "keys": {"directory": "keys", "epoch": "7d", "keep": "30d"},
            "consent": {"topic": self.consent, "barrier": "5s"},
            "source": {"topics": [self.input], "group": self.group, "start": "earliest"},
            "recipients": {name: recipient(PURPOSES[name], topic)
                           for name, topic in self.outputs.items()},
            "quarantine": {"public_key": "quarantine.pub", "topic": self.quarantine,
                           "retention": "7d"},
            "audit": {"topic": self.audit},
            "limits": {"batch": {"records": 500, "delay": "100ms"}},
            "kafka": {"bootstrap.servers": self.address, "session.timeout.ms": 6000,
                      "heartbeat.interval.ms": 500},
        }

    def make_keys(self):
        """Keys from before the events on, so that a test at an epoch's first minute is like any."""
        (self.root / "lethe.yaml").write_text(json.dumps(self.configuration))
        yesterday = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.events.base // 1000))
        self.run_lethe("keys", "init", "-c", "lethe.yaml", "--clock", yesterday)
        self.run_lethe("quarantine", "init", "--public", "quarantine.pub", "--secret",
                       "quarantine.key")

    def run_lethe(self, *words, status=0):
        done = subprocess.run([LETHE, *map(str, words)], cwd=self.root, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=300)
        self.assertEqual(done.returncode, status, "%s\n%s\n%s" % (words, done.stdout, done.stderr))
        return done.stdout

    def worker(self, name=None, configuration=None, **options):
        """A worker of this stream, not started; killed at the end whatever happens."""
        made = Worker(self.root, name or "w%d" % len(self.workers),
                      configuration or self.configuration, self.prefix, **options)
        self.workers.append(made)
        return made

    # Writing.

    def put_consent(self, messages=None):
        """Acknowledged by the broker when this returns."""
        messages = self.events.all_consent() if messages is None else messages
        self.produce(self.consent, messages, "-X", "partitioner=murmur2_random")

    def put_events(self, numbers, topic=None):
        """Keyed by their model, so that one model's events are in order in one partition."""
        self.produce(topic or self.input,
                     ((oracle.model_of(number), self.events.text(number)) for number in numbers))

    def feed(self, first=0, rate=2000, text=None):
        """Writes events on and on, in the background, until its stop(). `text`: another event's text
        by number."""
        feeder = Feeder(self, first, rate, text or self.events.text)
        self.addCleanup(feeder.stop)
        return feeder

    # The end of a stream.

    def lag(self):
        committed = {row[0]: int(row[1]) for row in self.admin("committed", self.group, self.input)}
        return sum(int(end) - max(committed[partition], 0)
                   for partition, _, _, end in self.admin("offsets", self.input))

    def wait_settled(self):
        """Until the group has committed everything, and no transaction is open in the outputs."""
        self.wait_for(lambda: self.lag() <= 0 and not self.open_transactions(),
                      lambda: "not settled: lag %d\n%s" % (
                          self.lag(), "\n".join(w.tail(2000) for w in self.workers)))

    def has_open_transaction(self, topic):
        return any(stable != last for _, _, stable, last in self.admin("offsets", topic))

    def open_transactions(self):
        return any(map(self.has_open_transaction,
                       (*self.outputs.values(), self.quarantine, self.audit)))

    def wait_stable(self):
        """Until readers of what is committed see it all: a commit returns before its markers are
        written, partition by partition."""
        self.wait_for(lambda: not self.open_transactions(), "a transaction stays open")

    def rows(self, recipient):
        """What a reader of the recipient's topic gets: parsed rows."""
        return [json.loads(line) for _, _, _, value in self.consume(self.outputs[recipient])
                for line in value.split(b"\n") if line]

    def read_input(self):
        """Numbers of the events that are in the input, by (partition, offset)."""
        return {(partition, offset): oracle.number_of(json.loads(value)["id"])
                for partition, offset, _, value in self.consume(self.input)}

    def read_audit(self):
        return Audit([value for _, _, _, value in self.consume(self.audit)])

    def check_audit(self):
        """Its chains hold, and its publications tile the input up to what is committed."""
        audit = self.read_audit()
        committed = {int(row[0]): int(row[1])
                     for row in self.admin("committed-stable", self.group, self.input)}
        begins = {int(row[0]): int(row[1]) for row in self.admin("offsets", self.input)}
        audit.check_tiles(self.group, self.input, committed, self.begins or begins)
        self.assertEqual(audit.findings, [])
        return audit

    def expected(self, recipient, numbers, purposes_of=oracle.granted_purposes):
        """Rows by id."""
        purpose = self.configuration["recipients"][recipient]["purpose"]
        keys = oracle.Keys(self.root / "keys")
        out = {}
        for number in numbers:
            granted = purpose in purposes_of(oracle.user_of(number))
            if granted or purpose != "marketing":
                out[oracle.name_of(number)] = oracle.clean(self.events.event(number), keys, recipient,
                                                           granted)
        return out

    def check_exact(self, numbers=None, recipients=("first", "second"), **options):
        """Lost 0, twice 0, wrong 0. Without `numbers`: of what is in the input."""
        self.wait_stable()
        numbers = list(self.read_input().values()) if numbers is None else list(numbers)
        self.assertEqual(len(numbers), len(set(numbers)), "the input itself holds an event twice")
        for name in recipients:
            report = checker.compare(self.expected(name, numbers, **options), self.rows(name))
            if not report:
                kept = pathlib.Path(tempfile.mkdtemp(prefix="lethe-failed-"))
                for worker in self.workers:
                    (kept / worker.log.name).write_text(worker.tail(10**8))
                self.fail("%s: %s\nlogs: %s" % (name, report, kept))
        return self.check_audit()


class Feeder:
    """One kcat that is written to at a steady rate. Idempotent, so that a broker's death does not put
    an event in twice."""

    def __init__(self, case, first, rate, text):
        self.text = text
        self.process = subprocess.Popen(
            ["kcat", "-q", "-E", "-b", case.address, "-P", "-t", case.input, "-K", "\x1d", "-D", "\x1e",
             "-X", "enable.idempotence=true", "-X", "linger.ms=20"], stdin=subprocess.PIPE)
        self.case, self.next, self.rate = case, first, rate
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        begun, first = time.monotonic(), self.next
        while not self.stopping.wait(0.05):
            due = first + int((time.monotonic() - begun) * self.rate)
            text = "".join("%s\x1d%s\x1e" % (oracle.model_of(n), self.text(n))
                           for n in range(self.next, due))
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
            self.next = due

    def stop(self):
        """How many were written in all; they are in the topic when this returns."""
        if not self.stopping.is_set():
            self.stopping.set()
            self.thread.join()
            self.process.stdin.close()
            self.case.assertEqual(self.process.wait(120), 0)
        return self.next
