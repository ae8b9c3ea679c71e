"""The closing line counts what the runners wrote, and nothing that failed gets lost."""
import pathlib
import subprocess
import sys

TOOL = pathlib.Path(__file__).resolve().parents[1] / "tools" / "junit_summary.py"
CTEST = """<testsuite><testcase name="a" status="run"/><testcase name="b" status="fail"><failure message=""/></testcase>
<testcase name="c" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase></testsuite>"""
PYTEST = """<testsuites><testsuite><testcase classname="m" name="x"/><testcase classname="m" name="y"><error/></testcase>
<testcase classname="m" name="z"><skipped/></testcase></testsuite></testsuites>"""


def summary(*arguments):
    done = subprocess.run([sys.executable, TOOL, *arguments], check=False, capture_output=True, text=True)
    return done.returncode, done.stdout.strip().split("\n")


def test_totals_over_both_kinds(tmp_path):
    (tmp_path / "c.xml").write_text(CTEST)
    (tmp_path / "p.xml").write_text(PYTEST)
    code, lines = summary(f"c++={tmp_path}/c.xml", f"python={tmp_path}/p.xml")
    assert code == 1
    assert lines[-1] == "2 passed, 2 failed, 2 skipped"
    assert "  failed: b" in lines and "  failed: m/y" in lines


def test_all_passed(tmp_path):
    (tmp_path / "p.xml").write_text('<testsuite><testcase name="a"/></testsuite>')
    assert summary(f"python={tmp_path}/p.xml") == (0, ["python                      1 passed    0 failed    0 skipped",
                                                       "1 passed, 0 failed, 0 skipped"])


def test_a_runner_that_died_is_a_failure(tmp_path):
    (tmp_path / "torn.xml").write_text("<testsuite><testcase name=")
    for path in ("torn.xml", "absent.xml"):
        code, lines = summary(f"c++={tmp_path}/{path}")
        assert code == 1 and lines[-1] == "0 passed, 1 failed, 0 skipped"


def test_nothing_run_is_a_failure(tmp_path):
    (tmp_path / "none.xml").write_text("<testsuite/>")
    assert summary(f"c++={tmp_path}/none.xml")[0] == 1
