"""One process of `lethe run`, and what a test does to it."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import broker

LETHE = os.environ.get("LETHE", "build/release/lethe")
PATIENCE = 120  # seconds; only whether something comes is asked, not how soon


class Worker:
    """Runs in `directory`, with a configuration of its own there: `configuration` is what the file
    says, without `worker`, which is made here."""

    def __init__(self, directory, name, configuration, prefix, environment=None, wrapper=(),
                 **settings):
        self.directory = pathlib.Path(directory)
        self.name, self.wrapper = name, list(wrapper)
        self.port = broker.free_ports(1)[0]
        self.environment = {**os.environ, **(environment or {})}
        self.log = self.directory / ("worker-%s.log" % name)
        self.file = self.directory / ("lethe-%s.yaml" % name)
        self.process = None
        self.settings = {"instance": name, "prefix": prefix, "listen": "127.0.0.1:%d" % self.port,
                         "log": "json", "restarts": 1000, **settings}
        self.configure(configuration)

    def configure(self, configuration):
        """Written anew (JSON is YAML); a worker that runs takes it after reload()."""
        self.file.write_text(json.dumps({**configuration, "worker": self.settings}, indent=1))

    def start(self, ready=True):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, LETHE, "run", "-c", self.file.name], cwd=self.directory,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                preexec_fn=broker.die_with_parent)
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        self.wait_until(lambda: self.page("/ready")[0] == 200, "is not ready")

    def wait_until(self, condition, what):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError("worker %s ended with %d\n%s" % (
                    self.name, self.process.returncode, self.tail()))
            if condition():
                return
            time.sleep(0.05)
        raise AssertionError("worker %s %s after %d s: %s\n%s" % (
            self.name, what, PATIENCE, self.page("/ready"), self.tail()))

    def page(self, path, seconds=30):
        """Status and text of a page; status 0 where nobody answers."""
        with contextlib.suppress(OSError):
            try:
                with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.port, path),
                                            timeout=seconds) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.read().decode()
        return 0, ""

    def metrics(self):
        """Value by name with labels as they are printed: 'lethe_x_total{lane="0"}'."""
        out = {}
        for line in self.page("/metrics")[1].splitlines():
            match = re.match(r"([a-z_:0-9]+(?:\{.*\})?) (\S+)$", line)
            if match:
                out[match.group(1)] = float(match.group(2))
        return out

    def metric(self, name, **labels):
        """Sum of all series of that name that have these labels."""
        return sum(value for series, value in self.metrics().items()
                   if series.split("{")[0] == name and
                   all('%s="%s"' % item in series for item in labels.items()))

    def tail(self, size=6000):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return text[-size:]

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        if self.running:
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def reload(self):
        self.signal(signal.SIGHUP)

    def stop(self, seconds=PATIENCE):
        """As systemd would. The exit status."""
        self.thaw()
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError("worker %s does not end\n%s" % (self.name, self.tail()))

    def end(self):
        """For cleaning up: whatever its state."""
        if self.running:
            self.thaw()
            self.kill()

    def cpu_seconds(self):
        fields = pathlib.Path("/proc/%d/stat" % self.process.pid).read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, field="VmHWM"):
        """KiB, from /proc."""
        text = pathlib.Path("/proc/%d/status" % self.process.pid).read_text()
        return int(re.search(field + r":\s*(\d+)", text).group(1))
