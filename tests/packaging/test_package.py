"""The Debian package: built by `./dev package`, then installed, used, upgraded, removed and purged in an
overlay of this very machine that vanishes with the mount name space it lives in. Nothing here is changed."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from packaging import SOURCE, main, skip

OVERLAY = """\
set -eu
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
# Some devices, each by itself, so that nothing in there can take the machine's own away.
mount -t tmpfs -o mode=0755 tmpfs "$1/root/dev"
for device in null zero full random urandom tty; do
    : >"$1/root/dev/$device"
    mount --bind "/dev/$device" "$1/root/dev/$device"
done
ln -s /proc/self/fd "$1/root/dev/fd"
mount -t tmpfs -o mode=1777 tmpfs "$1/root/tmp"
rm -f "$1/root/var/lib/man-db/auto-update" # the index of all man pages is not what is tested
mkdir -p "$1/root/run"
mount -t tmpfs -o mode=0755 tmpfs "$1/root/run"
cp "$2" "$1/root/run/lethe.deb"
# What was there before, and what has changed since.
mkdir "$1/root/run/lower" "$1/root/run/upper"
mount --bind / "$1/root/run/lower"
mount --bind "$1/upper" "$1/root/run/upper"
exec chroot "$1/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \\
    DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true sh -eu -c "$3"
"""

# What a removal may leave behind that is not ours: dpkg's own book-keeping and other packages' caches.
NOT_OURS = re.compile(r"^/(var/lib/dpkg|var/cache/(man|debconf)|var/log|etc/(passwd|group|shadow|gshadow)-?$"
                      r"|etc/\.pwd\.lock|etc/sub[ug]id|var/lib/systemd/deb-systemd-helper|proc|dev|run|tmp)")


def in_overlay(package, script, timeout=180):
    """Runs a script as root over the machine's own file system, and keeps nothing of it."""
    with tempfile.TemporaryDirectory(prefix="lethe-package-") as folder:
        return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", OVERLAY, "sh",
                               folder, str(package), script], capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL)


