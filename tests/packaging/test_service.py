"""The units under a real systemd: the machine's own file system, in an overlay that vanishes, is booted as a
container with nothing but the package's service and what it needs. So the sandbox, the credentials and the words
between the worker and systemd are tried, not read."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from packaging import SOURCE, main, skip

BOOT = """\
set -eu
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
root=$1/root
mkdir -p "$root/opt/lethe-test"
cp "$2" "$root/opt/lethe-test/lethe.deb"
cp "$3" "$root/opt/lethe-test/script"
: >"$root/etc/machine-id"
rm -f "$root/var/lib/man-db/auto-update"
cat >"$root/etc/systemd/system/lethe-test.service" <<'UNIT'
[Unit]
Description=what the test does
Requires=basic.target
After=basic.target
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
Environment=PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
ExecStart=/bin/sh -eu /opt/lethe-test/script
StandardOutput=file:/opt/lethe-test/out
StandardError=file:/opt/lethe-test/errors
TimeoutStartSec=150
UNIT
systemd-nspawn -q -D "$root" --boot --register=no --keep-unit --private-network --console=pipe \\
    --unit=lethe-test.service </dev/null >"$root/opt/lethe-test/console" 2>&1 || true
for file in console errors out; do
    echo "@@@ $file"
    cat "$root/opt/lethe-test/$file" || true
done
"""


def boot(package, script, timeout=240):
    """The three outputs of a script that ran as root under systemd."""
    with tempfile.TemporaryDirectory(prefix="lethe-service-") as folder:
        scripts = os.path.join(folder, "script")
        with open(scripts, "w") as file:
            file.write(script)
        place = os.path.join(folder, "place")
        os.mkdir(place)
        arguments = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                     BOOT.replace("--unit=lethe-test.service", "systemd.unit=lethe-test.service"), "sh", place,
                     str(package), scripts]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL)
    parts = re.split(r"^@@@ (\w+)\n", done.stdout, flags=re.M)
    return {**dict(zip(parts[1::2], parts[2::2])), "setup": done.stderr}


# Runs inside the unit's own sandbox, in the place of the worker.
PROBE = r"""#!/bin/sh
echo "user $(id -un)"
echo "password $(cat "$CREDENTIALS_DIRECTORY/kafka_sasl.password")"
for path in /etc/lethe/no /usr/no /home/no /root/no /var/no; do
    (: >"$path") 2>/dev/null && echo "written $path"
