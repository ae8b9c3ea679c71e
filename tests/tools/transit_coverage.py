#!/usr/bin/env python3
"""Lists each path and parameter of the Transit interface with the test that covers it.

The table is tests/integration/clients/coverage.toml. It is held against the sources: the route table, the parameters that the
handlers read, and the tests. Fails if a path, method or parameter is missing from the table, is in the table but not in the
gateway, or names a test that does not exist.

A test is named as "area: what" (a check of tests/integration/clients/node), as "tests/…/test_x.py::test_y", or as
"binary: Suite.name" (tests/KIND/AREA/*.cc).

usage: transit_coverage.py [--write RESULTS]   RESULTS: what a run of the node checks left; fills in what the table lacks
"""
import json
import pathlib
import re
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "tests" / "integration" / "clients" / "coverage.toml"
NODE = ROOT / "tests" / "integration" / "clients" / "node"
API = ROOT / "gateway" / "transit" / "api"
METHODS = {"post": ["POST", "PUT"], "get": ["GET"], "del": ["DELETE"], "list": ["LIST"]}


def load():
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


# ---- the gateway's sources ----

def _handler_bodies():
    """The text of each function of the API, by name."""
    found = {}
    for source in sorted(API.glob("*.cc")):
        for match in re.finditer(r"^(?:Outcome|Params|Wanted|\S+) (\w+)\([^;{]*\) \{\n(.*?)^\}", source.read_text(), re.M | re.S):
            found.setdefault((source.name, match[1]), match[2])
    return found


def _parameters_of(function, bodies):
    """What the handler reads, itself or through the function of its file that does its work."""
    home = next((key for key in bodies if key[1] == function), None)
    if home is None:
        raise SystemExit(f"routes.cc names the handler {function}, which is not found")
    todo, seen, out = [home], set(), set()
    while todo:
        key = todo.pop()
        if key in seen or key not in bodies:
            continue
        seen.add(key)
        for names in re.findall(r"\bParams params\(call,\s*\{(.*?)\}\)", bodies[key], re.S):
            out |= set(re.findall(r'"(\w+)"', names))
        todo += [(key[0], called) for called in re.findall(r"\b(\w+)\(", bodies[key]) if (key[0], called) in bodies]
    return out


def served():
    """{path: {"methods": {…}, "parameters": {…}}} out of the sources."""
    bodies, out = _handler_bodies(), {}
    rows = re.findall(r"\{Method::(\w+),\s*\"/([^\"]*)\",\s*\"[^\"]*\",\s*Runs::\w+,\s*Row::Body::\w+,\s*(\w+)",
                      (API / "routes.cc").read_text())
    if not rows:
        raise SystemExit("no rows are found in routes.cc")
    for method, path, function in rows:
        row = out.setdefault(path, {"methods": set(), "parameters": set()})
        row["methods"] |= set(METHODS[method])
        row["parameters"] |= _parameters_of(function, bodies)
    return out


def item_members():
    return set(re.findall(r'is\(member, "(\w+)"\)', (API / "items.cc").read_text()))


# ---- the tests ----

def _node_checks():
    """Patterns of the names in node/*.mjs; ${…} in a name stands for anything."""
    out = []
    for source in NODE.glob("*.mjs"):
        for quote, name in re.findall(r"\bcheck\((['`])(.*?)\1,", source.read_text(encoding="utf-8")):
            parts = re.split(r"\$\{.*?\}", name) if quote == "`" else [name]
            out.append(re.compile(".+".join(map(re.escape, parts))))
    return out


def exists(test, node_checks):
    if "::" in test:
        file, name = test.split("::", 1)
        source = ROOT / file
        return source.is_file() and re.search(rf"^def {re.escape(name)}\(", source.read_text(encoding="utf-8"), re.M) is not None
    if any(pattern.fullmatch(test) for pattern in node_checks):
        return True
    binary, _, name = test.partition(": ")
    suite, _, case = name.partition(".")
    kinds = re.fullmatch(r"(\w+)_(unit|contract|vectors|integration|fault|fuzz)_tests", binary)
    if not kinds or not case:
        return False
    folder = ROOT / "tests" / kinds[2] / kinds[1]
    return any(re.search(rf"TEST\w*\({suite},\s*{case}\)", f.read_text()) for f in folder.glob("*.cc"))


# ---- the table against both ----

def _tests_of(value):
    return value if isinstance(value, list) else [value]


