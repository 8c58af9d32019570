"""The report of a night in its four forms, all made before the first is written."""

from night import files, junit, page, sarif


def totals(value):
    """Executions by target and engine."""
    made = {}
    for key, part in value["parts"].items():
        if "executions" in part:
            engine, _, target = key.partition("/")
            made.setdefault(target or key, {})[engine] = part["executions"]
    return made


def write(out, value):
    value["executions"] = totals(value)
    made = {"report.html": page.page(value), "report.junit.xml": junit.document(value), "report.sarif": sarif.document(value)}
    for name, text in made.items():
        files.write(out / name, text)
    files.write_json(out / "report.json", value)
