"""What the tests of the packaging share: where things are, and how a machine that cannot show
something says so."""
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("LETHE_SOURCE_DIR", pathlib.Path(__file__).parents[2])).resolve()
PACKAGING = SOURCE / "packaging"


def skip(reason):
    """Skips one test; a run in which every test was skipped ends with 77."""
    print("PACKAGING TESTS SKIPPED: " + reason, file=sys.stderr, flush=True)
    raise unittest.SkipTest(reason)


def main():
    result = unittest.main(exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    # A class that is skipped whole counts as no test run.
    alone = [test for test, _ in result.skipped if isinstance(test, unittest.TestCase)]
    sys.exit(77 if result.skipped and result.testsRun == len(alone) else 0)
