"""The manuals keep up: every key that the loader knows is explained, every alert has its paragraph and every
paragraph its alert, every command and option that a page shows exists."""
import os
import re
import subprocess
import unittest

from packaging import PACKAGING, SOURCE, main

LETHE = os.environ.get("LETHE", str(SOURCE / "build/release/lethe"))
PAGES = [SOURCE / "README.md", SOURCE / "docs/operations.md", SOURCE / "docs/configuration.md",
         PACKAGING / "debian/conf/README"]


def help_of(*words):
    return subprocess.run([LETHE, *words, "--help"], capture_output=True, text=True, timeout=60).stdout


def is_announced(name):
    """Refused by name, because it comes with another version."""
    done = subprocess.run([LETHE, name], capture_output=True, text=True, timeout=60)
    return "is not in this version" in done.stderr


class Keys(unittest.TestCase):
    def test_every_key_is_explained(self):
        page = (SOURCE / "docs/configuration.md").read_text()
        named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]*)`", page))))
        known = set()
        for file in sorted((SOURCE / "worker").glob("configuration*.c")):
            for words in re.findall(r"known\[\] = \{(.*?)\}", file.read_text(), re.S):
                known |= set(re.findall(r'"([a-z_]+)"', words))
        self.assertGreater(len(known), 30)
        self.assertEqual(sorted(known - named), [])


class Alerts(unittest.TestCase):
    def test_each_alert_has_its_paragraph(self):
        rules = PACKAGING / "prometheus/alerts.yaml"
        if not rules.exists():
            self.skipTest("there are no alert rules yet")
        alerts = re.findall(r"^\s*-?\s*alert:\s*(\w+)", rules.read_text(), re.M)
        page = (SOURCE / "docs/operations.md").read_text().split("\n## Alerts\n", 1)[1]
        self.assertTrue(alerts)
        self.assertEqual(sorted(re.findall(r"^\| `(Lethe\w+)` \|", page, re.M)), sorted(alerts))


class Commands(unittest.TestCase):
    def test_what_pages_show_exists(self):
        commands = set(re.findall(r"^  ([a-z]+)  ", help_of(), re.M))
        self.assertIn("keys", commands)
        helps, seen = {}, 0
        for page in PAGES:
            # `lethe ...` in back-quotes, and lines of blocks, up to what follows a pipe or a comment.
            text = page.read_text()
            shown = re.findall(r"`lethe ([^`]*)`", text)
            for line in re.findall(r"^    (.*)$", text, re.M):
                shown += re.findall(r"(?:^|-- |\s)lethe ((?:[a-z]+)(?: [^|&#]*)?)", line)
            for words in (s.split() for s in shown):
                if not words or words[0] not in commands and not re.fullmatch(r"[a-z]+", words[0]):
                    continue
                if words[0] not in commands and is_announced(words[0]):
                    continue
                self.assertIn(words[0], commands, "%s: lethe %s" % (page, " ".join(words)))
                text_of = helps.setdefault(words[0], help_of(words[0]))
                for option in (w.split("=")[0] for w in words[1:] if w.startswith("-") and w != "-"):
                    self.assertIn(option, re.findall(r"(?<!\S)--?[a-z-]+", text_of),
                                  "%s: lethe %s" % (page, " ".join(words)))
                    seen += 1
        self.assertGreater(seen, 8)


if __name__ == "__main__":
    main()
