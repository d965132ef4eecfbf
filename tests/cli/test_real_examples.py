"""examples/real: schemas of telemetry that public projects send. They load together under the shipped
policy, and an invented record of each goes through as expected."""
import json
import re
import shutil
import unittest

from cli import CLOCK, CLOCK_MS, SOURCE, Scratch, consent

PSEUDONYM = re.compile(r"^e\d+-[0-9a-f]{32}$")
NOON = "2026-11-24T11:00:00Z"
UUID = "01234567-89ab-4cde-8f01-23456789abcd"
IMAGE = "FEDCBA98-7654-3210-FEDC-BA9876543210"

EVENT = {
    "uuid": UUID, "event": "$pageview", "distinct_id": "ann-1", "now": "2026-11-24T11:22:33.456789+00:00",
    "ip": "203.0.113.77", "site_url": "https://shop.example.com:8443",
    "properties": {
        "$os": "Linux", "$browser_version": 117, "$device_id": UUID, "$referrer": "$direct",
        "$current_url": "https://shop.example.com/person/%s?token=x#y" % UUID,
        "$pathname": "/person/%s" % UUID, "title": "ann@example.com • People",
        "token": "phc_inventedinventedinvented", "$set": {"email": "ann@example.com"},
        "$elements": [{"tag_name": "a", "attr__href": "/people?q=ann", "nth_child": 2,
                       "attr__class": "never listed"}],
        "own_property": "never listed",
    },
}
CLEAN_EVENT = {
    "uuid": "PSEUDONYM", "event": "$pageview", "distinct_id": "PSEUDONYM", "now": NOON,
    "ip": "203.0.113.0", "site_url": "https://shop.example.com",
    "properties": {
        "$os": "Linux", "$browser_version": 117, "$device_id": "PSEUDONYM", "$referrer": ":id",
        "$current_url": "https://shop.example.com/person/:id", "$pathname": "/person/:id",
        "title": "<email> • People",
        "$elements": [{"tag_name": "a", "attr__href": "/people", "nth_child": "[2,3)"}],
    },
}

REPORT = {
    "report": {"id": UUID, "timestamp": "2026-11-24T11:22:33Z", "version": "3.3.0"},
    "system": {"device_app_hash": "0123456789abcdef0123456789abcdef01234567", "machine": "iPhone99,9",
               "CFBundleExecutablePath": "/Users/ann/Library/Devices/%s/Demo.app/Demo" % UUID,
               "memory": {"free": 123456789}, "boot_time": "2026-11-20T01:02:03Z"},
    "binary_images": [{"name": "/usr/lib/libdemo.dylib", "uuid": IMAGE, "image_addr": 4096}],
    "crash": {
        "diagnosis": "Sent to ann@example.com from Ann's iPhone",
        "error": {"type": "nsexception", "signal": {"name": "SIGABRT", "signal": 6},
                  "nsexception": {"name": "DemoException", "reason": "-[Demo run]: no such item"}},
        "threads": [{"name": "com.example.worker", "crashed": True,
                     "registers": {"basic": {"pc": 12345}}, "notable_addresses": {"r0": {"value": "ann"}},
                     "backtrace": {"contents": [{"object_name": "Demo", "symbol_addr": 4100,
                                                 "symbol_name": "-[Demo run:with:]"}]}}],
    },
    "user": {"name": "Ann"},
}
CLEAN_REPORT = {
    "report": {"id": "PSEUDONYM", "timestamp": NOON, "version": "3.3.0"},
    "system": {"device_app_hash": "PSEUDONYM", "machine": "iPhone99,9",
               "CFBundleExecutablePath": "/Users/<user>/Library/Devices/<id>/Demo.app/Demo",
               "boot_time": "2026-11-20T01:00:00Z"},
    "binary_images": [{"name": "/usr/lib/libdemo.dylib", "uuid": IMAGE}],
    "crash": {
        "diagnosis": "Sent to <email> from <device>",
        "error": {"type": "nsexception", "signal": {"name": "SIGABRT", "signal": 6},
                  "nsexception": {"name": "DemoException", "reason": "-[Demo run]: no such item"}},
        "threads": [{"name": "com.example.worker", "crashed": True,
                     "backtrace": {"contents": [{"object_name": "Demo",
                                                 "symbol_name": "-[Demo run:with:]"}]}}],
    },
}

