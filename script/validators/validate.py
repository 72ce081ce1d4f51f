"""Reads a JUnit report with a parser that is not ours: `python3 validate.py FILE`.

Ends with 0 where the file is well-formed and its counts are those of its cases.
"""

import sys

from junitparser import Error, Failure, JUnitXml, Skipped

report = JUnitXml.fromfile(sys.argv[1])
told = (report.tests, report.failures, report.errors, report.skipped)
results = [result for suite in report for case in suite for result in case.result]
found = (
    sum(1 for suite in report for _ in suite),
    sum(isinstance(result, Failure) for result in results),
    sum(isinstance(result, Error) for result in results),
    sum(isinstance(result, Skipped) for result in results),
)
if told != found:
    sys.exit(f"the report counts {told}, and has {found}")
