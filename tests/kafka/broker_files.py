"""The files of the tests' broker: jars by Maven into a cache folder, once per machine, and an archive
of loaded classes beside them, which nearly halves the time that a broker needs to start."""
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
POM = HERE / "pom.xml"
MAVEN_SECONDS = 600


class Unavailable(Exception):
    """No broker on this machine; the text says why. Tests that need one are then skipped, loudly."""


def cache_directory():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return pathlib.Path(base) / "lethe-test-broker"


def need_programs():
    why = os.environ.get("LETHE_BROKER_SKIP")
    if why:
        raise Unavailable(why)
    missing = [name for name in ("java", "mvn", "kcat") if not shutil.which(name)]
    # Maven is needed only until the jars are there.
    if missing == ["mvn"] and jars_are_complete(jars_directory()):
        missing = []
    if missing:
        raise Unavailable("not installed: " + ", ".join(missing))


def jars_directory():
    """One folder per content of pom.xml, so that another branch's version is not in the way."""
    text = POM.read_bytes()
    version = re.search(rb"kafka_2.13</artifactId>\s*<version>([^<]*)<", text).group(1).decode()
    return cache_directory() / ("%s-%s" % (version, hashlib.sha256(text).hexdigest()[:12]))


def jars_are_complete(directory):
    return (directory / "complete").exists()


class Files:
    """Where the jars are. Making one fetches them if need be (and raises Unavailable if it cannot)."""

    def __init__(self):
        need_programs()
        self.directory = jars_directory()
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.lock():
            if not jars_are_complete(self.directory):
                self.fetch()
        self.class_path = ":".join(str(jar) for jar in sorted((self.directory / "libs").glob("*.jar")))

    def lock(self):
        """Two test runs on one machine fetch once."""
        lock = open(self.directory / "lock", "w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock

    def fetch(self):
        libs = self.directory / "libs"
        shutil.rmtree(libs, ignore_errors=True)
        command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies",
                   "-DincludeScope=runtime", "-DoutputDirectory=" + str(libs)]
        try:
            with open(self.directory / "maven.log", "wb") as log:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                      timeout=MAVEN_SECONDS)
        except subprocess.TimeoutExpired:
            raise Unavailable("Maven did not deliver the broker within %d s" % MAVEN_SECONDS)
        if done.returncode != 0 or not list(libs.glob("kafka_2.13-*.jar")):
            raise Unavailable("Maven could not deliver the broker (its words: %s)"
                              % (self.directory / "maven.log"))
        (self.directory / "complete").touch()

    def java(self):
        """The command line up to the main class. A small heap: one test machine runs several."""
        return ["java", "-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData", "-Xlog:disable", "-Xlog:all=error:stderr"]

    def archive(self):
        """The class archive, for this very Java; may not exist (then starting takes a little longer)."""
        version = subprocess.run(["java", "-version"], capture_output=True).stderr
        return self.directory / ("classes-%s.jsa" % hashlib.sha256(version).hexdigest()[:12])