MACHINE = "0123456789abcdef0123456789abcdef"
LINE = {
    "__CURSOR": "s=%s;i=1" % MACHINE, "__REALTIME_TIMESTAMP": str((CLOCK_MS - 1000) * 1000),
    "__MONOTONIC_TIMESTAMP": "123456", "_BOOT_ID": MACHINE[::-1], "_MACHINE_ID": MACHINE,
    "_HOSTNAME": "anns-host", "_TRANSPORT": "kernel", "PRIORITY": "6", "SYSLOG_IDENTIFIER": "kernel",
    "MESSAGE": "usb 1-1: Product: Ann's iPhone, SerialNumber: AB12CD34 at 00:1a:2b:3c:4d:5e",
}
CLEAN_LINE = {
    "__REALTIME_TIMESTAMP": str(CLOCK_MS // 3600000 * 3600000 * 1000 - 3600000 * 1000),
    "_BOOT_ID": "PSEUDONYM", "_MACHINE_ID": "PSEUDONYM", "PRIORITY": "6", "SYSLOG_IDENTIFIER": "kernel",
    "MESSAGE": "usb 1-1: Product: <device>, SerialNumber: <serial> at <mac>",
}

PING = {
    "type": "main", "version": 4, "id": UUID, "clientId": UUID[::-1].replace("-", "0"),
    "creationDate": "2026-11-24T11:22:33.456Z", "application": {"name": "Browser", "version": "99.0a1",
                                                                "buildId": "20261101030248"},
    "environment": {"system": {"memoryMB": 16384, "os": {"name": "Linux", "version": "6.1.0"}},
                    "addons": {"activeAddons": {"ann@example.com": {"name": "Ann's"}},
                               "activePlugins": [{"name": "Player", "version": "1.0"}]},
                    "settings": {"defaultSearchEngineData": {
                        "submissionURL": "https://search.example.com/find?q=ann"}}},
    "payload": {"info": {"sessionStartDate": "2026-11-23T00:00:00.0-08:00", "reason": "shutdown",
                         "addons": "ann%40example.com:1.0", "timezoneOffset": -480},
                "simpleMeasurements": {"firstPaint": 1881}},
}
CLEAN_PING = {
    "version": 4, "id": "PSEUDONYM", "clientId": "PSEUDONYM", "creationDate": NOON,
    "application": {"name": "Browser", "version": "99.0a1"},
    "environment": {"system": {"memoryMB": "[16384,65536)", "os": {"name": "Linux", "version": "6.1.0"}},
                    "settings": {"defaultSearchEngineData": {
                        "submissionURL": "https://search.example.com/find"}}},
    "payload": {"info": {"sessionStartDate": "2026-11-23T08:00:00Z", "reason": "shutdown",
                         "timezoneOffset": -480},
                "simpleMeasurements": {"firstPaint": "[1000,3000)"}},
}

CASES = (
    ("events.posthog", "account.user_id:ann-1", EVENT, CLEAN_EVENT),
    ("events.kscrash", "device.installation:" + REPORT["system"]["device_app_hash"], REPORT, CLEAN_REPORT),
    ("events.kernel", "device.installation:" + MACHINE, LINE, CLEAN_LINE),
    ("events.main-ping", "device.installation:" + PING["clientId"], PING, CLEAN_PING),
)


def without_pseudonyms(value):
    """The same, with a word for every pseudonym."""
    if isinstance(value, dict):
        return {name: without_pseudonyms(member) for name, member in value.items()}
    if isinstance(value, list):
        return [without_pseudonyms(element) for element in value]
    return "PSEUDONYM" if isinstance(value, str) and PSEUDONYM.match(value) else value


class RealExamples(Scratch):
    def setUp(self):
        super().setUp()
        for name in ("real", "shipped"):
            source = SOURCE / ("examples/real" if name == "real" else "schemas/shipped")
            target = self.root / ("examples/real" if name == "real" else "schemas/shipped")
            target.mkdir(parents=True)
            for file in source.glob("*.yaml"):
                shutil.copy(file, target)
        self.configuration = "examples/real/lethe.yaml"

    def replay(self, topic, record, messages):
        self.write_lines("consent.ndjson", messages)
        self.write_lines("capture.ndjson", [record])
        done = self.run_lethe("replay", "-c", self.configuration, "--consent", "consent.ndjson",
                              "--clock", CLOCK, "--seed", 1, "--topic", topic, "--strict",
                              "--recipient", "analytics", "-o", "-", "capture.ndjson")
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(rows), 1)
        return rows[0]

    def test_they_load_together(self):
        (self.root / "examples/real/keys").mkdir(mode=0o700)
        (self.root / "examples/real/consent.ndjson").touch()
        self.run_lethe("keys", "init", "-c", self.configuration)
        done = self.run_lethe("check", "-c", self.configuration, "--offline")
        self.assertNotIn(b" error:", done.stderr)

    def test_granted(self):
        for topic, key, record, clean in CASES:
            with self.subTest(topic):
                self.assertEqual(without_pseudonyms(self.replay(topic, record, [consent(key)])), clean)

    def test_without_consent(self):
        """Nothing that names somebody, and no free text; denied is what unknown is."""
        for topic, key, record, clean in CASES:
            with self.subTest(topic):
                unknown = self.replay(topic, record, [])
                self.assertEqual(self.replay(topic, record, [consent(key, "denied")]), unknown)
                self.assertNotEqual(without_pseudonyms(unknown), clean)
                self.assertNotRegex(json.dumps(unknown), r"e\d+-[0-9a-f]{32}|@|[Aa]nn")


if __name__ == "__main__":
    unittest.main()
