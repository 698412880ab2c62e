#!/usr/bin/env python3
"""Verifies a file of audit events with their seals. Needs Python 3.9 or newer, and nothing of the portal.

    python3 verify_audit.py audit.jsonl               all events, as `manage.py audit export` writes them
    python3 verify_audit.py --selected audit.jsonl    some events, as a page exports them: each for itself
    python3 verify_audit.py --checkpoint kept.txt audit.jsonl

A line is a JSON object: the columns of an event, and `sequence`, `sealed_at`, `previous` and `hash` of its
seal. `hash` is the SHA-256 of the line without it, as JSON with sorted keys, no spaces and ASCII only;
`previous` is the hash of the line before. The file is read once, line by line.
"""

import argparse
import hashlib
import json
import re
import sys
from datetime import datetime, timedelta

GENESIS = "0" * 64
TOLERANCE = timedelta(minutes=5)
CHECKPOINT = re.compile(r"pim-audit:(\d+):([0-9a-f]{64}):")


def without_doubles(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("it says one thing twice")
    return dict(pairs)


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def digest(line):
    content = {name: value for name, value in line.items() if name != "hash"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class Reader:
    def __init__(self, checkpoints, selected):
        self.checkpoints, self.selected = checkpoints, selected
        self.last = self.newest = None
        self.lines = self.findings = 0

    def say(self, where, sentence):
        self.findings += 1
        print(f"{where}: {sentence}")

    def read(self, text):
        self.lines += 1
        try:
            line = json.loads(text, object_pairs_hook=without_doubles)
            if "hash" not in line:
                return self.say(f"Line {self.lines}", f"event {line.get('id')} carries no seal.")
            where = f"Sequence {line['sequence']}, event {line.get('id')}"
            if digest(line) != line["hash"]:
                self.say(where, "the event, or its seal, was changed after it was sealed.")
            if not self.selected:
                self.follow(where, line)
            if self.checkpoints.pop(line["sequence"], line["hash"]) != line["hash"]:
                self.say(where, "the checkpoint of this place has another hash: the log was written anew.")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            self.say(f"Line {self.lines}", f"this is no line of an export: {error}")

    def follow(self, where, line):
        if self.last is None and line["sequence"] > 1:
            print(f"The file begins at {line['sequence']}: what was before is not verified.")
        expected = self.last["sequence"] + 1 if self.last else line["sequence"]
        previous = self.last["hash"] if self.last else GENESIS if expected == 1 else line["previous"]
        if line["sequence"] != expected:
            self.say(where, f"{expected} should stand here: lines were removed, put in or reordered.")
        elif line["previous"] != previous:
            self.say(where, "it does not follow the line before: one of the two was changed or put in.")
        at, sealed_at = instant(line["at"]), instant(line["sealed_at"])
        if self.newest and at < self.newest - TOLERANCE:
            self.say(where, f"put in later: it says {at}, and one of {self.newest} was sealed before.")
        self.newest = max(self.newest or at, min(at, sealed_at))
        self.last = line


def main():
    parser = argparse.ArgumentParser(description="Verify a file of audit events.")
    parser.add_argument("--selected", action="store_true", help="some events alone, in any order")
    parser.add_argument("--checkpoint", type=argparse.FileType(), help="a text with checkpoints in it")
    parser.add_argument("file", type=argparse.FileType(encoding="utf-8"))
    given = parser.parse_args()
    kept = dict(CHECKPOINT.findall(given.checkpoint.read()) if given.checkpoint else [])
    reader = Reader({int(sequence): known for sequence, known in kept.items()}, given.selected)
    for text in given.file:
        reader.read(text)
    for sequence in sorted(reader.checkpoints):
        reader.say(f"Sequence {sequence}", "a checkpoint names it, and the file lacks it.")
    print(f"{reader.lines} lines, {reader.findings} findings.")
    return 1 if reader.findings or not reader.lines else 0


if __name__ == "__main__":
    sys.exit(main())
