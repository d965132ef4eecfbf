"""Help, usage errors and exit statuses of every command; the progress bar; what is not in this
version."""
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import time
import unittest

from cli import CLOCK, LETHE, Scratch, consent, event

COMMANDS = ("run", "replay", "check", "explain", "test", "scrub", "discover", "generate", "keys",
            "consent", "quarantine", "verify", "demo", "reference")
LATER = ("subject", "report", "bench", "plan")


def catches(process, number):
    """Whether it has a handler for that signal by now."""
    status = pathlib.Path("/proc/%d/status" % process.pid).read_text()
    return int(re.search(r"SigCgt:\s*(\w+)", status).group(1), 16) >> (number - 1) & 1


class Commands(Scratch):
    def test_help_everywhere(self):
        overview = self.run_lethe("--help").stdout.decode()
        for name in COMMANDS:
            self.assertRegex(overview, r"(?m)^  %s " % name)
            text = self.run_lethe(name, "--help").stdout.decode()
            self.assertTrue(text.startswith("usage: lethe %s" % name))
            self.assertEqual(self.run_lethe(name, "--help").stderr, b"")

    def test_usage_errors(self):
        self.run_lethe(status=2)
        done = self.run_lethe("repaly", status=2)
        self.assertIn(b"did you mean `replay`?", done.stderr)
        done = self.run_lethe("replay", "--recipent", "x", status=2)
        self.assertIn(b"did you mean --recipient?", done.stderr)
        for name in COMMANDS:
            done = self.run_lethe(name, "--no-such-option", status=2)
            self.assertEqual(done.stdout, b"")
        for name in LATER:
            done = self.run_lethe(name, status=2)
            self.assertIn(b"not in this version", done.stderr)

    def test_a_report_that_cannot_be_written_is_a_failure(self):
        self.make_keys()
        for words in (["--help"], ["--version"], ["replay", "--help"],
                      ["check", "-c", "lethe.yaml", "--offline"],
                      ["keys", "list", "-c", "lethe.yaml"],
                      ["consent", "-c", "lethe.yaml", "account.user_id:u1"]):
            with open("/dev/full", "wb") as full:
                done = subprocess.run([LETHE, *words], cwd=self.root, stdout=full,
                                      stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 3, words)
            self.assertIn(b"standard output", done.stderr)

    def test_a_path_that_cannot_be_used_is_named(self):
        self.make_keys()
        self.write("file", "")
        for words in (["replay", "-c", "lethe.yaml", "."], ["explain", "-c", "lethe.yaml", "."],
                      ["explain", "-c", "lethe.yaml", "none"], ["discover", "."],
                      ["verify", "none"], ["verify", "file"], ["verify", ".", "--audit", "none"],
                      ["replay", "-c", "lethe.yaml", "-o", "file", "file"],
                      ["replay", "-c", "lethe.yaml", "file", "--consent", "."],
                      ["generate", "--schema", "click", "-n", "1", "--seed", "1", "-o", "none/x"]):
            done = self.run_lethe(*words, status=2)
            self.assertEqual(done.stdout, b"")
            self.assertIn(words[-1].encode() + b":", done.stderr)

    def test_generate_leaves_no_part_of_a_file(self):
        self.write("whole.ndjson", "before")
        process = subprocess.Popen(
            [LETHE, "generate", "--schema", "mixed", "--bytes", "40GB", "--seed", "1", "-o",
             "whole.ndjson"], cwd=self.root, stderr=subprocess.DEVNULL)
        self.wait_for(lambda: (self.root / "whole.ndjson.partial").exists())
        process.terminate()
        process.wait()
        (self.root / "whole.ndjson.partial").unlink()
        self.assertEqual((self.root / "whole.ndjson").read_text(), "before")
        self.run_lethe("generate", "--schema", "click", "-n", "5", "--seed", "1", "-o",
                       "whole.ndjson")
        self.assertEqual(len((self.root / "whole.ndjson").read_text().splitlines()), 5)
        self.assertFalse((self.root / "whole.ndjson.partial").exists())

    def test_interrupted_in_good_order(self):
        """What is not committed is taken back; the next run may have the same place."""
        self.make_keys()
        for number in (signal.SIGINT, signal.SIGTERM):
            reader, writer = os.pipe()
            process = subprocess.Popen(
                [LETHE, "replay", "-c", "lethe.yaml", "--clock", CLOCK, "-o", "out", "-"],
                cwd=self.root, stdin=reader, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            os.close(reader)
            lines = "".join(json.dumps(event(i)) + "\n" for i in range(50000)).encode()
            os.write(writer, lines[:60000])
            self.wait_for(lambda: list(self.root.glob("out/recipients/*")))
            process.send_signal(number)
            with os.fdopen(writer, "wb") as pipe:
                try:
                    pipe.write(lines)
                except BrokenPipeError:
                    pass
            self.assertIn(b"interrupted", process.communicate()[1])
            self.assertEqual(process.returncode, 3)
            left = [name for name in self.all_files("out") if "audit" not in name]
            self.assertEqual(left, [])
            shutil.rmtree(self.root / "out")

    def test_interrupted_while_nothing_comes(self):
        os.mkfifo(self.root / "silent")
        self.make_keys()
        for path in ("silent", "-"):
            process = subprocess.Popen(
                [LETHE, "replay", "-c", "lethe.yaml", "-o", "out-" + path, path], cwd=self.root,
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.wait_for(lambda: (self.root / ("out-" + path)).exists() and
                          catches(process, signal.SIGTERM))
            process.terminate()
            self.assertEqual(process.wait(timeout=60), 3)
            process.stdin.close()
            self.assertIn(b"interrupted", process.stderr.read())
            process.stderr.close()

    def wait_for(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_progress_only_on_a_terminal(self):
        self.write_lines("in.ndjson", [event(i) for i in range(60000)])
        command = [LETHE, "replay", "-c", "lethe.yaml", "--clock", CLOCK, "in.ndjson"]
        main, other = pty.openpty()
        process = subprocess.Popen(command, cwd=self.root, stdout=subprocess.DEVNULL, stderr=other)
        os.close(other)
        seen = b""
        try:
            while chunk := os.read(main, 4096):
                seen += chunk
        except OSError:  # the other end is closed
            pass
        self.assertEqual(process.wait(), 0)
        os.close(main)
        for word in (b"%", b" MB ", b" records ", b"MB/s"):
            self.assertIn(word, seen)
        self.assertEqual(self.run_lethe(*command[1:]).stderr, b"")

    def test_check(self):
        self.run_lethe("check", "-c", "lethe.yaml", "--offline", status=2)  # no keys yet
        self.make_keys()
        text = self.run_lethe("check", "-c", "lethe.yaml", "--offline").stdout.decode()
        self.assertIn("recipients are not told of erasures", text)
        self.assertRegex(text, r"first and second both get of event: .*device\.model")

    def test_consent_of_a_subject(self):
        self.write_lines("consent.ndjson", [
            consent("account.user_id:u1", age=17), consent("account.user_id:u2", "withdrawn")])
        text = self.run_lethe("consent", "-c", "lethe.yaml", "account.user_id:u1").stdout.decode()
        self.assertRegex(text, r"operation: granted .*\n +a record of this subject alone is granted")
        self.assertRegex(text, r"marketing: unknown\n +a record of this subject alone is withheld")
        self.assertNotIn("u1", text)
        text = self.run_lethe("consent", "-c", "lethe.yaml", "account.user_id=u2").stdout.decode()
        self.assertRegex(text, r"alone is reduced: a subject withdrew its consent")
        text = self.run_lethe("consent", "-c", "lethe.yaml", "account.user_id:u3").stdout.decode()
        self.assertIn("nothing is known of this subject", text)
        self.run_lethe("consent", "-c", "lethe.yaml", "device.model:x", status=2)

    def test_explain_shows_no_value_unless_asked(self):
        self.write_lines("in.ndjson", [event(1, note="a note of its own")])
        words = ("explain", "-c", "lethe.yaml", "--clock", CLOCK)
        text = self.run_lethe(*words, "in.ndjson").stdout.decode()
        self.assertIn("granted", text)
        self.assertRegex(text, r"(?m)^    net\.ip +network\.ip +truncate  by policy\.yaml:11 `network\.ip`$")
        for value in ("SM-G9910", "203.0.113", "shop.example.com", "a note of its own", "u1"):
            self.assertNotIn(value, text)
        shown = self.run_lethe(*words, "--show-values", "in.ndjson").stdout.decode()
        self.assertIn("SM-G9910", shown)
        self.assertIn("203.0.113.0", shown)
        self.assertNotIn("hunter2", shown)
        fields = self.run_lethe("explain", "-c", "lethe.yaml").stdout.decode()
        self.assertRegex(fields, r"net\.ip  network\.ip")
        self.assertRegex(fields, r"policy\.yaml:\d+ `network\.ip`")

    def test_keys(self):
        self.run_lethe("keys", "init", "-c", "lethe.yaml", "--clock", CLOCK)
        text = self.run_lethe("keys", "list", "-c", "lethe.yaml", "--clock", CLOCK).stdout.decode()
        self.assertEqual([line.split()[1] for line in text.splitlines()[1:]],
                         ["current", "future", "future"])
        self.run_lethe("keys", "init", "-c", "lethe.yaml", status=2)
        self.run_lethe("keys", "destroy", "-c", "lethe.yaml", status=2)
        self.run_lethe("keys", "rotate", "-c", "lethe.yaml", "--clock", "2027-01-15T00:00:00Z")
        text = self.run_lethe("keys", "list", "-c", "lethe.yaml", "--clock",
                              "2027-01-15T00:00:00Z").stdout.decode()
        self.assertIn("destroyed", [line.split()[1] for line in text.splitlines()[1:]])
        self.run_lethe("keys", "destroy", "-c", "lethe.yaml", "--all")
        text = self.run_lethe("keys", "list", "-c", "lethe.yaml").stdout.decode()
        self.assertEqual({line.split()[1] for line in text.splitlines()[1:]}, {"destroyed"})
        for name, data in self.all_files("keys").items():
            self.assertNotRegex(data.decode(), r"[0-9a-f]{64}", name)

    def test_scrub(self):
        done = self.run_lethe("scrub", stdin=b"from 203.0.113.9 by a@example.com\nno finding\n")
        self.assertEqual(done.stdout, b"from <ip> by <email>\nno finding\n")
        pem = b"a\n-----BEGIN PRIVATE KEY-----\nTUlJQ2QQ\n-----END PRIVATE KEY-----\nb\n"
        done = self.run_lethe("scrub", stdin=pem)
        self.assertNotIn(b"TUlJQ2QQ", done.stdout)
        self.assertTrue(done.stdout.startswith(b"a\n") and done.stdout.endswith(b"\nb\n"))
        done = self.run_lethe("scrub", "--json", stdin=b'{"m":"call +86 138 0013 8000","n":1}\n{bad\n')
        lines = done.stdout.splitlines()
        self.assertEqual(json.loads(lines[0])["n"], 1)
        self.assertNotIn(b"138", lines[0])
        self.assertNotIn(b"bad", lines[1])


if __name__ == "__main__":
    unittest.main()
