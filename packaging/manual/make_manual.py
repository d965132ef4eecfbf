#!/usr/bin/env python3
"""Writes lethe(1) from the program's own help, so that the page cannot say what the program does not.

    make_manual.py PROGRAM > lethe.1
"""
import datetime
import os
import re
import subprocess
import sys


def help_of(program, *words):
    return subprocess.run([program, *words], capture_output=True, check=True, text=True).stdout


def roff(text):
    """Text as roff takes it: no request at a line's start, dashes that can be copied."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.split("\n"))


def marked(text):
    """`word` becomes bold."""
    return re.sub(r"`([^`]+)`", r"\\fB\1\\fR", roff(text))


def option_lines(text):
    """(options, description) of every option of a command's help."""
    for line in text.split("options:\n", 1)[-1].splitlines():
        found = re.match(r"  (?:(-\w), |    )(--[a-z-]+)( \S+)?\s+(.*)$", line)
        if found:
            letter, name, argument, what = found.groups()
            names = ", ".join("\\fB%s\\fR" % roff(n) for n in (letter, name) if n)
            yield names + (" \\fI%s\\fR" % roff(argument.strip()) if argument else ""), what


def command_section(name, text):
    usage, summary = text.splitlines()[0], text.splitlines()[2]
    yield ".SS %s" % roff(name)
    yield "\\fB%s\\fR" % roff(re.sub(r"^usage: ", "", usage))
    yield ".PP"
    yield marked(summary[:1].upper() + summary[1:]) + "."
    for names, what in option_lines(text):
        yield ".TP\n%s\n%s" % (names, marked(what))


def page(program):
    top = help_of(program, "--help")
    version = help_of(program, "--version").split()[1]
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    date = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%d")
    yield '.TH LETHE 1 "%s" "lethe %s" "User Commands"' % (date, version)
    yield ".SH NAME\nlethe \\- takes the people out of telemetry\n.SH SYNOPSIS"
    yield ".B lethe\n.I COMMAND\n.RI [ OPTIONS ]\n.PP\n.B lethe\n.I COMMAND\n.B \\-\\-help\n.SH DESCRIPTION"
    yield roff("Lethe stands between where telemetry comes in and who wants to use it. It decides per person and "
               "purpose what consent allows, and drops, generalises or pseudonymises what could identify someone "
               "before anything is passed on. What no schema lists is never copied; what is not known is denied.")
    yield ".SH COMMANDS"
    for name in re.findall(r"^  ([a-z]+)  +\S", top.split("commands:\n", 1)[1], re.M):
        yield from command_section(name, help_of(program, name, "--help"))
    yield ".SH EXIT STATUS"
    for status, what in (("0", "done"), ("1", "it ran and found what it looks for: errors, failing cases, leaks"),
                         ("2", "usage or configuration"), ("3", "failed while running")):
        yield ".TP\n.B %s\n%s" % (status, roff(what))
    yield ".SH FILES"
    for name, what in (("/etc/lethe/lethe.yaml", "the service's configuration"),
                       ("/var/lib/lethe/keys", "epoch keys, of the user lethe alone"),
                       ("/usr/share/lethe", "examples, shipped schemas, the board and the alerts"),
                       ("/usr/share/doc/lethe", "the manuals: configuration, operations, privacy")):
        yield ".TP\n.I %s\n%s" % (roff(name), roff(what))
    yield ".SH SIGNALS"
    yield roff("lethe run: SIGTERM and SIGINT end it in good order; SIGHUP reloads schemas, policy and keys.")
    yield ".SH SEE ALSO\n.BR kcat (1),\n.BR systemctl (1)"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print("\n".join(page(sys.argv[1])))
