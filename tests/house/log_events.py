#!/usr/bin/env python3
"""docs/reference/log-events.md lists every event of the log that the sources write, with its level
and fields. What an event means is written on the page by hand; the rest is made from the sources.
`--update` writes the page anew and keeps what was written by hand; `--self-test` plants sources."""
import pathlib
import re
import sys
import tempfile

PAGE = "docs/reference/log-events.md"
FOLDERS = ["core", "schemas", "consent", "kafka", "ingest", "anonymize", "aggregate", "sink", "worker"]
HEAD = """\
# Log events

Level and fields are made from the source by `tests/house/log_events.py --update`; the meaning is written here.

With `worker.log: plain` a line is `TIME LEVEL EVENT FIELD=VALUE...`; with `json` it is one object of the same. Fields hold names of the
configuration, numbers and sentences of the program; never a value of a record, and no text of the Kafka client.

| event | level | fields | meaning |
|---|---|---|---|
"""


def calls(text, name):
    """What stands between the parentheses of every call of that name."""
    for match in re.finditer(r"\b" + name + r"\(", text):
        depth, quoted, at = 1, False, match.end()
        while depth and at < len(text):
            c = text[at]
            if quoted:
                at += c == "\\"
                quoted = c != '"'
            else:
                quoted = c == '"'
                depth += (c == "(") - (c == ")")
            at += 1
        yield match.start(), text[match.end():at - 1]


def arguments(text):
    parts, depth, quoted, begin, at = [], 0, False, 0, 0
    while at < len(text):
        c = text[at]
        if quoted:
            at += c == "\\"
            quoted = c != '"'
        elif c == '"':
            quoted = True
        elif c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            parts.append(text[begin:at].strip())
            begin = at + 1
        at += 1
    return parts + [text[begin:].strip()]


def level_words(expression):
    words = re.findall(r"\bLOG_(ERROR|WARNING|INFO|DEBUG)\b", expression)
    return " or ".join(word.lower() for word in words) or "as the client says"


def fields_of(parts):
    found = []
    for part in parts:
        match = re.match(r'LOG_(?:NAME|NUMBER|SENTENCE)\(\s*"([a-z_]+)"', part)
        if match:
            found.append(match.group(1))
    return found


def events(root):
    """event -> (levels, fields), each in order of first appearance."""
    found = {}

    def add(event, level, fields):
        levels, names = found.setdefault(event, ([], []))
        levels += [level] if level not in levels else []
        names += [name for name in fields if name not in names]

    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.c")):
            text = path.read_text()
            for at, inside in calls(text, "LOG"):
                parts = arguments(inside)
                literal = re.fullmatch(r'"([a-z_]+)"', parts[1])
                if literal:
                    add(literal.group(1), level_words(parts[0]), fields_of(parts[2:]))
                    continue
                # A function that passes the event's name on: what it is called with are the events.
                function = re.findall(r"^\w[\w \*]*?\b(\w+)\([^;{}]*\)\n\{", text[:at], re.MULTILINE)[-1]
                for _, passed in calls(text, function):
                    passed = arguments(passed)
                    for name in re.findall(r'^"([a-z_]+)"$', "\n".join(passed), re.MULTILINE):
                        level = parts[0] if "LOG_" in parts[0] else " ".join(passed)
                        add(name, level_words(level), fields_of(parts[2:]))
    return found


def meanings(page):
    return {cells[0]: cells[3] for cells in
            (re.fullmatch(r"\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) ?\|", line).groups()
             for line in page.splitlines() if line.startswith("| `"))}


def render(found, known):
    lines = [HEAD]
    for event in sorted(found):
        levels, fields = found[event]
        lines.append("| `%s` | %s | %s | %s |\n" % (event, " or ".join(levels), " ".join(f"`{f}`" for f in fields),
                                                known.get(event, "")))
    return "".join(lines)


def problems(root):
    page = (root / PAGE).read_text()
    found, known = events(root), meanings(page)
    for event in sorted(set(found) - set(known)):
        yield f"{event} is not on the page: run tests/house/log_events.py --update and write what it means"
    for event in sorted(set(known) - set(found)):
        yield f"{event} is on the page, and nothing writes it"
    for event, meaning in sorted(known.items()):
        if not meaning:
            yield f"{event}: its meaning is missing"
    if not set(found) ^ set(known) and render(found, known) != page:
        yield "levels or fields have changed: run tests/house/log_events.py --update"


def self_test():
    source = '''
static void say(enum log_level level, const char *event)
{
    LOG(level, event, LOG_SENTENCE("why", "x, (y)"));
}
void f(void)
{
    LOG(LOG_INFO, "one_thing", LOG_NUMBER("lane", f(1, 2)), LOG_NAME("topic", t));
    LOG(bad ? LOG_WARNING : LOG_INFO, "other_thing", LOG_NAME("topic", t));
    say(LOG_ERROR, "passed_on");
}
'''
    expected = {"one_thing": (["info"], ["lane", "topic"]), "other_thing": (["warning or info"], ["topic"]),
                "passed_on": (["error"], ["why"])}
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        (root / "worker").mkdir()
        (root / "docs/reference").mkdir(parents=True)
        (root / "worker/a.c").write_text(source)
        assert events(root) == expected, events(root)
        good = render(expected, {name: "because" for name in expected})
        for page, count in ((good, 0), (good.replace("one_thing", "gone"), 2), (good.replace("because", "", 1), 1),
                            (good.replace("`lane`", "`line`"), 1)):
            (root / PAGE).write_text(page)
            assert len(list(problems(root))) == count, (count, list(problems(root)))
    print("planted events and pages: as expected")
    return 0


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    if sys.argv[1] == "--update":
        root = pathlib.Path(__file__).resolve().parents[2]
        page = root / PAGE
        page.write_text(render(events(root), meanings(page.read_text()) if page.exists() else {}))
        return 0
    found = list(problems(pathlib.Path(sys.argv[1])))
    for line in found:
        print(line)
    return 1 if found else 0


sys.exit(main())