class Package(unittest.TestCase):
    package = None

    @classmethod
    def setUpClass(cls):
        for program in ("dpkg-buildpackage", "dh"):
            if not shutil.which(program):
                skip("%s is not here: the package is neither built nor tested" % program)
        done = subprocess.run([SOURCE / "dev", "package", "--unchecked"], capture_output=True, text=True,
                              timeout=500, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        found = sorted((SOURCE / "build/package").glob("lethe_*.deb"))
        if len(found) != 1:
            raise AssertionError(found)
        cls.package = found[0]

    def listing(self):
        """Path -> (mode and owner) of what the package holds."""
        out = subprocess.run(["dpkg-deb", "-c", self.package], capture_output=True, text=True, check=True).stdout
        return {line.split()[5].lstrip("."): line.split()[0] + " " + line.split()[1] for line in out.splitlines()}

    def field(self, name):
        return subprocess.run(["dpkg-deb", "-f", self.package, name], capture_output=True, text=True,
                              check=True).stdout.strip()

    def test_what_it_holds(self):
        holds = self.listing()
        for path in ("/usr/bin/lethe", "/lib/systemd/system/lethe.service", "/lib/systemd/system/lethe-keys.timer",
                     "/usr/share/lethe/examples/lethe.yaml", "/usr/share/lethe/examples/service/lethe.yaml",
                     "/usr/share/lethe/examples/service/policies/default.yaml",
                     "/usr/share/lethe/schemas/shipped/click.yaml", "/usr/share/man/man1/lethe.1.gz",
                     "/usr/share/lethe/prometheus/alerts.yaml", "/usr/share/lethe/grafana/lethe.json",
                     "/usr/share/bash-completion/completions/lethe"):
            self.assertIn(path, holds)
        self.assertTrue([p for p in holds if re.match(r"/usr/share/doc/lethe/operations\.md(\.gz)?$", p)])
        self.assertEqual(holds["/etc/lethe/credentials/"], "drwx------ root/root")
        # A configuration is a person's act, and so is every key.
        self.assertNotIn("/etc/lethe/lethe.yaml", holds)
        self.assertEqual([p for p in holds if p.endswith((".key", ".pub"))], [])
        self.assertEqual([p for p in holds if not re.match(r"/(usr|lib|etc)?(/|$)", p)], [])

    def test_what_it_needs(self):
        """Every library that the program is linked to is asked for, as found by dpkg-shlibdeps."""
        needs = self.field("Depends")
        for library in ("libc6 (>=", "libsodium23", "libzstd1", "libfyaml0", "adduser"):
            self.assertIn(library, needs)
        self.assertEqual(self.field("Architecture"),
                         subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                                        check=True).stdout.strip())

    def test_versions_agree(self):
        version = re.search(r'LETHE_VERSION "(.*)"', (SOURCE / "worker/version.h").read_text()).group(1)
        self.assertEqual(self.field("Version"), version)
        self.assertIn("VERSION %s " % version, (SOURCE / "CMakeLists.txt").read_text())

    def test_hardening(self):
        """Position-independent, relocations read-only and bound at start."""
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["dpkg-deb", "-x", self.package, folder], check=True)
            headers = subprocess.run(["readelf", "-hldW", os.path.join(folder, "usr/bin/lethe")], check=True,
                                     capture_output=True, text=True).stdout
        self.assertRegex(headers, r"Type:\s+DYN")
        for word in ("GNU_RELRO", "BIND_NOW", "GNU_STACK"):
            self.assertIn(word, headers)
        self.assertNotRegex(headers, r"GNU_STACK.*RWE")
        self.assertNotRegex(headers, r"R(UN)?PATH")

    def test_reproducible(self):
        """The same bytes from the same sources elsewhere, under another umask, without a compiler's cache and
        without git."""
        with tempfile.TemporaryDirectory(prefix="lethe-elsewhere-") as folder:
            shutil.copytree(SOURCE, os.path.join(folder, "sources"), symlinks=True,
                            ignore=shutil.ignore_patterns("build", ".git"))
            done = subprocess.run(["sh", "-c", "umask 0002; exec ./dev package --unchecked"], capture_output=True,
                                  cwd=os.path.join(folder, "sources"), timeout=500, stdin=subprocess.DEVNULL,
                                  env={**os.environ, "CCACHE_DISABLE": "1", "TZ": "Asia/Shanghai"})
            self.assertEqual(done.returncode, 0, done.stderr.decode())
            again = os.path.join(folder, "sources/build/package", self.package.name)
            with open(self.package, "rb") as one, open(again, "rb") as other:
                self.assertTrue(one.read() == other.read(), "the two packages differ")

    def test_lintian(self):
        if not shutil.which("lintian"):
            self.skipTest("lintian is not here; `./dev package` installs it")
        done = subprocess.run(["lintian", "--fail-on", "error,warning", "--allow-root", self.package],
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Life(Package):
    """Install, use, upgrade, remove, purge."""

    def overlay(self, script):
        if os.geteuid() != 0:
            skip("not root: the package was built, but neither installed nor purged")
        probe = in_overlay(self.package, "true")
        if probe.returncode != 0:
            skip("no overlay of this machine can be mounted: the package is not installed (%s)"
                 % probe.stderr.strip().splitlines()[-1:])
        done = in_overlay(self.package, script)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:] + done.stderr[-4000:])
        return done

    def test_life(self):
        done = self.overlay("""
            say() { echo "@@ $*"; }
            dpkg -i /run/lethe.deb
            say installed
            test ! -e /etc/lethe/lethe.yaml
            test ! -e /etc/systemd/system/multi-user.target.wants/lethe.service
            test ! -e /etc/systemd/system/timers.target.wants/lethe-keys.timer
            stat -c '%n %a %U:%G' /var/lib/lethe /etc/lethe/credentials
            getent passwd lethe
            lethe --version
            cd / && runuser -u lethe -- lethe demo >/run/demo 2>&1 || { cat /run/demo; exit 1; }
            tail -n 3 /run/demo
            zcat /usr/share/man/man1/lethe.1.gz | head -n 1

            say configured
            cp -rT /usr/share/lethe/examples/service /etc/lethe
            runuser -u lethe -- lethe keys init -c /etc/lethe/lethe.yaml
            runuser -u lethe -- mkdir -p /var/lib/lethe/out/crashes
            lethe quarantine init --public /etc/lethe/quarantine.pub --secret /root/quarantine.key
            chmod 0644 /etc/lethe/quarantine.pub
            runuser -u lethe -- lethe check --offline -c /etc/lethe/lethe.yaml
            runuser -u lethe -- lethe keys rotate -c /etc/lethe/lethe.yaml
            stat -c '%n %a %U' /var/lib/lethe/keys
            echo 'a password' >/etc/lethe/credentials/sasl.password
            sha256sum /etc/lethe/*.yaml /var/lib/lethe/keys/* >/run/sums

            say upgraded
            echo '# mine' >>/etc/lethe/README
            dpkg -i --force-confdef --force-confold /run/lethe.deb
            sha256sum --quiet -c /run/sums
            grep -q '# mine' /etc/lethe/README

            say removed
            dpkg -r lethe
            test ! -e /usr/bin/lethe
            test ! -e /usr/share/lethe
            sha256sum --quiet -c /run/sums

            say purged
            dpkg -P lethe
            test ! -e /etc/lethe/README
            sha256sum --quiet -c /run/sums
            test -e /etc/lethe/credentials/sasl.password
            getent passwd lethe
        """)
        steps = dict(re.findall(r"@@ (\w+)\n(.*?)(?=@@ |\Z)", done.stdout, re.S))
        installed = steps["installed"]
        self.assertIn("not configured", done.stdout)
        self.assertIn("/var/lib/lethe 700 lethe:lethe", installed)
        self.assertIn("/etc/lethe/credentials 700 root:root", installed)
        self.assertIn("/usr/sbin/nologin", installed)
        self.assertRegex(installed, r"lethe \d+\.\d+\.\d+\n")
        self.assertIn(".TH LETHE 1", installed)
        self.assertIn("0 errors", steps["configured"])
        self.assertIn("/var/lib/lethe/keys 700 lethe", steps["configured"])
        self.assertNotIn("not configured", steps["upgraded"])
        # Nothing that somebody made went, and that was said, with the keys by number.
        for words in ("STAYS", "holds 3 epoch keys", "shred", "/etc/lethe"):
            self.assertIn(words, done.stderr)

    def test_nothing_is_left_of_nothing(self):
        """Installed and purged without ever being configured, it leaves no file, folder, user or group."""
        done = self.overlay("""
            new() {
                cd /run/upper
                find . -mindepth 1 | while read -r path; do
                    test -e "/run/lower/$path" || test -L "/run/lower/$path" || echo "${path#.}"
                done
            }
            dpkg -i /run/lethe.deb >/dev/null
            dpkg -P lethe >/dev/null
            if getent passwd lethe || getent group lethe; then exit 1; fi
            new
            echo @@
            dpkg -i /run/lethe.deb >/dev/null
            touch /etc/lethe/mine
            dpkg -P lethe >/dev/null 2>&1
            new
        """)
        nothing, mine = ([path for path in part.splitlines() if not NOT_OURS.match(path)]
                         for part in done.stdout.split("@@\n"))
        self.assertEqual(nothing, [])
        self.assertNotIn("STAYS", done.stderr)
        self.assertEqual(mine, ["/etc/lethe", "/etc/lethe/mine"])  # so it would have been seen


# The first class's tests are inherited for its fixture only.
for name in [n for n in dir(Package) if n.startswith("test_")]:
    setattr(Life, name, None)

if __name__ == "__main__":
    main()
