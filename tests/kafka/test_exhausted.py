"""No room on the disk, and no memory: what cannot be done is not half done, and once there is room
again everything comes out once."""
import os
import resource
import subprocess
import time
import unittest

from stream_case import short_or_long
from test_files import FAILING_CALLS, FilesCase


def can_mount():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL).returncode == 0


class Disk(FilesCase):
    @unittest.skipUnless(can_mount(), "needs to mount a file system")
    def test_a_full_disk(self):
        """The directory is a file system of a megabyte that somebody else has filled."""
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", self.directory()], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.directory()])
        filler = self.root / "out/first/filler"
        self.configuration["recipients"]["first"]["part"] = {"bytes": "64KiB", "delay": "1s"}
        self.put_consent()
        worker = self.worker().start()
        with open(filler, "wb") as file:
            while True:
                try:
                    os.write(file.fileno(), bytes(4096))
                except OSError:
                    break
        self.put_events(range(5000))
        time.sleep(4)
        self.assertEqual(self.visible_parts(), {})
        self.assertEqual(super().rows("second"), [])
        self.assertEqual(self.lag(), 5000)
        end = time.monotonic() + 30
        while worker.running and not (
                worker.metric("lethe_transactions_aborted_total", **{"class": "files"}) +
                worker.metric("lethe_lane_restarts_total")):
            self.assertLess(time.monotonic(), end, "it neither aborts nor starts anew")
            time.sleep(0.1)
        filler.unlink()
        if not worker.running:
            worker.start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(5000))
        self.check_files()

    def test_files_that_may_not_grow(self):
        """RLIMIT_FSIZE: writing fails in the middle of a part, until somebody lifts the limit."""
        self.configuration["recipients"]["first"]["part"] = {"bytes": "1MiB", "delay": "1s"}
        self.put_consent()
        worker = self.worker().start()
        resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (8192, resource.RLIM_INFINITY))
        self.put_events(range(5000))
        time.sleep(3)
        self.assertEqual(self.visible_parts(), {})
        if worker.running:
            resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE,
                             (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        else:
            worker.start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(5000))
        self.check_files()


@unittest.skipUnless(FAILING_CALLS, "needs the library that makes calls fail")
class Memory(FilesCase):
    """The k-th allocation fails, for many k, wherever that is: ours or a library's (librdkafka ends
    the process then). Whatever becomes of the process, the stream is exact."""

    def every(self, call, first, factor, forever):
        self.configuration["kafka"]["session.timeout.ms"] = 1000
        self.configuration["kafka"]["heartbeat.interval.ms"] = 300
        self.put_consent()
        worker = self.worker("only")
        report = self.root / "came"
        count, k, ended = 0, first, 0
        for _ in range(short_or_long(5, 40)):
            report.unlink(missing_ok=True)
            worker.environment.update({
                "LD_PRELOAD": FAILING_CALLS, "LETHE_FAIL_CALL": call, "LETHE_FAIL_AT": str(int(k)),
                "LETHE_FAIL_ERRNO": "ENOMEM", "LETHE_FAIL_FOREVER": forever,
                "LETHE_FAIL_REPORT": str(report)})
            self.put_events(range(count, count + 300))
            count += 300
            worker.start(ready=False)
            end = time.monotonic() + 6
            while worker.running and self.lag() and time.monotonic() < end:
                time.sleep(0.05)
            ended += not worker.running
            worker.kill()
            k *= factor
        self.assertTrue(report.exists() or ended)
        for name in list(worker.environment):
            if name.startswith(("LD_PRELOAD", "LETHE_FAIL_")):
                del worker.environment[name]
        worker.start()
        self.wait_settled()
        worker.stop()
        self.check_exact(range(count))
        self.check_files()

    def test_malloc(self):
        self.every("malloc", 20, short_or_long(4, 1.3), "0")

    def test_calloc(self):
        self.every("calloc", 20, short_or_long(3, 1.25), "0")

    def test_realloc(self):
        self.every("realloc", 5, short_or_long(3, 1.25), "0")

    def test_no_more_memory(self):
        self.every("malloc", 500, short_or_long(3, 1.25), "1")


if __name__ == "__main__":
    unittest.main()
