"""As much of PromQL as is needed to know which metrics, labels and label values a query names. It
is no judge of syntax; promtool is, where there is one."""
import re

WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "offset",
         "bool", "sum", "min", "max", "avg", "count", "topk", "bottomk", "quantile", "rate", "increase",
         "deriv", "changes", "time", "histogram_quantile", "abs", "clamp_min", "clamp_max", "absent"}
GROUPINGS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
TOKEN = re.compile(r"""
    (?P<space>\s+) | (?P<variable>\$[A-Za-z_]+)
  | (?P<duration>\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*(?![A-Za-z0-9_]))
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?) | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<string>"(?:[^"\\]|\\.)*") | (?P<operator>=~|!~|!=|==|>=|<=|[-+*/%^<>=(){}\[\],:])
""", re.VERBOSE)


def tokens(query):
    at = 0
    while at < len(query):
        match = TOKEN.match(query, at)
        if not match:
            raise ValueError("cannot be read from: " + query[at:])
        at = match.end()
        if match.lastgroup != "space":
            yield match.lastgroup, match.group()


class Query:
    """metrics: [(name, [(label, operator, value)])]; labels: those that grouping and joining name."""

    def __init__(self, text):
        self.metrics, self.labels = [], set()
        self.tokens = list(tokens(text))
        self.at = 0
        while self.at < len(self.tokens):
            kind, word = self.next()
            if kind != "name":
                continue
            if word in GROUPINGS:
                self.labels |= set(self.listed())
            elif word not in WORDS:
                self.metrics.append((word, self.matchers()))

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def peek(self):
        return self.tokens[self.at][1] if self.at < len(self.tokens) else None

    def listed(self):
        if self.peek() != "(":
            return
        self.next()
        while self.peek() not in (")", None):
            kind, word = self.next()
            if kind == "name":
                yield word
        self.next()

    def matchers(self):
        found = []
        if self.peek() != "{":
            return found
        self.next()
        while self.peek() not in ("}", None):
            if self.peek() == ",":
                self.next()
                continue
            label, operator, value = self.next()[1], self.next()[1], self.next()[1]
            found.append((label, operator, value[1:-1]))
        self.next()
        return found
