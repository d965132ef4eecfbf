"""What a wrong lethe.yaml says: place, line, caret, suggestion; everything in one pass; nothing
written. Errors inside schemas and policies have their own tests in tests/schemas."""
import unittest

from cli import CONFIGURATION, Scratch


class Configuration(Scratch):
    def check(self, text, status=2):
        self.write("lethe.yaml", text)
        return self.run_lethe("check", "-c", "lethe.yaml", "--offline", status=status)

    def replaced(self, old, new, text=CONFIGURATION):
        self.assertIn(old, text)
        return text.replace(old, new, 1)

    def expect(self, old, new, *words):
        done = self.check(self.replaced(old, new))
        text = done.stderr.decode()
        for word in words:
            self.assertIn(word, text)
        return text

    def test_good(self):
        self.make_keys()
        self.check(CONFIGURATION, status=0)

    def test_form_of_an_error(self):
        text = self.expect("    region: CN\n    rows: {directory: out/first}",
                           "    regoin: CN\n    rows: {directory: out/first}",
                           "lethe.yaml:10:5: error:", "did you mean `region`?", "`recipient` needs `region`")
        lines = text.splitlines()
        at = next(i for i, line in enumerate(lines) if "lethe.yaml:10:5" in line)
        self.assertRegex(lines[at + 1], r"^ +10 \|     regoin: CN$")
        self.assertRegex(lines[at + 2], r"^ +\|     \^~~~~")

    def test_all_in_one_pass(self):
        text = CONFIGURATION
        for old, new in (("home: CN\n", ""), ("purpose: operation", "purpose: operatoin"),
                         ("epoch: 7d", "epoch: 7"), ("retention: 7d", "retenton: 7d"),
                         ("network, web, text", "netwrk, web, text")):
            text = self.replaced(old, new, text)
        words = self.check(text).stderr.decode()
        for word in ("needs `home`", "no purpose `operatoin`", "did you mean `operation`?",
                     "`epoch`", "did you mean `retention`?", "unknown category `netwrk`",
                     "did you mean `network`?"):
            self.assertIn(word, words)
        self.assertGreaterEqual(words.count(" error: "), 6)

    def test_required(self):
        self.expect("home: CN\n", "", "needs `home`")
        self.expect("    region: CN\n", "", "needs `region`")
        self.expect("    purpose: operation\n", "", "needs `purpose`")
        self.expect(", retention: 7d", "", "needs `retention`")
        self.expect("    rows: {directory: out/first}\n", "", "not in this version")
        self.expect("    ceiling: [account.user_id, device.model, network, web, time]\n", "",
                    "one of `profile` and `ceiling`")
        self.write("policy.yaml", (self.root / "policy.yaml").read_text().split("minors:")[0])
        self.assertIn("needs `minors`", self.check(CONFIGURATION).stderr.decode())

    def test_shared_sinks_and_domains(self):
        self.expect("out/second", "out/first", "share the directory")
        self.expect("out/second", "./out/../out/first/", "share the directory")
        self.expect("    rows: {directory: out/second}",
                    "    domain: first\n    rows: {directory: out/second}",
                    "share the pseudonym domain `first`")

    def test_a_recipient_that_can_never_receive_anything(self):
        self.expect("ceiling: [account.user_id, device.model, network, web, time]",
                    "ceiling: [app]", "`second` can never receive anything")

    def test_a_key_that_no_schema_declares(self):
        self.expect("rows: {directory: out/first}", "rows: {directory: out/first, key: user.idd}",
                    "no schema declares the path `user.idd`")

    def test_a_prefix_admits_no_identifiers(self):
        self.expect("ceiling: [account.user_id, device.model, network, web, time]",
                    "ceiling: [account, device.model]", "name them one by one")

    def test_not_in_this_version(self):
        for key in ("statistics", "tripwire", "erasure"):
            self.expect("home: CN", "home: CN\n%s: {}" % key,
                        "`%s` in a configuration is not in this version" % key)
        for key in ("statistics", "budget"):
            self.expect("    region: CN\n", "    region: CN\n    %s: {}\n" % key,
                        "`%s` in a recipient is not in this version" % key)

    def test_properties_of_kafka(self):
        def kafka(text):
            return ("home: CN", "home: CN\nkafka: {%s}" % text)
        self.make_keys()
        self.check(self.replaced(*kafka('bootstrap.servers: "127.0.0.1:9092", linger.ms: 20')),
                   status=0)
        self.expect(*kafka("bootstrap.server: x"), "unknown property", "`bootstrap.servers`")
        self.expect(*kafka("plugin.library.paths: x.so"), "is refused: it loads or runs code")
        self.expect(*kafka("sasl.password: x"), "a secret does not belong into this file")
        self.expect(*kafka("enable.idempotence: false"), "exactly-once depends on it")
        self.expect(*kafka("bootstrap.servers: kafka.example.com"), "in clear to another host")
        self.check(self.replaced(*kafka("bootstrap.servers: kafka.example.com, "
                                        "allow_plaintext: true")), status=0)

    def test_secrets_of_kafka(self):
        def secrets(text):
            return ("home: CN", 'home: CN\nkafka: {bootstrap.servers: "127.0.0.1:1", secrets: {%s}}'
                    % text)
        self.make_keys()
        self.check(self.replaced(*secrets("sasl.password: password")), status=0)
        self.check(self.replaced(*secrets("ssl.key.password: credential:key")), status=0)
        self.expect(*secrets("sasl.pasword: password"), "did you mean `sasl.password`?")
        self.expect(*secrets("sasl.password: credential:../../etc/shadow"),
                    "this is no name of a credential")

    def test_stream(self):
        def top(text):
            return ("home: CN", "home: CN\n" + text)
        self.make_keys()
        self.check(self.replaced(*top(
            "worker: {instance: a-1, prefix: p, listen: off, log: json, shutdown: 5s, restarts: 0}\n"
            "audit: {topic: audit}\n"
            "source: {topics: [a, b], group: g, framing: lines, start: latest, poison: skip}")),
                   status=0)
        for text, message in (
                ("source: {topics: [a, a]}", "the topic stands here twice"),
                ("source: {topics: ['a b']}", "`topic` is 1 to 249 letters"),
                ("source: {topics: ['..']}", "`topic` is 1 to 249 letters"),
                ("source: {group: 'g/h'}", "`group` is 1 to 249 letters"),
                ("source: {poison: ignore}", "skip"),
                ("source: {topics: [a]}\naudit: {topic: a}", "the topic `a` is a source and the audit"),
                ("worker: {instance: 'x y'}", "`instance` is 1 to 249 letters"),
                ("worker: {shutdown: 1ms}", "`shutdown` is between"),
                ("worker: {log: xml}", "plain"),
                ("worker: {lisen: off}", "did you mean `listen`?"),
                ("audit: {}", "needs `topic`")):
            self.expect(*top(text), message)
        self.expect("retention: 7d", "retention: 7d, quota: -1", "`quota`")
        self.expect("retention: 7d", "retention: 7d, share: 101", "`share`")
        self.expect("consent: {file: consent.ndjson}", "consent: {topic: c, barrier: 5m}",
                    "`barrier` is between")

    def test_topics_of_recipients(self):
        rows = "    rows: {directory: out/first}\n"
        self.make_keys()
        self.check(self.replaced(rows, "    rows: {topic: first, framing: lines}\n"), status=0)
        self.check(self.replaced(rows, "    rows: {topic: first, key: user.id}\n"
                                       "    linkage: {order: kept}\n"), status=0)
        for text, message in (
                ("    rows: {topic: first, framing: lines, key: user.id}\n", "one row to a message"),
                ("    rows: {directory: out/first, key: user.id}\n", "one row to a message"),
                ("    rows: {topic: first}\n    linkage: {order: kept}\n", "need a `key`"),
                ("    rows: {topic: first, key: nobody}\n", "no schema declares the path"),
                ("    rows: {topic: 'a b'}\n", "`topic` is 1 to 249 letters"),
                ("    rows: {topic: first, framing: array}\n", "record")):
            self.expect(rows, text, message)
        text = self.replaced(rows, "    rows: {topic: first}\n")
        for topics, message in (("source: {topics: [first]}", "`first` is a source and a recipient's"),
                                ("audit: {topic: first}", "`first` is the audit and a recipient's")):
            words = self.check(self.replaced("home: CN", "home: CN\n" + topics, text)).stderr.decode()
            self.assertIn(message, words)

    def test_what_only_a_worker_needs(self):
        self.make_keys()
        self.write("lethe.yaml", CONFIGURATION)
        text = self.run_lethe("run", "-c", "lethe.yaml", status=2).stderr.decode()
        for key in ("kafka.bootstrap.servers", "source.topics", "source.group", "audit.topic",
                    "quarantine.topic"):
            self.assertIn("`run` needs `%s`" % key, text)

    def test_a_worker_without_usable_keys(self):
        stream = ("source: {topics: [a], group: g}\naudit: {topic: audit}\nworker: {listen: off}\n"
                  "kafka: {bootstrap.servers: \"127.0.0.1:9\"}\n")
        text = self.replaced("home: CN", "home: CN\n" + stream)
        self.write("lethe.yaml", self.replaced("retention: 7d", "retention: 7d, topic: sealed", text))
        for rights in (None, 0o777):
            if rights:
                self.make_keys()
                (self.root / "keys").chmod(rights)
            words = self.run_lethe("run", "-c", "lethe.yaml", status=2).stderr.decode()
            self.assertIn("start_failed", words)

    def test_limits(self):
        self.expect("home: CN", "home: CN\nlimits: {record: 1}", "`record` is between")
        self.expect("home: CN", "home: CN\nlimits: {depth: 100}", "`depth` is a count between")
        self.expect("home: CN", "home: CN\nlimits: {batch: {records: 0}}", "`records` is a count")
        self.expect("home: CN", "home: CN\nlanes: 0", "`lanes` is a count")
        self.expect("home: CN", "home: CN\nlimits: {recrod: 1KiB}", "did you mean `record`?")

    def test_linkage(self):
        self.make_keys()
        done = self.check(self.replaced("    region: CN\n",
                                        "    region: CN\n    linkage: {time: exact, order: kept}\n"),
                          status=0)
        self.assertIn(b"warning: `first` gets its rows in order", done.stderr)
        self.assertIn(b"warning: `first` gets times finer than the hour", done.stderr)
        self.expect("    region: CN\n", "    region: CN\n    linkage: {time: 5ms}\n",
                    "`time` of a linkage is one of")

    def test_files_that_are_not_there_or_hostile(self):
        self.expect("policy: policy.yaml", "policy: nowhere.yaml", "nowhere.yaml")
        self.assertTrue(self.check("").stderr)
        self.assertTrue(self.check("- a\n- b\n").stderr)
        self.assertTrue(self.check("a: &x [*x]\n").stderr)
        self.assertTrue(self.check("{" * 5000).stderr)
        self.assertTrue(self.check("schemas: [\x01]\n").stderr)
        self.run_lethe("check", "-c", ".", status=2)


if __name__ == "__main__":
    unittest.main()
