"""The records API and the audit reads of a real sluisd, every answer checked against docs/openapi.yaml."""
import json
import re

import jsonschema
import pytest
from deployment import READ, ROOT, Deployment
from openapi_check import METHODS, Description

RECORD = {"national_number": "85.07.30-033.28", "holder_name": "Zoë Peeters", "birth_date": "1985-07-30", "grade": "cum laude",
          "qualification": "Master of Laws", "institution": "KU Leuven", "awarded_on": "2007-06-30", "level": "7"}
BASE = "/v1/records/diplomas"


@pytest.fixture(scope="module")
def description():
    return Description(ROOT / "docs" / "openapi.yaml")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("openapi"), options={"import": "chunk_records = 4"}).start()
    yield deployment
    deployment.stop()


class Checked:
    """A client whose every answer is checked."""

    def __init__(self, description, client, headers=None):
        self.description, self.client, self.headers = description, client, headers or {}

    def __call__(self, method, path, body=None, **headers):
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        reply = self.client.call(method, path, body=body, headers=sent)
        self.description.check(method, path, reply)
        return reply


@pytest.fixture
def backend(description, gateway):
    return Checked(description, gateway.client(), READ)


@pytest.fixture
def auditor(description, gateway):
    return Checked(description, gateway.client("auditor-1"))


