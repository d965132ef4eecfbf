"""`lethe demo`'s stream on the embedded broker: its numbers add up, it shows what the withdrawal
changed, works on a terminal and without, and leaves nothing behind, whatever ends it."""
import contextlib
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from cli import LETHE, Scratch

BATCH = re.compile(r"^ +(\d+) +(\d+)  \| +(\d+) +(\d+) +(\d+) \| +(\d+) +(\d+) +(\d+)$", re.M)
AFTER = "those below began after it"
SECRETS = ("703100411", "anna.k.1990", "anna.k@example.com", "13800138011", "a1b2c3d4e5f60711",
           "203.0.113.57", "bo@mail.example.org", "chen@example.cn")


def processes_of(directory):
    """Ids of processes that name this directory on their command line."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if str(directory).encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


class Demo(Scratch):
    def environment(self):
        return {**os.environ, "TMPDIR": str(self.root), "TERM": "xterm"}

    def check_text(self, text):
        """What the output says of itself holds for the numbers in it."""
        before, after = text.split(AFTER)
        earlier, later = BATCH.findall(before), BATCH.findall(after)
        self.assertGreaterEqual(len(earlier), 4, text)
        self.assertGreaterEqual(len(later), 3, text)
        self.assertEqual([int(row[0]) for row in earlier + later],
                         list(range(1, len(earlier + later) + 1)))
        # Anna, who withdraws: pseudonyms and research before, neither after, and still counted.
        self.assertGreater(int(earlier[0][2]), 0, text)
        self.assertEqual(sum(int(row[2]) + int(row[4]) for row in later), 0, text)
        self.assertGreater(sum(int(row[3]) for row in later), 0, text)
        # To the others nothing happens.
        self.assertGreater(sum(int(row[5]) for row in later), 0, text)
        self.assertGreater(sum(int(row[7]) for row in later), 0, text)
        rows = earlier + later
        events = sum(int(row[1]) for row in rows)
        self.assertEqual(events, sum(int(row[i]) for row in rows for i in (2, 3, 5, 6)), text)
        self.assertIn("%d events of 5 people, 5 consent messages" % events, text)
        self.assertIn("research   %d rows" % sum(int(row[i]) for row in rows for i in (4, 7)), text)
        for words in ("0 rows without the consent", "0 rows with an identifier", "0 events lost",
                      "What this could not show", "keeps no", "http://127.0.0.1:"):
            self.assertIn(words, text)
        # In clear in the one event that is shown as it went in, and nowhere else.
        into = text.split("as it went in:\n")[1].split("\n")[0]
        for secret in SECRETS:
            self.assertNotIn(secret, text.replace(into, ""))
        self.assertIn(SECRETS[0], into)

    def check_nothing_left(self):
        self.assertEqual([name for name in os.listdir(self.root) if "demo" in name], [])
        self.assertEqual(processes_of(self.root), [])

    def test_plain(self):
        done = self.run_lethe("demo", "--stream", environment={"TMPDIR": str(self.root)})
        text = done.stdout.decode()
        self.check_text(text)
        self.assertNotIn("\033", text)
        self.assertEqual(done.stderr.decode(), "")
        self.check_nothing_left()

    def test_terminal(self):
        """The table is drawn over and over; the batches stay. What is kept is a configuration that
        `check` reads."""
        master, slave = pty.openpty()
        process = subprocess.Popen([LETHE, "demo", "--stream", "--keep", "kept"], cwd=self.root,
                                   stdin=slave, stdout=slave, stderr=slave, env=self.environment())
        os.close(slave)
        text, end = b"", time.monotonic() + 120
        while time.monotonic() < end:
            if select.select([master], [], [], 1)[0]:
                try:
                    piece = os.read(master, 65536)
                except OSError:  # the other end is closed
                    break
                if not piece:
                    break
                text += piece
        os.close(master)
        self.assertEqual(process.wait(10), 0, text.decode())
        text = text.decode().replace("\r\n", "\n")
        self.assertGreater(text.count("\033["), 20)
        self.assertIn("WITHDRAWN", text)
        self.assertIn("never asked", text)
        self.check_text(re.sub("\033\\[[0-9]*[AJ]", "", text))
        self.check_nothing_left()
        self.run_lethe("check", "--offline", "-c", "kept/lethe.yaml")
        log = (self.root / "kept/worker.log").read_text()
        self.assertIn("source_assigned", log)
        for secret in SECRETS:
            self.assertNotIn(secret, log)

    def test_interrupted(self):
        """SIGINT in the middle: soon over, nothing stays."""
        process = subprocess.Popen([LETHE, "demo", "--stream"], cwd=self.root, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.environment())
        for line in process.stdout:
            if "status page" in line:
                break
        self.assertGreater(len(processes_of(self.root)), 0)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 3, errors)
        self.assertIn("interrupted", errors)
        self.check_nothing_left()

    def test_nobody_looks_any_more(self):
        """As under `| head`: it ends early, and nothing stays."""
        process = subprocess.Popen([LETHE, "demo", "--stream"], cwd=self.root, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   env=self.environment())
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(60), 3)
        self.check_nothing_left()

    def test_killed(self):
        """SIGKILL: the directory stays, but no process."""
        process = subprocess.Popen([LETHE, "demo", "--stream"], cwd=self.root, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   env=self.environment())
        for line in process.stdout:
            if "status page" in line:
                break
        process.kill()
        process.communicate(timeout=30)
        end = time.monotonic() + 30
        while processes_of(self.root) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(processes_of(self.root), [])

    def test_usage(self):
        self.run_lethe("demo", "--captures", "--stream", status=2)
        # What is somebody else's is not replaced.
        before = {name: (self.root / name).read_bytes() for name in os.listdir(self.root)}
        done = self.run_lethe("demo", "--stream", "--keep", ".", status=2)
        self.assertIn("lethe.yaml: it exists already", done.stderr.decode())
        self.assertEqual({name: (self.root / name).read_bytes() for name in os.listdir(self.root)},
                         before)
        self.run_lethe("demo", "--directory", "nowhere", status=2)
        done = self.run_lethe("demo", "--captures", environment={"TMPDIR": str(self.root)})
        self.assertNotIn("The stream", done.stdout.decode())


if __name__ == "__main__":
    unittest.main()
