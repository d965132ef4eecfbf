#!/usr/bin/python3
"""A real Apache Kafka for the tests: one node, KRaft mode, on loopback.

As a module: class Broker, which a chaos test may kill and freeze as it likes.
As a program, the suite's one broker, in three steps that ctest knows as a fixture:

    broker.py start STATE            starts it and writes where it listens into the file STATE
    broker.py run STATE COMMAND...   runs a test with LETHE_BROKER=HOST:PORT in its environment
    broker.py stop STATE             stops it and removes its data

The broker of `start` is watched by a process of its own, which stops it when the caller of `start`
(ctest) is gone or LIFETIME has passed: an interrupted run leaves nothing behind. Where there can be
no broker, `start` and `run` print one line, BROKER TESTS SKIPPED, and exit with 77; where the broker
has gone in between, `run` fails.
"""
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from broker_files import Files, Unavailable

SKIPPED = 77
LIFETIME = 3 * 3600
START_SECONDS = 120
CLUSTER = "bGV0aGUtdGVzdC1icm9rZQ"

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=2
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
log.cleaner.backoff.ms=500
log.cleaner.dedupe.buffer.size=8388608
log.retention.check.interval.ms=1000
log.segment.delete.delay.ms=500
"""

LOGGING = """\
log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %m (%c)%n
"""


def die_with_parent():
    """For preexec_fn: the child is killed when the process that started it is gone, however it went."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


locks = []  # of free_ports(), until this process ends


def claim_port(port):
    """A lock that other tests respect, until this process ends; None if somebody has it."""
    directory = pathlib.Path(tempfile.gettempdir()) / ("lethe-test-ports-%d" % os.getuid())
    directory.mkdir(exist_ok=True)
    lock = os.open(directory / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", port))
    except OSError:
        os.close(lock)
        return None
    return lock


def free_ports(count):
    """Ports that nobody listens on, and that nobody comes to listen on or is given for a connection
    of its own while a server of ours is down: they are kept over restarts, clients know the address."""
    outgoing = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    below = max(int(outgoing[0]), 20000)
    found = []
    while len(found) < count:
        port = random.SystemRandom().randrange(10000, below)
        lock = claim_port(port)
        if lock is not None:
            locks.append(lock)
            found.append(port)
    return found


class Broker:
    """One broker with its data below `directory`. `settings` (name: value) replace or add to SETTINGS;
    `format_words` go to StorageTool."""

    format_words = ()

    def __init__(self, directory, settings=None, files=None):
        self.files = files or Files()
        self.directory = pathlib.Path(directory)
        self.port, self.controller_port = free_ports(2)
        self.address = "127.0.0.1:%d" % self.port
        self.process = None
        self.format(settings or {})

    def format(self, settings):
        self.directory.mkdir(parents=True, exist_ok=True)
        text = SETTINGS.format(port=self.port, controller=self.controller_port,
                               data=self.directory / "data")
        text = "".join(line + "\n" for line in text.splitlines()
                       if line.split("=")[0] not in settings)
        text += "".join("%s=%s\n" % item for item in settings.items())
        (self.directory / "server.properties").write_text(text)
        (self.directory / "log4j.properties").write_text(LOGGING)
        subprocess.run(
            self.command("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c",
                         str(self.directory / "server.properties"), *self.format_words),
            check=True, stdout=subprocess.DEVNULL, timeout=START_SECONDS)

    def command(self, main, *words, options=()):
        return [*self.files.java(), *options,
                "-Dlog4j.configuration=file:%s" % (self.directory / "log4j.properties"),
                "-cp", self.files.class_path, main, *words]

    def start(self):
        """Starts it and waits until it serves. Also after kill(): same data, same port."""
        archive = self.files.archive()
        options, fresh = [], None
        if archive.exists():
            options = ["-XX:SharedArchiveFile=%s" % archive]
        elif os.environ.get("LETHE_BROKER_ARCHIVE") != "off":
            fresh = archive.with_suffix(".%d.new" % os.getpid())
            options = ["-XX:ArchiveClassesAtExit=%s" % fresh]
        self.fresh_archive = fresh
        with open(self.directory / "broker.log", "ab") as log:
            self.process = subprocess.Popen(
                self.command("kafka.Kafka", str(self.directory / "server.properties"),
                             options=options),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        self.wait_ready()
        return self

    def wait_ready(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError("the broker ended at its start: %s" % (self.directory / "broker.log"))
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.02)
        raise RuntimeError("the broker does not listen: %s" % (self.directory / "broker.log"))

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """As if the machine lost it (what the page cache holds stays)."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        if self.fresh_archive is not None and self.fresh_archive.exists():
            self.fresh_archive.rename(self.files.archive())

    def remove(self):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def write_state(path, state):
    new = path.with_suffix(".new")
    new.write_text(json.dumps(state))
    new.rename(path)


def read_state(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def skip(why):
    print("BROKER TESTS SKIPPED: %s" % why, flush=True)
    return SKIPPED


def supervise(path, watched):
    """Holds the suite's broker until it is told to end, nobody needs it any more, or it died."""
    stopped, wake = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(wake, b"x"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    caller = os.pidfd_open(watched)
    # It is never started again, so its registration may outlast a machine that is slow for a moment.
    broker = Broker(tempfile.mkdtemp(prefix="lethe-broker-"), {"broker.session.timeout.ms": 18000})
    try:
        broker.start()
        write_state(path, {"address": broker.address, "supervisor": os.getpid(),
                           "log": str(broker.directory / "broker.log"),
                           "data": str(broker.directory / "data")})
        gone = os.pidfd_open(broker.process.pid)
        select.select([stopped, caller, gone], [], [], LIFETIME)
    finally:
        # Before what takes time: the next run may write its own meanwhile.
        if read_state(path).get("supervisor") == os.getpid():
            path.unlink()
        broker.remove()
    return 0


def start(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    stop(path)
    said = path.with_suffix(".skipped")  # ctest shows no output of what is skipped; ./dev shows this
    said.unlink(missing_ok=True)
    try:
        Files()
    except Unavailable as why:
        write_state(path, {"skipped": str(why)})
        said.write_text("BROKER TESTS SKIPPED: %s\n" % why)
        return skip(why)
    log = path.with_suffix(".log")
    with open(log, "wb") as out:
        supervisor = subprocess.Popen(
            [sys.executable, "-B", __file__, "supervise", str(path), str(os.getppid())],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    while supervisor.poll() is None:
        if path.exists():
            print("Apache Kafka listens on " + read_state(path)["address"])
            return 0
        time.sleep(0.02)
    print(log.read_text())
    return 1


def stop(path):
    state = read_state(path)
    with contextlib.suppress(OSError):
        if "supervisor" in state:
            supervisor = os.pidfd_open(state["supervisor"])
            os.kill(state["supervisor"], signal.SIGTERM)
            select.select([supervisor], [], [], 30)
    path.unlink(missing_ok=True)
    return 0


def run(path, command):
    state = read_state(path)
    if "skipped" in state:
        return skip(state["skipped"])
    if not state:
        print("the suite's broker was not started, or ended before this test")
        return 1
    os.environ["LETHE_BROKER"] = state["address"]
    os.environ["LETHE_BROKER_LOG"] = state["log"]
    os.environ["LETHE_BROKER_DATA"] = state["data"]
    os.execvp(command[0], command)


def main(words):
    what, path = words[0], pathlib.Path(words[1]).resolve()
    if what == "start":
        return start(path)
    if what == "stop":
        return stop(path)
    if what == "run":
        return run(path, words[2:])
    return supervise(path, int(words[2]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
