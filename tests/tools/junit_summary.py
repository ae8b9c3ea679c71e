"""Prints one table of JUnit files and the closing line `N passed, N failed, N skipped`; exit status 1 on any failure.

usage: junit_summary.py NAME=FILE...
A file that is missing or cannot be parsed counts as a failure: its runner died.
"""
import sys
import xml.etree.ElementTree as ET


def count(path):
    """(passed, failed, skipped, names of the failed)"""
    passed = skipped = 0
    failed = []
    for case in ET.parse(path).getroot().iter("testcase"):
        name = "/".join(part for part in (case.get("classname"), case.get("name")) if part)
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"} or case.get("status") == "fail":
            failed.append(name)
        elif "skipped" in kinds or case.get("status") in ("notrun", "disabled"):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(arguments):
    total = [0, 0, 0]
    for argument in arguments:
        suite, path = argument.split("=", 1)
        try:
            passed, failed, skipped = count(path)
        except (OSError, ET.ParseError) as error:
            passed, failed, skipped = 0, [f"{suite}: no result ({error})"], 0
        print(f"{suite:<22} {passed:>6} passed {len(failed):>4} failed {skipped:>4} skipped")
        for name in failed:
            print(f"  failed: {name}")
        total = [total[0] + passed, total[1] + len(failed), total[2] + skipped]
    if total[0] == 0 and total[1] == 0:
        print("no test was run")
        total[1] = 1
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
