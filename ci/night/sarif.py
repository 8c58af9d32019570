"""The findings as SARIF 2.1.0, for tools that show results beside the code: a result for each group."""

import hashlib
import json

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def result(group):
    text = f"{group['cause']} by {group['program']}, in {len(group['files'])} files"
    for name in ("where", "expected", "found"):
        if group.get(name):
            text += f"; {name}: {group[name]}"
    if group.get("replay") or group.get("raw_replay"):
        text += f". To see it again: {group.get('replay') or group['raw_replay']}"
    place = group.get("shortest") or group["raw"]
    return {
        "ruleId": group["cause"], "level": "error", "message": {"text": text}, "baselineState": "unchanged" if group["known"] else "new",
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": place}, "region": {"startLine": 1}}}],
        "partialFingerprints": {"group/v1": hashlib.sha256(group["key"].encode()).hexdigest()[:32]},
        "properties": {"target": group["from"], "files": group["files"]},
    }


def document(value):
    rules = sorted({group["cause"] for group in value["groups"]})
    went_wrong = [key for key, part in value["parts"].items() if part["outcome"] == "failed"]
    run = {
        "tool": {"driver": {"name": "poolhammer", "rules": [
            {"id": rule, "shortDescription": {"text": f"{rule}: what an oracle or invariant of this name judges"}} for rule in rules]}},
        "automationDetails": {"id": f"night/{value['night']}"},
        "invocations": [{"executionSuccessful": not went_wrong, "toolExecutionNotifications": [
            {"level": "error", "message": {"text": f"{key}: {value['parts'][key]['detail']}"}} for key in went_wrong]}],
        "results": [result(group) for group in value["groups"]],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"
