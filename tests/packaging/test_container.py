"""The container file, as far as a machine without a container engine can hold it to its word."""
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import unittest

from packaging import PACKAGING, SOURCE, main, skip

CONTAINER = PACKAGING / "container/Containerfile"


def instructions():
    """(word, rest) of every instruction, continued lines joined."""
    text = re.sub(r"^#.*\n", "", CONTAINER.read_text(), flags=re.M).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


class Lines(unittest.TestCase):
    def setUp(self):
        self.all = instructions()
        self.last = {word: rest for word, rest in self.all}

    def test_what_it_copies_is_here(self):
        for rest in (rest for word, rest in self.all if word == "COPY"):
            for path in rest.split()[:-1]:
                if path.startswith("build/package/"):  # made by ./dev package, under this name
                    self.assertEqual(path, "build/package/lethe_*.deb")
                else:
                    self.assertTrue((SOURCE / path).is_file(), path)

    def test_base_user_and_command(self):
        self.assertEqual(self.all[0], ("FROM", "docker.io/library/debian:12-slim"))
        self.assertRegex(self.last["USER"], r"^[1-9]\d*:[1-9]\d*$")
        number = self.last["USER"].split(":")[0]
        self.assertTrue(any("usermod -u %s lethe" % number in rest for _, rest in self.all))
        # Not root from the last USER on.
        words = [word for word, _ in self.all]
        self.assertNotIn("RUN", words[words.index("USER"):])
        # No shell between the engine and the worker, so that signals arrive.
        self.assertEqual(json.loads(self.last["ENTRYPOINT"]), ["/usr/bin/lethe"])
        self.assertEqual(json.loads(self.last["CMD"]), ["run", "-c", "/etc/lethe/lethe.yaml"])
        self.assertEqual(self.last["STOPSIGNAL"], "SIGTERM")

    def test_no_secret_and_no_argument(self):
        words = [word for word, _ in self.all]
        self.assertNotIn("ARG", words)
        self.assertNotIn("ADD", words)
        environment = [rest for word, rest in self.all if word == "ENV"]
        self.assertEqual(environment, ["CREDENTIALS_DIRECTORY=/run/credentials/lethe"])

    def test_it_says_that_it_was_not_built(self):
        self.assertIn("NOT BUILT", CONTAINER.read_text())
        self.assertIn("was not built by this project's tests",
                      (SOURCE / "docs/operations.md").read_text())

    def test_the_health_check_is_built_in(self):
        """The format that podman and buildah take by default has none."""
        for path in (CONTAINER, SOURCE / "docs/operations.md"):
            self.assertIn("podman build --format docker -f packaging/container/Containerfile",
                          path.read_text())


class Live(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self):
        self.send_response(self.status if self.path == "/live" else 404)
        self.end_headers()

    def log_message(self, *words):
        pass


class Health(unittest.TestCase):
    """The very command of the container file, against something that answers as /live does."""

    def check(self, port):
        command = json.loads(re.search(r"CMD (\[.*\])", dict(instructions())["HEALTHCHECK"]).group(1))
        self.assertEqual(command[1:], ["/usr/libexec/lethe-healthcheck", "127.0.0.1:9464"])
        if not os.path.exists(command[0]):
            skip("perl is not here: the health check is not tried")
        return subprocess.run([command[0], PACKAGING / "container/healthcheck.pl", "127.0.0.1:%d" % port],
                              timeout=20).returncode

    def serve(self, status):
        handler = type("Answer", (Live,), {"status": status})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def test_alive(self):
        self.assertEqual(self.check(self.serve(200)), 0)

    def test_not_alive(self):
        self.assertEqual(self.check(self.serve(503)), 1)

    def test_nobody_there(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.assertEqual(self.check(free.getsockname()[1]), 1)

    def test_nobody_answers(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            self.assertEqual(self.check(silent.getsockname()[1]), 1)


class Build(unittest.TestCase):
    def test_build(self):
        engine = shutil.which("podman") or shutil.which("docker")
        if not engine or not os.environ.get("LETHE_CONTAINER"):
            self.skipTest("LETHE_CONTAINER is not set, or no engine is here: the container is not built")
        subprocess.run([engine, "build", "-f", CONTAINER, "-t", "lethe-test", SOURCE], check=True, timeout=600)
        done = subprocess.run([engine, "run", "--rm", "lethe-test", "--version"], check=True, timeout=60,
                              capture_output=True, text=True)
        self.assertIn("lethe", done.stdout)


if __name__ == "__main__":
    main()
