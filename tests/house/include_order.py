#!/usr/bin/env python3
"""Checks every #include of the tree against DESIGN section 4: which folder may see which, which
third-party headers stay where, and who may name a raw record. `--self-test` plants wrong includes
in a temporary tree and expects each to be found."""
import pathlib
import re
import sys
import tempfile

# Folder -> folders whose headers it may include (its own is always allowed).
MAY = {
    "core": set(),
    "schemas": {"core"},
    "consent": {"core", "schemas"},
    "kafka": {"core"},
    "ingest": {"core", "schemas", "kafka"},
    "anonymize": {"core", "schemas", "consent"},
    "aggregate": {"core", "schemas"},
    "sink": {"core", "schemas", "kafka"},
    "worker": {"core", "schemas", "consent", "kafka", "ingest", "anonymize", "aggregate", "sink",
               "bench"},
}
MAY["bench"] = set(MAY) - {"worker"}
MAY["tests"] = set(MAY)

# Third-party header -> folders that may include it.
THIRD_PARTY = {
    "librdkafka/": {"kafka", "ingest", "sink"},
    "zstd": {"ingest", "sink"},
    "sodium": {"anonymize", "consent", "aggregate", "sink"},
    "libfyaml": {"schemas", "worker"},
    "microhttpd": {"worker"},
    "systemd/": {"worker"},
    "maxminddb": {"anonymize"},
    "xxhash": {"core", "schemas", "consent", "ingest", "sink", "aggregate", "worker"},
    "cmocka": set(),
}
RAW_RECORD = {"schemas", "ingest", "anonymize", "worker", "bench", "tests"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def problems(root):
    for path in sorted(root.rglob("*.[ch]")):
        parts = path.relative_to(root).parts
        if parts[0] not in MAY:
            continue
        folder = parts[0]
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            why = judge(folder, match.group(1), match.group(2), root)
            if why:
                yield f"{path.relative_to(root)}:{number}: {match.group(2)}: {why}"


def judge(folder, kind, name, root):
    first = name.split("/")[0]
    if kind == '"':
        if "/" not in name:
            return "a path from the root is required"
        if first != folder and first in MAY and first not in MAY[folder]:
            return f"{folder}/ must not include {first}/"
        if name == "schemas/raw_record.h" and folder not in RAW_RECORD:
            return f"{folder}/ must not name a raw record"
        return None
    if folder in ("tests", "bench"):
        return None
    for header, folders in THIRD_PARTY.items():
        if name.startswith(header) and folder not in folders:
            return f"{header} does not belong into {folder}/"
    return None


def self_test():
    planted = {
        "core/a.c": '#include "schemas/schema.h"\n',
        "schemas/a.c": '#include "consent/rule.h"\n',
        "ingest/a.c": '#include "sink/sink.h"\n',
        "sink/a.c": '#include "schemas/raw_record.h"\n',
        "anonymize/a.c": '#include "ingest/source.h"\n',
        "worker/a.c": "#include <sodium.h>\n",
        "core/b.c": "#include <zstd.h>\n",
        "consent/a.c": '#include "rule.h"\n',
    }
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for name, text in planted.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
        (root / "worker/good.c").write_text('#include "sink/sink.h"\n#include <stdio.h>\n')
        found = {line.split(":")[0] for line in problems(root)}
    missed = set(planted) - found
    if missed or "worker/good.c" in found:
        print("not found:", sorted(missed))
        return 1
    print(f"{len(planted)} planted includes found")
    return 0


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    found = list(problems(pathlib.Path(sys.argv[1])))
    for line in found:
        print(line)
    return 1 if found else 0


sys.exit(main())
