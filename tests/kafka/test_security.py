"""TLS, SASL/SCRAM and ACLs against a broker of its own with certificates made here: what connects,
what must not, and that no password is ever written anywhere."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import broker
from kafka_case import KafkaCase

sys.path.insert(0, str(pathlib.Path(os.environ.get("LETHE_SOURCE_DIR", ".")) / "tests" / "cli"))
from cli import Scratch  # noqa: E402
from stream_case import StreamCase  # noqa: E402
from test_check import GOOD, configuration  # noqa: E402

USER, PASSWORD = "lethe", "canary-Passw0rd"
NOBODY, KEY_PASSWORD = "nobody", "canary-key-pass"


def openssl(directory, *words):
    subprocess.run(["openssl", *words], cwd=directory, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_certificates(directory):
    """Two authorities, the broker's pair (for `localhost` only), and a client's pair under a password."""
    directory.mkdir()
    for name in ("ca", "other"):
        openssl(directory, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                "-subj", "/CN=%s" % name, "-keyout", "%s.key" % name, "-out", "%s.pem" % name)
    for name, subject in (("broker", "/CN=localhost"), ("client", "/CN=worker")):
        openssl(directory, "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject,
                "-keyout", "%s.key" % name, "-out", "%s.csr" % name)
        (directory / "names").write_text("subjectAltName=DNS:localhost\n")
        openssl(directory, "x509", "-req", "-in", "%s.csr" % name, "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "%s.pem" % name)
    openssl(directory, "rsa", "-aes256", "-passout", "pass:" + KEY_PASSWORD, "-in", "client.key",
            "-out", "client.sealed.key")
    (directory / "store.pem").write_text((directory / "broker.key").read_text() +
                                         (directory / "broker.pem").read_text())


class SecureBroker(broker.Broker):
    """The plain listener is for the test's own hands (super user); the others are for the worker."""

    format_words = tuple(word for user, password in ((USER, PASSWORD), (NOBODY, PASSWORD))
                         for word in ("--add-scram",
                                      "SCRAM-SHA-256=[name=%s,password=%s]" % (user, password)))

    def format(self, settings):
        self.ssl_port, self.sasl_port = broker.free_ports(2)
        self.certificates = self.directory / "certificates"
        self.directory.mkdir(parents=True)
        make_certificates(self.certificates)
        where = {"PLAINTEXT": ("127.0.0.1", self.port), "SSL": ("localhost", self.ssl_port),
                 "SASL_SSL": ("localhost", self.sasl_port)}
        listeners = ",".join("%s://127.0.0.1:%d" % (name, port) for name, (_, port) in where.items())
        super().format({
            "listeners": listeners + ",CONTROLLER://127.0.0.1:%d" % self.controller_port,
            "advertised.listeners": ",".join("%s://%s:%d" % (name, host, port)
                                             for name, (host, port) in where.items()),
            "listener.security.protocol.map":
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.certificates / "store.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.certificates / "ca.pem",
            "listener.name.ssl.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": "SCRAM-SHA-256",
            "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config":
                "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
            **settings,
        })

    def allow(self, principal, *words):
        """One call of Kafka's own tool: librdkafka 2.0.2 makes no ACLs of transactional ids."""
        subprocess.run(
            self.command("kafka.admin.AclCommand", "--bootstrap-server", self.address, "--add",
                         "--resource-pattern-type", "prefixed", "--allow-principal", principal, *words),
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)


def setUpModule():
    """One such broker for all of them."""
    if not KafkaCase.address:  # no Java, no jars
        raise unittest.SkipTest("no broker; run it by ctest -R kafka/")
    directory = tempfile.TemporaryDirectory(prefix="lethe-security-")
    unittest.addModuleCleanup(directory.cleanup)
    made = SecureBroker(pathlib.Path(directory.name) / "broker").start()
    unittest.addModuleCleanup(made.remove)
    Secure.broker = made
    # All that docs/operations.md gives a worker: here on names that begin as those of tests do.
    for principal in ("User:" + USER, "User:CN=worker"):
        made.allow(principal, "--operation", "Read", "--topic", "t-")
        made.allow(principal, "--operation", "DescribeConfigs", "--topic", "t-")
        made.allow(principal, "--operation", "Read", "--group", "t-")
        made.allow(principal, "--operation", "Write", "--operation", "Describe",
                   "--transactional-id", "t-", "--transactional-id", "lethe.t-")
        made.allow(principal, "--operation", "Write", "--topic", "t-")


class Secure:
    broker = None

    @property
    def address(self):
        return self.broker.address


