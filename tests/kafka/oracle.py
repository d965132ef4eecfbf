"""Events, and what the policy of these tests must make of them, computed apart from the program: an
event is a pure function of its number, a clean row one of the event, consent and the keys."""
import hashlib
import hmac
import json
import re
import time

SCHEMA = """\
schema: event
version: 1
match: {field: type, equals: event}
time: {field: ts, format: unix_ms}
subjects: [user.id]
vetoes: [device.android_id]
fields:
  ts: time.event
  id: usage.event
  user.id: account.user_id
  device.android_id: device.android_id
  device.model: device.model
  net.ip: network.ip
"""

POLICY = """\
policy: chaos
version: 4
purposes:
  operation: {basis: consent, consent_version: 2, without_consent: reduce}
  marketing: {basis: consent, consent_version: 2}
rules:
  account.user_id: pseudonym
  device.android_id: pseudonym
  device.model: {granted: keep, otherwise: keep}
  usage.event: {granted: keep, otherwise: keep}
  network.ip: {granted: truncate, otherwise: drop}
  time.event: {granted: keep, otherwise: {generalise: day}}
minors: {below: 14, then: withhold, age_unknown: adult}
"""

CEILING = ["account.user_id", "device.android_id", "device.model", "network", "time", "usage.event"]
HOUR, DAY = 3600 * 1000, 86400 * 1000
USERS = 97
MODELS = 16


def name_of(number):
    """Seven digits: no detector takes it for an identifier."""
    return "n%07d" % number


def number_of(name):
    return int(name[1:])


def user_of(number):
    return "u%d" % (number % USERS)


def model_of(number):
    return "SM-%d" % (number % MODELS)


def granted_purposes(user):
    """The consent of these tests, unless a test says otherwise: a third of the users granted both
    purposes, a third one, a third nothing."""
    return [["operation", "marketing"], ["operation"], []][int(user[1:]) % 3]


class Events:
    """Events around one time; `since` is when consent began."""

    def __init__(self, now=None):
        now = int(time.time() * 1000) if now is None else now
        self.base = now - 2 * HOUR
        self.since = now - 5 * DAY

    def event(self, number, **members):
        record = {
            "type": "event", "id": name_of(number), "ts": self.base + number % 100000,
            "user": {"id": user_of(number)},
            "device": {"android_id": "%016x" % (0xA000000000000000 + number * 7919),
                       "model": model_of(number)},
            "net": {"ip": "203.0.113.%d" % (number % 250 + 1)},
            "secret": {"password": "hunter2"},
        }
        record.update(members)
        return record

    def text(self, number, **members):
        return json.dumps(self.event(number, **members), separators=(",", ":"))

    def consent(self, user, purposes=None, seq=1, **members):
        """Key and value of a consent message."""
        purposes = granted_purposes(user) if purposes is None else purposes
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.since // 1000))
        states = {name: {"state": "granted" if name in purposes else "denied",
                         "since": since, "until": None, "policy_version": 9}
                  for name in ("operation", "marketing")}
        return ("account.user_id:" + user,
                json.dumps({"seq": seq, "purposes": states, **members}, separators=(",", ":")))

    def all_consent(self):
        return [self.consent("u%d" % i) for i in range(USERS)]


class Keys:
    """The epoch keys of a directory, as an auditor who holds them would use them."""

    def __init__(self, directory):
        self.epochs = []
        for path in sorted(directory.glob("epoch-*.key")):
            text = path.read_text()
            begins, ends = (self.time(re.search(word + " (.*)", text).group(1))
                            for word in ("begins", "ends"))
            number = int(re.search("number (.*)", text).group(1))
            self.epochs.append((begins, ends, number,
                                bytes.fromhex(re.search("\nkey (.*)", text).group(1))))
        self.derived = {}

    @staticmethod
    def time(text):
        import calendar
        return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) * 1000

    def pseudonym(self, domain, category, at, canonical):
        for begins, ends, number, key in self.epochs:
            if begins <= at < ends:
                which = (number, domain, category)
                if which not in self.derived:
                    label = "lethe/pseudonym/1\0%s\0%s" % (domain, category)
                    self.derived[which] = hmac.new(key, label.encode(), hashlib.sha256).digest()
                digest = hmac.new(self.derived[which], canonical.encode(), hashlib.sha256).hexdigest()
                return "e%d-%s" % (number, digest[:32])
        return None


def clean(event, keys, domain, granted):
    """The row of a recipient with CEILING and that domain. `granted`: its purpose is."""
    at = event["ts"]
    if not granted:
        return {"ts": at - at % DAY, "id": event["id"], "device": {"model": event["device"]["model"]}}
    octets = event["net"]["ip"].split(".")
    row = {
        "ts": at - at % HOUR, "id": event["id"],
        "user": {"id": keys.pseudonym(domain, "account.user_id", at, event["user"]["id"])},
        "device": {"android_id": keys.pseudonym(domain, "device.android_id", at,
                                                event["device"]["android_id"]),
                   "model": event["device"]["model"]},
        "net": {"ip": ".".join(octets[:3]) + ".0"},
    }
    for name in ("user", "device"):
        row[name] = {key: value for key, value in row[name].items() if value is not None}
        if not row[name]:
            del row[name]
    return row
