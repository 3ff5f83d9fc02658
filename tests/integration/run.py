#!/usr/bin/env python3
"""Runs the integration tests against ROOKERY_BIN (default: build/release/rookery).

  tests/integration/run.py [--from DIRECTORY] [-k PART_OF_A_NAME]...

Those of tests/scenarios want a build with the fault switch (build/asan/rookery).

As root it runs in namespaces of its own, where every port is free and /run is empty. The last line is
"integration: N passed, M failed".
"""

import argparse
import os
import pathlib
import signal
import sys
import time
import unittest

from namespace import enter_namespace

HERE = pathlib.Path(__file__).resolve().parent  # on the path of imports, too: where the harness is


class Result(unittest.TextTestResult):
    """One line per test, with its time."""

    def startTest(self, test):
        unittest.TestResult.startTest(self, test)
        self.began = time.monotonic()

    def say(self, word, test):
        print(f"{word}: {test.id()} ({time.monotonic() - self.began:.1f} s)", flush=True)

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.say("ok", test)

    def addFailure(self, test, err):
        unittest.TestResult.addFailure(self, test, err)
        self.say("FAIL", test)
        print(self.failures[-1][1], flush=True)

    def addError(self, test, err):
        unittest.TestResult.addError(self, test, err)
        self.say("ERROR", test)
        print(self.errors[-1][1], flush=True)

    def addSubTest(self, test, subtest, err):
        unittest.TestResult.addSubTest(self, test, subtest, err)
        if err is not None:
            self.say("FAIL", subtest)
            print((self.failures + self.errors)[-1][1], flush=True)

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        print(f"skipped: {test.id()}: {reason}", flush=True)

    def printErrors(self):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-k", action="append", default=[], help="only tests whose name contains this")
    parser.add_argument("--from", dest="directory", type=pathlib.Path, default=HERE, help="where the tests are")
    arguments = parser.parse_args()
    # A shell that runs this in the background has it ignore Ctrl-C, and every process it starts would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    enter_namespace()
    loader = unittest.TestLoader()
    if arguments.k:
        loader.testNamePatterns = [f"*{part}*" for part in arguments.k]
    directory = str(arguments.directory.resolve())
    suite = loader.discover(directory, "test_*.py", directory)
    result = unittest.TextTestRunner(stream=open(os.devnull, "w"), resultclass=Result).run(suite)
    bad = {test.id().split(" (")[0] for test, _ in result.failures + result.errors}
    good = result.testsRun - len(bad) - len(result.skipped)
    print(f"integration: {good} passed, {len(bad)} failed" +
          (f", {len(result.skipped)} skipped" if result.skipped else ""))
    return 0 if good and not bad else 1


if __name__ == "__main__":
    sys.exit(main())
