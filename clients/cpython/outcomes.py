"""Runs modules of CPython's tests as `python -m test` does, and writes down how every single test went:
outcomes.py FILE ARGUMENT... with the arguments of `python -m test`.

A line of FILE is a JSON list: what happened and the test's name. "started" comes first, so that the last line of a run
that died names the test that it died in.
"""

import json
import os
import sys


def record_outcomes(result_class, path):
    """Has every result of this class write to the file; what it does otherwise stays as it is."""
    process = os.getpid()
    file = open(path, "a", encoding="utf-8", buffering=1)

    def note(what, test):
        if os.getpid() == process:  # a forked child may come by here, too
            file.write(json.dumps([what, test.id() if callable(getattr(test, "id", None)) else str(test)]) + "\n")

    def wrapped(method, what):
        def call(self, test, *rest):
            note(what, test)
            return method(self, test, *rest)
        return call

    for name, what in (("startTest", "started"), ("addSuccess", "passed"), ("addFailure", "failed"), ("addError", "error"),
                       ("addSkip", "skipped"), ("addExpectedFailure", "failed as expected"),
                       ("addUnexpectedSuccess", "passed unexpectedly")):
        setattr(result_class, name, wrapped(getattr(result_class, name), what))
    original = result_class.addSubTest

    def add_sub_test(self, test, subtest, error):
        if error is not None:
            note("failed" if issubclass(error[0], test.failureException) else "error", subtest)
        return original(self, test, subtest, error)
    result_class.addSubTest = add_sub_test


if __name__ == "__main__":
    del sys.path[0]  # this folder: no test shall see it
    # test_trace traces tests while this takes notes, and wants to see no file that is not Python's own.
    del __file__
    from test.libregrtest import main
    from test.support.testresult import RegressionTestResult
    record_outcomes(RegressionTestResult, sys.argv[1])
    sys.argv[1:] = sys.argv[2:]
    main()
