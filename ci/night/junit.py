"""The report as JUnit's XML: a test case for each part of the plan, a failure for each group of findings."""

import re
import time
import xml.etree.ElementTree as xml

BAD = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text):
    return BAD.sub("?", text)


def document(value):
    suites = xml.Element("testsuites", name="night")
    suite = xml.SubElement(suites, "testsuite", name=f"night {value['night']}", time=f"{value['seconds']:.1f}",
                           timestamp=timestamp(value["started"]))
    failures = skipped = errors = 0
    for key, part in value["parts"].items():
        case = xml.SubElement(suite, "testcase", classname=f"night.{key.partition('/')[0]}", name=key.partition("/")[2] or key,
                              time=f"{part.get('seconds', 0):.1f}")
        if part["outcome"] in ("skipped", "stopped", "cut"):
            skipped += 1
            xml.SubElement(case, "skipped", message=clean(f"{part['outcome']}: {part['detail']}"))
        elif part["outcome"] == "finding":
            failures += 1
            xml.SubElement(case, "failure", type="finding", message=clean(part["detail"] or "see the groups of findings"))
        elif part["outcome"] == "failed":
            errors += 1
            xml.SubElement(case, "error", type="failed", message=clean(part["detail"]))
    for group in value["groups"]:
        failures += 1
        case = xml.SubElement(suite, "testcase", classname="night.findings", name=clean(f"{group['from']}: {group['cause']}: {group['program']}"))
        failure = xml.SubElement(case, "failure", type=clean(group["cause"]), message=clean(
            f"{'known since ' + str(group['first_seen']) if group['known'] else 'new'}; {len(group['files'])} files"))
        failure.text = clean("\n".join(filter(None, [group.get("text"), group.get("replay"), group.get("raw_replay")])))
    for name, number in (("tests", len(suite)), ("failures", failures), ("errors", errors), ("skipped", skipped)):
        suite.set(name, str(number))
        if name != "skipped":
            suites.set(name, str(number))
    xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(suites, encoding="unicode") + "\n"


def timestamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
