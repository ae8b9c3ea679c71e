"""The table of what is tested is whole, and would tell if it were not."""
import copy
import json

import pytest
import transit_coverage as coverage


@pytest.fixture
def table():
    return coverage.load()


def test_each_path_and_parameter_has_a_test(table):
    assert not coverage.problems(table)


def test_the_sources_are_read_as_they_are():
    served = coverage.served()
    assert len(served) > 35
    assert served["keys/{key}"]["methods"] == {"GET", "POST", "PUT", "DELETE"}
    assert {"plaintext", "context", "batch_input", "partial_failure_response_code"} <= served["encrypt/{key}"]["parameters"]
    assert {"bits", "context"} <= served["datakey/wrapped/{key}"]["parameters"]
    assert {"hash"} <= served["byok-export/{destination}/{key}"]["parameters"]
    assert {"plaintext", "context", "reference"} - coverage.item_members() <= {"plaintext"}


def without(table, path, kind, name):
    out = copy.deepcopy(table)
    del out["paths"][path][kind][name]
    return out


def test_gaps_are_told(table):
    assert coverage.problems(without(table, "encrypt/{key}", "parameters", "context")) == ["encrypt/{key}: no test of parameter context"]
    assert coverage.problems(without(table, "keys/{key}", "methods", "DELETE")) == ["keys/{key}: no test of method DELETE"]
    gone = copy.deepcopy(table)
    del gone["paths"]["wrapping_key"]
    assert coverage.problems(gone) == ["wrapping_key: served, but not in the table"]


@pytest.mark.parametrize("test", ["cipher: what nobody wrote", "tests/integration/clients/test_openssl.py::test_nothing",
                                  "tests/nothing.py::test_x", "gateway_unit_tests: No.test", ""])
def test_tests_that_do_not_exist_are_told(table, test):
    table["paths"]["wrapping_key"]["methods"]["GET"] = test
    assert coverage.problems(table) == [f"wrapping_key GET: there is no test {test!r}"]


def test_what_is_not_served_is_told(table):
    table["paths"]["wrapping_key"]["parameters"] = {"colour": "cipher: versions"}
    table["paths"]["decode/{key}"] = {"methods": {"POST": "cipher: versions"}}
    assert coverage.problems(table) == ["decode/{key}: in the table, but not served", "wrapping_key: parameter colour is not read"]


def test_a_check_that_does_not_send_what_it_is_named_for_is_told(table):
    results = {"cipher: versions": {"sent": [{"method": "POST", "path": "/transit/encrypt/a", "names": ["plaintext"], "status": 200},
                                             {"method": "POST", "path": "/transit/keys/a/rotate", "names": ["dry_run"], "status": 403}]}}
    table["paths"] = {"encrypt/{key}": {"methods": {"POST": "cipher: versions"},
                                        "parameters": {"plaintext": "cipher: versions", "context": "cipher: versions"}},
                      "keys/{key}/rotate": {"parameters": {"dry_run": "cipher: versions"}}}
    assert coverage.unsent(table, results) == ["encrypt/{key} context: 'cipher: versions' does not send it",
                                               "keys/{key}/rotate dry_run: 'cipher: versions' does not send it"]


def test_paths_with_words_of_their_own_come_first():
    paths = coverage.served()
    assert coverage.path_of("/transit/export/public-key/a", paths) == "export/public-key/{key}"
    assert coverage.path_of("/transit/export/hmac-key/a", paths) == "export/{kind}/{key}"
    assert coverage.path_of("/transit/keys/config", paths) == "keys/{key}"
    assert coverage.path_of("/sys/health", paths) is None


def test_it_lists(capsys):
    assert coverage.main([]) == 0
    assert json.dumps(capsys.readouterr().out).count("encrypt/{key} plaintext") == 1
