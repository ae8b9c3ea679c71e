"""Checks answers of the gateway against docs/openapi.yaml."""
import json
import re
import urllib.parse

import jsonschema
import yaml

METHODS = ("get", "head", "put", "patch", "post", "delete")


class Description:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = yaml.safe_load(file)
        self.resolver = jsonschema.RefResolver.from_schema(self.document)
        # As the router has it: literal segments go before parameters.
        paths = sorted(self.document["paths"], key=lambda path: path.count("{"))
        self.paths = [(self._pattern(path), path) for path in paths]
        self.called = set()

    @staticmethod
    def _pattern(path):
        pieces = re.split(r"(\{\w+\})", path)
        return re.compile("".join("([^/:]+)" if p.startswith("{") else re.escape(p) for p in pieces) + r"\Z")

    def operations(self, *tags):
        """Those with one of the tags; all where none is named."""
        return {(method, path) for path, item in self.document["paths"].items() for method in METHODS
                if method in item and (not tags or set(tags) & set(item[method]["tags"]))}

    def _resolve(self, thing):
        while "$ref" in thing:
            thing = self.resolver.resolve(thing["$ref"])[1]
        return thing

    def _validate(self, value, schema, where):
        errors = list(jsonschema.Draft202012Validator(schema, resolver=self.resolver).iter_errors(value))
        assert not errors, f"{where}: {errors[0].message} at {list(errors[0].absolute_path)} in {value!r:.500}"

    def check(self, method, target, reply):
        """Asserts that the reply is one that the description allows for this call."""
        path = urllib.parse.urlsplit(target).path
        found = [template for pattern, template in self.paths if pattern.match(path)]
        assert found, f"{path} is not described"
        method = method.lower()
        operation = self.document["paths"][found[0]].get(method)
        assert operation, f"{method} {path} is not described"
        self.called.add((method, found[0]))
        where = f"{method} {path} {reply.status}"
        responses = operation["responses"]
        assert str(reply.status) in responses or reply.status >= 400, f"{where} is not described"
        response = self._resolve(responses.get(str(reply.status), responses["default"]))
        for name, header in response.get("headers", {}).items():
            header = self._resolve(header)
            value = reply.headers.get(name)
            assert value is not None or not header.get("required"), f"{where}: no header {name}"
            if value is not None:
                number = header["schema"].get("type") == "integer"
                self._validate(int(value) if number else value, header["schema"], f"{where}, header {name}")
        assert reply.headers.get("Sluis-Request-Id"), f"{where}: no request id"
        self._check_body(response, reply, where)

    def _check_body(self, response, reply, where):
        if "content" not in response:
            assert not reply.body, f"{where}: a body where none is described"
            return
        kind = reply.headers["Content-Type"].split(";")[0]
        assert kind in response["content"], f"{where}: {kind} is not described"
        if kind.endswith("json") and not kind.endswith("ndjson"):
            self._validate(json.loads(reply.body), response["content"][kind]["schema"], where)
