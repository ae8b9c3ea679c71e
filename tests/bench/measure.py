"""Ratios against a limit measured in the same run, and the table of them."""
import json
import statistics
from dataclasses import asdict, dataclass


@dataclass
class Ratio:
    """One row. `ratio` is value / limit where more is better, limit / value where less is."""
    name: str
    value: float
    unit: str
    limit_name: str
    limit: float
    ratio: float
    asked: float

    @property
    def enough(self):
        return self.ratio >= self.asked


def more_is_better(name, value, unit, limit_name, limit, asked):
    return Ratio(name, value, unit, limit_name, limit, value / limit if limit else 0.0, asked)


def less_is_better(name, value, unit, limit_name, limit, asked):
    return Ratio(name, value, unit, limit_name, limit, limit / value if value else 0.0, asked)


def alternating(ours, theirs, rounds=3):
    """Medians of both, measured in turn so that a noisy moment of the machine strikes both."""
    pairs = []
    for _ in range(rounds):
        pairs.append((ours(), theirs()))
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs)


def number(value):
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"


def table(rows):
    cells = [["measure", "value", "unit", "limit", "its value", "ratio", "asked", ""]]
    for row in rows:
        cells.append([row.name, number(row.value), row.unit, row.limit_name, number(row.limit), f"{row.ratio:.2f}",
                      f"{row.asked:.2f}", "ok" if row.enough else "SHORT"])
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    right = {1, 4, 5, 6}
    text = []
    for line in cells:
        text.append("  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths))).rstrip())
    text.insert(1, "-" * max(len(line) for line in text))
    return "\n".join(text)


def as_json(rows, machine):
    return json.dumps({"machine": machine, "ratios": [asdict(row) | {"enough": row.enough} for row in rows]}, indent=2) + "\n"
