"""The five shipped profiles: under a policy that releases all that the floors allow, nothing beyond
a profile's ceiling leaves. The expected ceilings are written here again, from the obligations."""
import json
import os
import re
import unittest

from cli import CLOCK, SOURCE, Scratch

# The most that each may get, by prefix. What is not covered must not leave.
CEILINGS = {
    "getui": ["device.imei", "device.meid", "device.serial", "device.android_id", "device.idfa",
              "device.idfv", "device.oaid", "device.gaid", "device.aaid", "device.vaid",
              "device.mac", "place", "app.permission"],
    "wechat": ["device.model", "device.brand", "device.os", "device.os_version", "device.language",
               "device.time_zone", "device.time_offset", "device.architecture", "device.screen",
               "device.resource", "device.battery", "device.setting", "device.flag",
               "device.sensor", "device.mac", "network.operator", "network.access", "place",
               "app.version", "app.build"],
    "amap": ["network.wifi.state", "network.operator", "place", "device.mac", "device.model",
             "device.brand", "device.os", "device.os_version", "device.language",
             "device.time_zone", "device.time_offset", "device.architecture", "device.screen",
             "device.resource", "device.battery", "device.setting", "device.flag",
             "device.sensor", "app.version", "app.build"],
    "bugly": ["device.imei", "device.meid", "device.serial", "device.android_id", "device.idfa",
              "device.idfv", "device.oaid", "device.gaid", "device.aaid", "device.vaid",
              "device.mac", "device.sim_serial", "network.operator", "log", "crash", "text.free",
              "app.process", "app.performance", "app.source", "app.channel", "time"],
    "umeng": ["device.serial", "place", "usage", "time", "device.model", "device.brand",
              "device.os", "device.os_version", "device.language", "device.time_zone",
              "device.time_offset", "device.architecture", "device.screen", "device.resource",
              "device.battery", "device.setting", "device.flag", "device.sensor", "log", "crash",
              "text.free", "network.ip", "network.isp", "web.referrer", "web.url", "app.version",
              "app.build", "app.performance", "app.usage"],
}

MOST = {
    "identifier": "pseudonym",
    "ip address": "{granted: truncate, otherwise: truncate}",
    "url": "{granted: {url: path}, otherwise: {url: path}}",
    "file path": "{granted: path, otherwise: path}",
    "position": "{granted: {generalise: {grid: 0.1}}, otherwise: {generalise: {grid: 0.1}}}",
    "free text": "scrub",
    "stack trace": "{granted: stack, otherwise: stack}",
    "time": "{granted: keep, otherwise: keep}",
    "number": "{granted: keep, otherwise: keep}",
    "version": "{granted: keep, otherwise: keep}",
    "token": "{granted: keep, otherwise: keep}",
    "boolean": "{granted: keep, otherwise: keep}",
}

CONFIGURATION = """\
schemas: [schemas/shipped/click.yaml, schemas/shipped/crash.yaml, schemas/shipped/device.yaml]
policy: most.yaml
keys: {directory: keys, epoch: 7d, keep: 30d}
consent: {file: consent.ndjson}
home: CN
recipients:
"""

RECIPIENT = """\
  %s:
    purpose: everything
    profile: %s
    region: CN
    rows: {directory: out/%s}
"""


class Profiles(Scratch):
    def setUp(self):
        super().setUp()
        os.symlink((SOURCE / "schemas").resolve(), self.root / "schemas")
        page = self.run_lethe("reference", "categories").stdout.decode()
        kinds = dict(re.findall(r"^\| `([a-z_.]+)` \| [^|]* \| ([a-z ]+) \|", page, re.M))
        self.assertGreater(len(kinds), 80)
        rules = "".join("  %s: %s\n" % (name, MOST[kind])
                        for name, kind in kinds.items() if kind in MOST)
        self.write("most.yaml",
                   "policy: most\nversion: 1\npurposes:\n"
                   "  everything: {basis: consent, consent_version: 1, without_consent: reduce}\n"
                   "minors: {below: 14, then: withhold, age_unknown: adult}\nrules:\n" + rules)
        self.write("lethe.yaml", CONFIGURATION + "".join(RECIPIENT % (p, p, p) for p in CEILINGS))
        self.categories = {}
        for kind in ("click", "crash", "device"):
            text = (SOURCE / "schemas/shipped" / (kind + ".yaml")).read_text()
            fields = text.split("\nfields:\n")[1]
            for path, category in re.findall(r"^  ['\"]?([^'\":#]+)['\"]?: +([a-z_.]+)", fields,
                                             re.M):
                self.categories[path] = category

    def paths(self, value, path=""):
        if isinstance(value, dict):
            for name, child in value.items():
                yield from self.paths(child, path + "." + name if path else name)
        elif isinstance(value, list):
            for child in value:
                yield from self.paths(child, path + "[]")
        else:
            yield path

    def test_nothing_beyond_a_ceiling_leaves(self):
        self.run_lethe("generate", "--schema", "mixed", "--count", "600", "--seed", "3", "--start",
                       CLOCK, "--consent", "made.ndjson", "-o", "in.ndjson")
        grant = {"state": "granted", "since": "2020-01-01T00:00:00Z", "policy_version": 9}
        keys = [json.loads(line)["key"] for line in
                (self.root / "made.ndjson").read_text().splitlines()]
        self.write_lines("consent.ndjson", [
            {"key": key, "value": {"seq": 1, "purposes": {"everything": grant}}} for key in keys])
        self.run_lethe("replay", "-c", "lethe.yaml", "--clock", CLOCK, "--quiet", "-o", "out",
                       "in.ndjson")
        for profile, ceiling in CEILINGS.items():
            rows = self.rows("out", profile)
            self.assertTrue(rows, profile)
            left = {self.categories[path] for row in rows for path in self.paths(row)}
            beyond = {c for c in left
                      if not any(c == p or c.startswith(p + ".") for p in ceiling)}
            self.assertEqual(beyond, set(), profile)
            self.assertTrue(left, profile)


if __name__ == "__main__":
    unittest.main()