class Security(Secure, KafkaCase, Scratch):
    def setUp(self):
        KafkaCase.setUp(self)
        Scratch.setUp(self)
        for name, content in (("password", PASSWORD), ("wrong", "canary-wrong"),
                              ("key-password", KEY_PASSWORD)):
            self.write(name, content + "\n").chmod(0o600)

    def topics(self):
        for name, settings in GOOD.items():
            self.topic(name, **settings)

    def configure(self, port, protocol, host="localhost", ca="ca", secrets="", more="", prefix=None):
        text = ', security.protocol: %s, ssl.ca.location: "%s"%s, secrets: {%s}' % (
            protocol, self.broker.certificates / (ca + ".pem"), more, secrets)
        self.write("lethe.yaml", configuration(prefix or self.prefix, "%s:%d" % (host, port), kafka=text))
        if not (self.root / "keys").exists():
            self.make_keys()

    def scram(self, user=USER, password="password", **other):
        self.configure(self.broker.sasl_port, "sasl_ssl", secrets="sasl.password: " + password,
                       more=", sasl.mechanism: SCRAM-SHA-256, sasl.username: " + user, **other)

    def mutual(self, **other):
        where = self.broker.certificates
        self.configure(self.broker.ssl_port, "ssl", **{
            "secrets": "ssl.key.password: key-password",
            "more": ', ssl.certificate.location: "%s", ssl.key.location: "%s"' % (
                where / "client.pem", where / "client.sealed.key"), **other})

    def check(self, status, environment=None):
        done = self.run_lethe("check", "-c", "lethe.yaml", status=status, environment=environment)
        text = done.stdout.decode() + done.stderr.decode()
        self.assertNotIn("canary", text)
        return text

    def refused(self, text, error):
        self.assertIn("error: kafka: no broker lets us in (%s)" % error, text)
        self.assertIn("kafka_error client=lethe#consumer-1 error=" + error, text)

    def test_scram(self):
        self.topics()
        self.scram()
        text = self.check(0)
        self.assertIn("transactional ids: lethe.%s.* can be used" % self.prefix, text)
        self.assertIn("(the audit): 1 partition", text)

    def test_certificates_of_both(self):
        self.topics()
        self.mutual()
        self.assertIn("0 errors", self.check(0))

    def test_wrong_password(self):
        self.scram(password="wrong")
        self.refused(self.check(2), "_AUTHENTICATION")

    def test_another_authority(self):
        """The broker's certificate is nobody's that we trust."""
        self.scram(ca="other")
        self.refused(self.check(2), "_SSL")

    def test_another_host(self):
        """The certificate is good, but not for the name that was asked for."""
        self.scram(host="127.0.0.1")
        self.refused(self.check(2), "_SSL")

    def test_no_certificate(self):
        self.configure(self.broker.ssl_port, "ssl")
        self.assertIn("error: kafka: no broker", self.check(2))

    def test_plaintext_is_not_tried(self):
        self.configure(self.broker.ssl_port, "plaintext")
        self.assertIn("error: kafka: no broker answered", self.check(2))

    def test_wrong_key_password(self):
        self.mutual(secrets="ssl.key.password: wrong")
        self.assertIn("error: kafka: librdkafka does not make a client of these properties",
                      self.check(2))

    def test_password_that_others_may_read(self):
        self.scram()
        (self.root / "password").chmod(0o644)
        self.assertIn("password: group or others have rights to it", self.check(2))

    def test_password_that_is_not_there(self):
        self.scram(password="none")
        self.assertIn("none: there is no such file", self.check(2))

    def test_credential(self):
        """As systemd hands it over: LoadCredential=password:..., readable for its group."""
        self.topics()
        directory = self.root / "credentials"
        directory.mkdir()
        (self.root / "password").rename(directory / "password").chmod(0o440)
        self.scram(password="credential:password")
        self.check(0, environment={"CREDENTIALS_DIRECTORY": str(directory)})
        self.assertIn("there is no such file", self.check(2))

    def test_without_rights(self):
        """A user whom nothing is allowed sees nothing; the cluster does not say what is there."""
        self.topics()
        self.scram(user=NOBODY)
        text = self.check(2)
        for name in GOOD:
            self.assertIn("error: topic %s.%s: " % (self.prefix, name), text)
        self.assertIn("error: group %s: this user may not see it" % self.prefix, text)
        self.assertIn("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", text)

    def test_with_some_rights(self):
        """Each right that is missing is named, and only that one."""
        self.prefix = "some-" + self.prefix
        self.topics()
        principal = "User:" + NOBODY
        self.broker.allow(principal, "--operation", "Describe", "--topic", self.prefix)
        self.broker.allow(principal, "--operation", "Read", "--topic", self.prefix + ".source")
        self.scram(user=NOBODY)
        text = self.check(2)
        self.assertIn("error: group %s: this user may not see it" % self.prefix, text)
        self.assertNotIn("error: topic %s.source" % self.prefix, text)
        self.assertIn("error: topic %s.consent: this user may not read it" % self.prefix, text)
        self.assertIn("error: topic %s.consent: this user may not see its settings" % self.prefix, text)
        self.assertIn("warning: topic %s.first: this user may not see its settings" % self.prefix, text)
        self.assertIn("error: transactional id lethe.%s.check" % self.prefix, text)


class Stream(Secure, StreamCase):
    """`lethe run` with the rights of the operators' page and no others, over SASL_SSL."""

    def setUp(self):
        super().setUp()
        (self.root / "password").write_text(PASSWORD + "\n")
        (self.root / "password").chmod(0o600)
        self.configuration["kafka"].update({
            "bootstrap.servers": "localhost:%d" % self.broker.sasl_port,
            "security.protocol": "sasl_ssl",
            "ssl.ca.location": str(self.broker.certificates / "ca.pem"),
            "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": USER,
            "secrets": {"sasl.password": "password"}})

    def test_exact_over_a_restart(self):
        """Connections that end without a close_notify are made anew (librdkafka #4294)."""
        self.put_consent()
        self.put_events(range(1000))
        worker = self.worker().start()
        self.wait_settled()
        self.broker.kill()
        self.broker.start()
        self.put_events(range(1000, 2000))
        self.wait_settled()
        self.check_exact(range(2000))
        pages = "".join(worker.page(path)[1] for path in ("/", "/ready", "/metrics"))
        self.assertEqual(worker.stop(), 0)
        self.assertNotIn("canary", worker.tail(10**8) + pages)


if __name__ == "__main__":
    unittest.main()
