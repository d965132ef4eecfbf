"""The units: what systemd says of them, and what a person would look for in them."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from packaging import PACKAGING, main, skip

UNITS = PACKAGING / "systemd"
EXPOSURE = 1.5


def directives(name):
    """All `Key=Value` lines of a unit, by key."""
    found = {}
    for line in (UNITS / name).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def exposure(path):
    done = subprocess.run(["systemd-analyze", "security", "--no-pager", "--offline=true", str(path)],
                          capture_output=True, text=True, timeout=60)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    return float(found.group(1)) if found else None


class Systemd(unittest.TestCase):
    def setUp(self):
        if not shutil.which("systemd-analyze"):
            skip("systemd-analyze is not here: units are neither verified nor rated")

    def test_the_units_are_understood(self):
        """In a root of their own, with the programs that they start, so that every word is looked at."""
        with tempfile.TemporaryDirectory(prefix="lethe-units-") as root:
            for program in ("usr/bin/lethe", "bin/kill", "bin/systemctl"):
                path = os.path.join(root, program)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                shutil.copy("/bin/true", path)
            folder = os.path.join(root, "lib/systemd/system")
            os.makedirs(folder)
            for base in ("/lib/systemd/system", "/usr/lib/systemd/system"):
                for unit in ("sysinit.target", "basic.target", "multi-user.target", "shutdown.target",
                             "timers.target", "network-online.target", "nss-lookup.target",
                             "time-sync.target", "time-set.target", "sockets.target", "paths.target",
                             "slices.target", "-.slice", "system.slice", "tmp.mount"):
                    if os.path.exists(os.path.join(base, unit)):
                        shutil.copy(os.path.join(base, unit), folder)
            names = sorted(p.name for p in UNITS.iterdir() if p.suffix in (".service", ".timer"))
            self.assertEqual(names, ["lethe-keys.service", "lethe-keys.timer", "lethe.service"])
            for name in names:
                shutil.copy(UNITS / name, folder)
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--root=" + root, *names],
                                  capture_output=True, text=True, timeout=60)
            ours = [line for line in done.stderr.splitlines() if "lethe" in line]
            self.assertEqual(ours, [], done.stderr)
            self.assertEqual(done.returncode, 0, done.stderr)
            # A misspelt word would have been seen.
            with open(os.path.join(folder, "lethe.service"), "a") as unit:
                unit.write("[Service]\nProtectHoem=yes\n")
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--root=" + root,
                                   "lethe.service"], capture_output=True, text=True, timeout=60)
            self.assertIn("ProtectHoem", done.stderr)

    def test_exposure(self):
        for name in ("lethe.service", "lethe-keys.service"):
            level = exposure(UNITS / name)
            self.assertIsNotNone(level, name)
            self.assertLessEqual(level, EXPOSURE, name)

    def test_exposure_would_be_seen(self):
        """The same rating of a unit with the doors open is far above the bound."""
        with tempfile.TemporaryDirectory(prefix="lethe-units-") as folder:
            path = os.path.join(folder, "lethe.service")
            with open(path, "w") as unit:
                unit.write("[Service]\nExecStart=/usr/bin/lethe run\n")
            self.assertGreater(exposure(path), EXPOSURE)


class Words(unittest.TestCase):
    """What the rating does not look at."""

    def test_the_worker(self):
        unit = directives("lethe.service")
        self.assertEqual(unit["Type"], ["notify"])
        self.assertEqual(unit["ConditionPathExists"], ["/etc/lethe/lethe.yaml"])
        self.assertEqual(unit["User"], ["lethe"])
        self.assertNotIn("DynamicUser", unit)
        self.assertIn("WatchdogSec", unit)
        self.assertEqual(unit["ExecReload"], ["/bin/kill -HUP $MAINPID"])
        self.assertEqual(unit["LoadCredential"], ["kafka:/etc/lethe/credentials"])
        self.assertEqual(unit["LimitCORE"], ["0"])
        self.assertEqual(unit["MemorySwapMax"], ["0"])
        self.assertEqual(unit["RestartPreventExitStatus"], ["2"])

    def test_no_secret_in_arguments_or_environment(self):
        for name in ("lethe.service", "lethe-keys.service"):
            unit = directives(name)
            for word in ("Environment", "EnvironmentFile", "PassEnvironment", "SetCredential"):
                self.assertNotIn(word, unit)

    def test_the_keys(self):
        unit = directives("lethe-keys.service")
        self.assertEqual(unit["ExecStart"], [
            "/usr/bin/lethe keys rotate -c /etc/lethe/lethe.yaml",
            "/usr/bin/lethe quarantine prune -c /etc/lethe/lethe.yaml"])
        self.assertEqual(unit["ConditionPathIsDirectory"], ["/var/lib/lethe/keys"])
        self.assertEqual(directives("lethe-keys.timer")["Persistent"], ["yes"])

    def test_both_are_shut_in_alike(self):
        """What holds the worker in holds the other in: from NoNewPrivileges to the end."""
        def shut(name):
            text = (UNITS / name).read_text()
            return text[text.index("NoNewPrivileges"):text.index("SystemCallErrorNumber")]
        self.assertEqual(shut("lethe.service"), shut("lethe-keys.service"))


if __name__ == "__main__":
    main()