def test_the_description_is_sound(description):
    """Every reference resolves, every schema is one, every path parameter is described."""
    def walk(node):
        if isinstance(node, dict):
            if "$ref" in node:
                description.resolver.resolve(node["$ref"])
            if "schema" in node:
                jsonschema.Draft202012Validator.check_schema(node["schema"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(description.document)
    for name, schema in description.document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
    for path, item in description.document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            parameters = [description._resolve(p) for p in item.get("parameters", []) + item[method].get("parameters", [])]
            named = {p["name"] for p in parameters if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path)), (method, path)
    ids = [item[m]["operationId"] for item in description.document["paths"].values() for m in METHODS if m in item]
    assert len(ids) == len(set(ids))


def test_one_record(backend):
    one = BASE + "/d-1"
    created = backend("PUT", one, RECORD)
    assert created.status == 201
    assert backend("PUT", one, RECORD).status == 204
    read = backend("GET", one)
    assert read.status == 200 and read.json() == RECORD
    assert backend("GET", one + "?fields=grade,level").json() == {"grade": "cum laude", "level": "7"}
    tag = read.headers["ETag"]
    assert backend("GET", one, If_None_Match=tag).status == 304
    assert backend("HEAD", one).headers["ETag"] == tag
    assert backend("PATCH", one, {"grade": None}, If_Match=tag).status == 204
    assert "grade" not in backend("GET", one).json()
    assert backend("PATCH", one, {"grade": "x"}, If_Match=tag).status == 412
    assert backend("PUT", one, RECORD, If_None_Match="*").status == 412
    assert backend("DELETE", one, If_Match=tag).status == 412
    assert backend("DELETE", one).status == 204
    for method, body in (("GET", None), ("HEAD", None), ("DELETE", None), ("PATCH", {})):
        assert backend(method, one, body).status == 404


def test_bytes_are_kept(backend):
    raw = b'{"national_number":85073003328,"holder_name":"Zo\\u00eb","grade":1.10,"qualification":"A","institution":"B","awarded_on":"C"}'
    assert backend("PUT", BASE + "/raw", raw).status == 201
    assert b'"grade":1.10' in backend("GET", BASE + "/raw").body
    assert b'"holder_name":"Zo\\u00eb"' in backend("GET", BASE + "/raw").body


@pytest.mark.parametrize("body, status", [
    (b"", 400), (b"{", 400), (b"[]", 400), (b"{}", 400), (b'{"a":1}', 400), (b'{"grade":"\xff"}', 400),
    (b'{"grade":"\\u0000"}', 400), (b'{"grade":1,"grade":2}', 400), (b'{"grade":' + b"[" * 100000 + b"]" * 100000 + b"}", 413),
    (b'{"grade":' + b"[" * 40 + b"]" * 40 + b"}", 400), (b'{"grade":"' + b"x" * 9000 + b'"}', 413),
])
def test_bad_documents(backend, body, status):
    assert backend("PUT", BASE + "/bad", body).status == status


def test_many_records(backend):
    for i in range(5):
        backend("PUT", f"{BASE}/many-{i}", {**RECORD, "national_number": "90010100123"})
    read = backend("POST", BASE + ":read", {"ids": ["many-1", "absent", "many-0"], "fields": ["grade"]})
    assert [r["id"] for r in read.json()["records"]] == ["many-1", "many-0"]
    assert read.json()["missing"] == ["absent"] and read.json()["failed"] == []
    found, after = [], {}
    while True:
        page = backend("POST", BASE + ":search", {"match": {"national_number": "900101-001.23"}, "limit": 2, **after}).json()
        found += [r["id"] for r in page["records"]]
        if "next" not in page:
            break
        after = {"after": page["next"]}
    assert found == [f"many-{i}" for i in range(5)]
    assert backend("POST", BASE + ":search", {"match": {"national_number": "1"}}).json()["records"] == []
    assert backend("POST", BASE + ":search", {"match": {"grade": "x"}}).status in (400, 403)
    assert backend("POST", BASE + ":read", {"ids": ["a/b"]}).status == 400
    assert backend("POST", BASE + ":read", {"ids": ["a"] * 1001}).status == 413


def test_attestations(backend):
    backend("PUT", BASE + "/att", RECORD)
    verify = {"Sluis_Purpose": "diploma-verification"}

    def says(claims):
        return backend("POST", BASE + "/att:attest", {"claims": claims}, **verify)

    assert says({"qualification": "Master of Laws", "awarded_on": {"gte": "2007-01-01"}}).json() == {"satisfied": True}
    assert says({"birth_date": {"gt": "1990-01-01"}}).json() == {"satisfied": False}
    assert says({"grade": "cum laude"}).status == 403
    assert says({}).status == 400
    assert backend("POST", BASE + "/none:attest", {"claims": {"level": "7"}}, **verify).status == 404


def line(i, **more):
    return json.dumps({"id": f"imp-{i}", **RECORD, **more}).encode() + b"\n"


def test_imports(backend):
    lines = [line(1), b"not json\n", line(2), line(2), line(3, grade="x" * 500), line(4)]
    whole = backend("POST", BASE + ":import?import=i-1", b"".join(lines), Content_Type="application/x-ndjson")
    assert whole.json() == {"import": "i-1", "lines_done": 6, "records": 3, "errors": 3, "finished": True}
    assert backend("GET", BASE + "/imports/i-1").json() == whole.json()
    errors = backend("GET", BASE + "/imports/i-1/errors?limit=2").json()
    assert [e["line"] for e in errors["errors"]] == [2, 4] and errors["next"] == 4
    errors = backend("GET", BASE + "/imports/i-1/errors?after_line=4").json()
    assert errors == {"errors": [{"line": 5, "code": "field_too_long", "field": "grade"}]}
    csv = "id,national_number,holder_name,qualification,institution,awarded_on\r\ncsv-1,1,\"A, B\",q,i,2001-01-01\r\n"
    assert backend("POST", BASE + ":import", csv.encode(), Content_Type="text/csv").json()["records"] == 1
    assert backend("GET", BASE + "/csv-1?fields=holder_name").json() == {"holder_name": "A, B"}
    assert backend("POST", BASE + ":import", b"x").status == 400
    assert backend("GET", BASE + "/imports/none").status == 404


def test_exports(backend):
    backend("PUT", BASE + "/zz-1", RECORD)
    reply = backend("POST", BASE + ":export", {"fields": ["level"], "after": "zz"})
    assert reply.body == b'{"id":"zz-1","level":"7"}\n'
    everything = [json.loads(text) for text in backend("POST", BASE + ":export").body.splitlines()]
    ids = [record["id"] for record in everything]
    assert ids == sorted(ids) and "zz-1" in ids
    assert backend("POST", BASE + ":export", {"fields": ["none"]}).status == 400


def test_denials_are_problems_and_entries(backend, description, gateway, auditor):
    backend("PUT", BASE + "/den", RECORD)
    refused = backend("GET", BASE + "/den?fields=grade", Sluis_Purpose="diploma-verification")
    assert refused.status == 403 and refused.receipt is not None
    entry = auditor("GET", f"/v1/audit/entries/{refused.receipt}?payloads=opened").json()
    assert entry["leaf"]["outcome"] == "denied" and entry["payload"]["detail"]
    assert backend("GET", BASE + "/den", Sluis_Purpose="curiosity").status == 403
    assert backend("GET", "/v1/records/other/den").status in (403, 404)
    officer = Checked(description, gateway.client("officer-1"), READ)
    assert officer("GET", BASE + "/den").status == 403


def test_the_log(backend, auditor):
    put = backend("PUT", BASE + "/log-1", RECORD)
    read = backend("GET", BASE + "/log-1?fields=grade")
    page = auditor("GET", f"/v1/audit/entries?first={put.receipts[0]}&limit=50&payloads=opened").json()
    by_index = {entry["index"]: entry for entry in page["entries"]}
    assert by_index[read.receipt]["payload"]["fields"] == ["grade"]
    assert by_index[read.receipt]["payload"]["record"] == "log-1"
    assert by_index[put.receipts[-1]]["payload"]["written"][0]["id"] == "log-1"
    assert auditor("GET", "/v1/audit/entries?last=3").json()["entries"][0]["payload"] is None
    assert auditor("GET", "/v1/audit/entries/0").status == 200
    assert auditor("GET", "/v1/audit/entries/99999999").status == 404
    assert auditor("GET", "/v1/audit/entries?first=x").status == 400
    assert backend("GET", "/v1/audit/entries").status == 403
    assert auditor("GET", "/v1/audit/receipts/0").body.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert auditor("GET", "/v1/audit/receipts/99999999").status == 404
    assert auditor("GET", "/v1/tlog/checkpoint").status == 200
    for path in ("0/000", "0/000.p/9", "0/x001/000.p/9", "0/x001/x000/000.p/9", "entries/x001/x000/000"):
        assert auditor("GET", f"/v1/tlog/tile/{path}").status in (200, 404)


def test_health(description, gateway):
    operator = Checked(description, gateway.client("operator-1"))
    assert operator("GET", "/healthz").status == 200
    assert operator("GET", "/readyz").json()["status"] == "ready"
    assert b"sluis" in operator("GET", "/metrics").body


def test_every_operation_was_called(description):
    """Runs last: what the description promises and nobody has tried is not known to be true."""
    assert description.operations("audit", "health", "records") - description.called == set()