done
(: >/var/lib/lethe/yes) && echo "state can be written"
cat /etc/lethe/credentials/sasl.password 2>/dev/null && echo "the original can be read"
ls /proc | grep -c '^[0-9]' | sed 's/^/processes /'
test -e /proc/sys && echo "proc/sys is there"
echo "core $(ulimit -c)"
grep -E '^(NoNewPrivs|Seccomp|CapBnd|CapEff):' /proc/self/status | tr -d '\t'
unshare --user true 2>/dev/null && echo "name spaces can be made"
python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)' 2>/dev/null && echo "raw packets"
lethe check --offline -c /etc/lethe/lethe.yaml | tail -n 1
TMPDIR=/tmp lethe demo | tail -n 3
systemd-notify --ready
echo "told ready"
exec sleep 60
"""

SET_UP = """
dpkg -i /opt/lethe-test/lethe.deb >/dev/null
systemctl daemon-reload
cp -rT /usr/share/lethe/examples/service /etc/lethe
runuser -u lethe -- mkdir -p /var/lib/lethe/out/crashes
runuser -u lethe -- lethe keys init -c /etc/lethe/lethe.yaml
lethe quarantine init --public /etc/lethe/quarantine.pub --secret /root/quarantine.key
printf 'a password\\n' | install -m 0600 /dev/stdin /etc/lethe/credentials/sasl.password
"""


class Service(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for program in ("systemd-nspawn", "dpkg-buildpackage", "dh"):
            if not shutil.which(program):
                skip("%s is not here: the units are not tried under systemd" % program)
        if os.geteuid() != 0:
            skip("not root: the units are not tried under systemd")
        found = sorted((SOURCE / "build/package").glob("lethe_*.deb"))
        if not found:
            raise AssertionError("packaging/test_package builds the package first")
        cls.package = found[0]
        outputs = boot(cls.package, "echo booted")
        if outputs.get("out") != "booted\n":
            skip("this machine boots no systemd in a container: the units are not tried under it (%s)"
                 % (outputs["setup"] + outputs.get("console", ""))[-300:].strip())

    def under_systemd(self, script):
        outputs = boot(self.package, script + "\necho '@@ end'\n")
        self.assertIn("@@ end", outputs["out"], outputs["out"][-3000:] + outputs["errors"][-3000:])
        return outputs["out"]

    def test_no_configuration_no_start(self):
        out = self.under_systemd("""
            dpkg -i /opt/lethe-test/lethe.deb >/dev/null
            systemctl daemon-reload
            systemctl start lethe.service lethe-keys.service
            systemctl show -p ConditionResult -p ActiveState lethe.service
        """)
        self.assertIn("ConditionResult=no", out)
        self.assertIn("ActiveState=inactive", out)

    def test_keys_in_the_sandbox(self):
        """The real programs of the timer's service, under its filter of system calls."""
        out = self.under_systemd(SET_UP + """
            systemctl start lethe-keys.service && echo "rotated"
            systemctl show -p Result lethe-keys.service
            journalctl -q --no-pager -o cat -u lethe-keys.service || true
            ls /var/lib/lethe/keys
            systemctl start lethe-keys.timer
            systemctl list-timers --no-pager lethe-keys.timer
        """)
        self.assertIn("rotated", out)
        self.assertIn("Result=success", out)
        self.assertIn("epoch-000001.key", out)
        self.assertIn("1 timers listed", out)

    def test_the_sandbox(self):
        out = self.under_systemd(SET_UP + """
            cat >/usr/local/bin/probe <<'PROBE'
%s
PROBE
            chmod 0755 /usr/local/bin/probe
            mkdir -p /etc/systemd/system/lethe.service.d
            cat >/etc/systemd/system/lethe.service.d/probe.conf <<'DROP'
[Service]
ExecStart=
ExecStart=/usr/local/bin/probe
NotifyAccess=all
StandardOutput=file:/opt/lethe-test/probe
WatchdogSec=0
DROP
            systemctl daemon-reload
            systemctl start lethe.service || true
            systemctl show -p ActiveState lethe.service
            cat /opt/lethe-test/probe
        """ % PROBE)
        self.assertIn("ActiveState=active", out)
        for words in ("user lethe\n", "password a password\n", "state can be written\n", "core 0\n", "NoNewPrivs:1\n",
                      "Seccomp:2\n", "CapBnd:0000000000000000\n", "CapEff:0000000000000000\n", "0 errors", "told ready\n"):
            self.assertIn(words, out)
        for words in ("written ", "the original can be read", "proc/sys is there", "name spaces can be made",
                      "raw packets"):
            self.assertNotIn(words, out)
        self.assertLess(int(re.search(r"processes (\d+)", out).group(1)), 10)

    def test_the_worker(self):
        """Without a broker it is alive, says why it is not ready, reloads, and ends in good order."""
        program = os.environ.get("LETHE", str(SOURCE / "build/release/lethe"))
        if subprocess.run([program, "run", "--help"], capture_output=True, timeout=60).returncode != 0:
            self.skipTest("`lethe run` is not in this version")
        out = self.under_systemd(SET_UP + r"""
            get() { python3 -c 'import sys, urllib.request, urllib.error
try: answer = urllib.request.urlopen("http://127.0.0.1:9464" + sys.argv[1], timeout=5)
except urllib.error.HTTPError as error: answer = error
print(sys.argv[1], answer.status, answer.read().decode()[:200].strip())' "$1"; }
            systemctl start lethe.service || true
            systemctl show -p ActiveState -p Result lethe.service
            get /live
            get /ready
            systemctl reload lethe.service && echo "reloaded"
            sleep 2
            systemctl show -p ActiveState -p NRestarts lethe.service
            systemctl stop lethe.service
            systemctl show -p ActiveState -p Result -p ExecMainStatus lethe.service
            journalctl -q --no-pager -o cat -u lethe.service || true
        """)
        self.assertRegex(out, r"/live 200")
        self.assertRegex(out, r"/ready 503 .")
        self.assertIn("reloaded", out)
        self.assertIn("NRestarts=0", out)
        stopped = out.split("NRestarts=0", 1)[1]
        self.assertIn("ActiveState=inactive", stopped)
        self.assertIn("Result=success", stopped)
        self.assertIn("ExecMainStatus=0", stopped)


if __name__ == "__main__":
    main()
