"""node-vault drives the whole Transit interface of a real sluisd; node's own crypto judges what comes out.

The checks are in node/*.mjs; each is a test here.
"""
import node
import pytest
import transit_coverage


@pytest.fixture(scope="module")
def results(gateway):
    return {result["name"]: result for result in node.run_checks(gateway)}


def test_names_are_unique():
    assert len(set(node.checks())) == len(node.checks()) > 100


@pytest.mark.parametrize("name", node.checks())
def test_check(results, name):
    assert results[name]["error"] is None, results[name]["error"]


def test_nothing_failed_inside(results):
    inside = [(name, note) for name, result in results.items() for note in result["sent"] if not 200 <= note["status"] < 500]
    assert not inside


def test_what_the_table_names_was_really_sent(results):
    assert not transit_coverage.unsent(transit_coverage.load(), results)


def test_the_log_verifies_afterwards(gateway, results):
    assert results
    opened = [entry for entry in gateway.entries() if entry["leaf"]["action"] == "transit.decrypt"]
    assert len(opened) > 1000
    assert gateway.verify_log()["good"]
