"""`lethe replay` with every k-th call made to fail, and with the process killed there: a clear error and
exit 3 (2 where nothing was begun), no visible torn file, no half line, and nothing in a temporary
file that must not be there."""
import json
import os
import subprocess
import unittest

import artefacts
from cli import CLOCK, LETHE, Scratch, consent, event

LIBRARY = os.environ.get("LETHE_FAILING_CALLS", "")
# Under a sanitizer there is no library: the allocator and the calls are the sanitizer's own.
KINDS = {"write": "ENOSPC", "read": "EIO", "fsync": "EIO", "rename": "EIO", "open": "EMFILE",
         "openat": "EMFILE", "close": "EIO", "mkdir": "EACCES", "mmap": "ENOMEM", "malloc": "ENOMEM",
         "calloc": "ENOMEM", "realloc": "ENOMEM"}
MOST = 400   # a kind with more calls than that is sampled beyond the first ones
FIRST = 40


@unittest.skipUnless(LIBRARY, "the failing calls are not built under a sanitizer")
class Faults(Scratch):
    def setUp(self):
        super().setUp()
        self.run_lethe("quarantine", "init", "--public", "quarantine.pub",
                       "--secret", "quarantine.key")
        self.write_lines("consent.ndjson", [consent("account.user_id:u1")])
        lines = [json.dumps(event(i, ("u1", "u2")[i % 2], note="note Zqcanary%04d" % i))
                 for i in range(400)]
        lines[13] = '{"type":"event","note":"Zqbroken0013"'
        self.write_lines("in.ndjson", lines)
        text = (self.root / "lethe.yaml").read_text()
        self.write("lethe.yaml", text + "limits: {batch: {records: 100}}\n")
        self.attempt = 0

    def replay(self, kind, at, **more):
        """One run; returns (directory, process, whether the call was reached)."""
        self.attempt += 1
        directory = "out%d" % self.attempt
        report = self.root / ("reached%d" % self.attempt)
        environment = {**os.environ, "LD_PRELOAD": LIBRARY, "LETHE_FAIL_CALL": kind,
                       "LETHE_FAIL_AT": str(at), "LETHE_FAIL_ERRNO": KINDS[kind],
                       "LETHE_FAIL_REPORT": str(report), **more}
        done = subprocess.run(
            [LETHE, "replay", "-c", "lethe.yaml", "--clock", CLOCK, "--seed", "5", "-o", directory,
             "in.ndjson"], cwd=self.root, env=environment, capture_output=True, timeout=120,
            stdin=subprocess.DEVNULL)
        return directory, done, report.exists()

    def steps(self, kind, **more):
        at = 1
        while True:
            directory, done, reached = self.replay(kind, at, **more)
            if not reached:
                return
            yield at, directory, done
            at += 1 if at < FIRST else 1 + at // 8
            if at > MOST * 10:
                return

    def visible_is_whole(self, directory, what):
        base = self.root / directory / "recipients"
        for part in base.rglob("*") if base.exists() else ():
            if part.is_dir() or part.name.startswith("."):
                continue
            if part.name.endswith(".ndjson.zst"):
                text = subprocess.run(["zstd", "-dcq", part], capture_output=True)
                self.assertEqual(text.returncode, 0, what)
                self.assertTrue(text.stdout.endswith(b"\n"), what)
                for line in text.stdout.splitlines():
                    json.loads(line)
                self.assertTrue(part.with_name(part.name.replace(".ndjson.zst", ".manifest.json"))
                                .exists(), what)
            else:
                json.loads(part.read_text())

    def no_raw_text_left(self, directory, what):
        """The user ids never leave; what could not be processed is only there sealed."""
        base = self.root / directory
        files = {str(p.relative_to(base)): p.read_bytes() for p in base.rglob("*") if p.is_file()} \
            if base.exists() else {}
        self.assertEqual(artefacts.find(["Zqbroken0013", "hunter2-hunter2"], files), [], what)

    def test_every_call_fails_once(self):
        for kind in KINDS:
            for at, directory, done in self.steps(kind):
                what = "%s %d: %s" % (kind, at, done.stderr.decode(errors="replace"))
                if done.returncode == -11 and kind in ("malloc", "calloc"):
                    # libfyaml 0.7.12 does not survive an allocation that fails in its set-up. That
                    # is while the configuration is read: nothing may have been begun.
                    self.assertFalse((self.root / directory).exists(), what)
                    continue
                self.assertIn(done.returncode, (0, 2, 3), what)
                if done.returncode == 0:
                    # A call that the run can do without: then nothing may be missing.
                    self.run_lethe("verify", directory, "--audit",
                                   directory + "/private/audit/audit.ndjson")
                else:
                    self.assertTrue(done.stderr.startswith(b"lethe") or b": error:" in done.stderr
                                    or b"lethe:" in done.stderr, what)
                self.visible_is_whole(directory, what)
                self.no_raw_text_left(directory, what)

    def test_a_disk_that_stays_full(self):
        for at, directory, done in self.steps("write", LETHE_FAIL_FOREVER="1"):
            what = "write %d: %s" % (at, done.stderr.decode(errors="replace"))
            # The last calls are the summary's, on standard output: nothing is lost then.
            self.assertIn(done.returncode, (3,), what)
            self.visible_is_whole(directory, what)
            base = self.root / directory
            left = [p for p in base.rglob(".*.partial")] if base.exists() else []
            self.assertEqual(left, [], what)

    def test_killed_at_every_write_and_rename(self):
        for kind in ("write", "fsync", "rename"):
            for at, directory, done in self.steps(kind, LETHE_FAIL_KILL="1"):
                what = "%s %d" % (kind, at)
                self.assertEqual(done.returncode, 137, what)
                self.visible_is_whole(directory, what)
                self.no_raw_text_left(directory, what)


if __name__ == "__main__":
    unittest.main()
