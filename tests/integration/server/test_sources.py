"""Shapes of coroutines that g++ 12 miscompiles do not occur (gateway/server/asio.h says which)."""

import glob
import os
import re

from conftest import ROOT

AWAIT_IN_CONDITION = re.compile(r"\b(?:if|while|for|switch)\s*\((?:[^()]|\([^()]*\))*\bco_await\b(?=[^;{]*\))")
AWAIT_IN_OPERATION = re.compile(r"(?:&&|\|\||\?|:)\s*!?\s*co_await\b")
LAMBDA = re.compile(r"\[[^\]\s][^\]]*\]\s*(?:\([^)]*\))?\s*(?:->\s*Task<[^>]*>)?\s*\{[^{}]*\bco_(?:await|return)\b")


def faults(text):
    text = re.sub(r"//[^\n]*", "", text)
    return [m.group(0) for pattern in (AWAIT_IN_CONDITION, AWAIT_IN_OPERATION, LAMBDA) for m in pattern.finditer(text)]


def test_no_coroutine_has_a_shape_that_is_miscompiled():
    files = glob.glob(os.path.join(ROOT, "gateway/server/*.cc"))
    assert files
    assert {f: found for f in files if (found := faults(open(f).read()))} == {}


def test_the_test_knows_the_shapes():
    assert faults("if (!co_await open()) return;")
    assert faults("while (co_await one(x, y) == 1) {}")
    assert faults("const bool b = a && co_await f();")
    assert faults("auto f = [this]() -> Task<void> { co_return; };")
    assert not faults("const bool ok = co_await f();\nif (!ok) co_return co_await g(h());")
