"""Every block of the README's tour is run as it stands, in a copy of the checkout's layout; every
command that the README names exists; the cases in examples/ hold."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from cli import LETHE, SOURCE, Scratch


class Readme(unittest.TestCase):
    def setUp(self):
        self.text = (SOURCE / "README.md").read_text()
        self.blocks = re.findall(r"^```sh\n(.*?)^```", self.text, re.M | re.S)

    def test_the_tour(self):
        self.assertGreaterEqual(len(self.blocks), 6)
        with tempfile.TemporaryDirectory(prefix="lethe-tour-") as temporary:
            root = pathlib.Path(temporary)
            (root / "build/release").mkdir(parents=True)
            os.symlink(pathlib.Path(LETHE).resolve(), root / "build/release/lethe")
            for folder in ("examples", "schemas"):
                shutil.copytree(SOURCE / folder, root / folder)
            # One shell for all blocks, so that directories and variables carry over as for a reader.
            script = "set -e\n"
            for number, block in enumerate(self.blocks):
                script += "echo '@@ block %d' >&2\n%s\necho '@@ done %d' >&2\n" % (
                    number, block, number)
            done = subprocess.run(["bash", "-c", script], cwd=root, capture_output=True, timeout=300,
                                  stdin=subprocess.DEVNULL)
            errors = done.stderr.decode()
            self.assertEqual(done.returncode, 0, errors + done.stdout.decode())
            for number in range(len(self.blocks)):
                self.assertIn("@@ done %d" % number, errors)
            out = done.stdout.decode()
            for words in ("label: pseudonymised", ": 0 findings", "passed, 0 failed", "<email>",
                          "schema: mine", "Anna withdraws her consent", "0 events lost or twice"):
                self.assertIn(words, out)

    def test_links(self):
        for page in [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md",
                     *sorted((SOURCE / "docs").rglob("*.md"))]:
            for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), "%s: %s" % (page, target))


class Cases(Scratch):
    def test_examples_hold(self):
        shutil.copytree(SOURCE / "examples", self.root / "examples")
        shutil.copytree(SOURCE / "schemas/shipped", self.root / "schemas/shipped")
        done = self.run_lethe("test", "examples/cases.yaml")
        self.assertRegex(done.stdout.decode(), r"\d+ passed, 0 failed")

    def test_a_failing_case_shows_a_diff(self):
        shutil.copytree(SOURCE / "examples", self.root / "examples")
        shutil.copytree(SOURCE / "schemas/shipped", self.root / "schemas/shipped")
        cases = self.root / "examples/cases.yaml"
        cases.write_text(cases.read_text().replace("network: {ip: 203.0.113.0}",
                                                   "network: {ip: 203.0.113.57}"))
        done = self.run_lethe("test", "examples/cases.yaml", status=1)
        text = done.stdout.decode()
        self.assertIn('- network.ip: "203.0.113.57"', text)
        self.assertIn('+ network.ip: "203.0.113.0"', text)
        self.assertRegex(text, r"\d+ passed, 1 failed")
        cases.write_text(cases.read_text().replace("recipient: analytics", "recipient: analytcs", 1))
        self.run_lethe("test", "examples/cases.yaml", status=2)

    def test_the_demo(self):
        done = self.run_lethe("demo", environment={"TMPDIR": str(self.root)})
        text = done.stdout.decode()
        for words in ("click: one record in", "crash: one record in", "device: one record in",
                      "consent granted", "pseudonym", "quarantined: 2", "0 findings", "MB/s",
                      "4. The stream", "0 rows without the consent"):
            self.assertIn(words, text)
        self.assertEqual([n for n in self.all_files() if "demo" in n], [])


if __name__ == "__main__":
    unittest.main()