def entries(table):
    """(what, tests) for everything that the table lists."""
    for path, row in table["paths"].items():
        for kind in ("methods", "parameters"):
            for name, value in row.get(kind, {}).items():
                yield f"{path} {name}", _tests_of(value)
    for kind in ("headers", "behaviours"):
        for name, value in table.get(kind, {}).items():
            yield f"{kind}: {name}", _tests_of(value)


def problems(table):
    out = []
    ignored = set(table["ignored"])
    real = served()
    listed = table["paths"]
    out += [f"{path}: served, but not in the table" for path in real.keys() - listed.keys()]
    out += [f"{path}: in the table, but not served" for path in listed.keys() - real.keys()]
    for path in real.keys() & listed.keys():
        methods, parameters = set(listed[path].get("methods", {})), set(listed[path].get("parameters", {}))
        plain = {name for name in parameters if not name.startswith("batch_input.")}
        wanted = real[path]["parameters"] - ignored - set(table.get("ignored_at", {}).get(path, []))
        out += [f"{path}: no test of method {name}" for name in real[path]["methods"] - methods]
        out += [f"{path}: method {name} is not served" for name in methods - real[path]["methods"]]
        out += [f"{path}: no test of parameter {name}" for name in wanted - plain]
        out += [f"{path}: parameter {name} is not read" for name in plain - real[path]["parameters"]]
        if "batch_input" in wanted and not any(name.startswith("batch_input.") for name in parameters):
            out.append(f"{path}: no test of the members of batch_input")
    members = {name.split(".", 1)[1] for row in listed.values() for name in row.get("parameters", {}) if "." in name}
    out += [f"batch_input: no test of the member {name}" for name in item_members() - members]
    checks = _node_checks()
    for what, tests in entries(table):
        out += [f"{what}: no test"] if not tests else []
        out += [f"{what}: there is no test {test!r}" for test in tests if not exists(test, checks)]
    return sorted(out)


# ---- what a run of the node checks sent ----

def _pattern(path):
    return re.compile("/(?:v1/)?transit/" + re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


def path_of(sent, paths):
    """The path of the table that a request was for: the one with the most words of its own."""
    fitting = [path for path in paths if _pattern(path).fullmatch(sent)]
    return min(fitting, key=lambda path: path.count("{"), default=None)


def covered(results, paths):
    """{(path, method or parameter): [names of checks that sent it and were answered well]}."""
    out = {}
    for name, result in results.items():
        for note in result["sent"]:
            path = path_of(note["path"], paths)
            if path is None or note["status"] != 200:
                continue
            for what in [note["method"], *note["names"]]:
                tests = out.setdefault((path, what), [])
                if name not in tests:
                    tests.append(name)
    return out


def unsent(table, results):
    """What the table says of a node check and the check did not do."""
    done, checks = covered(results, table["paths"]), _node_checks()
    out = []
    for path, row in table["paths"].items():
        for what, value in [*row.get("methods", {}).items(), *row.get("parameters", {}).items()]:
            for test in _tests_of(value):
                if any(p.fullmatch(test) for p in checks) and test not in done.get((path, what), []):
                    out.append(f"{path} {what}: {test!r} does not send it")
    return out


def write(results):
    """The table with its gaps filled from a run; what nothing covers is written as an empty list, which fails."""
    old = load()
    done = covered(results, served())
    lines = TABLE.read_text(encoding="utf-8").split("[paths.", 1)[0].rstrip().split("\n")
    for path, real in served().items():
        known = old.get("paths", {}).get(path, {})
        items = {what for (where, what) in done if where == path and what.startswith("batch_input.")}
        ignored = {*old["ignored"], *old.get("ignored_at", {}).get(path, [])}
        for kind, names in (("methods", real["methods"]), ("parameters", (real["parameters"] | items) - ignored)):
            if names:
                lines += ["", f'[paths."{path}".{kind}]']
            for name in sorted(names):
                value = known.get(kind, {}).get(name) or done.get((path, name), [])[:1]
                value = value[0] if isinstance(value, list) and len(value) == 1 else value
                lines.append(f'{json.dumps(name) if "." in name else name} = {json.dumps(value, ensure_ascii=False)}')
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments):
    if arguments[:1] == ["--write"]:
        write({result["name"]: result for result in json.loads(pathlib.Path(arguments[1]).read_text())})
    table = load()
    for what, tests in entries(table):
        print(f"{what:<60} {', '.join(tests)}")
    found = problems(table)
    for problem in found:
        print(f"transit_coverage: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
