# SPDX-License-Identifier: Apache-2.0
"""A whole cabinet with its city on loopback: real mosquitto with TLS, bornier-platform, simulated meters, the gateway.

Used by the end-to-end tests and by script/demo. Everything lives in one temporary folder; every process that is started
here is ended here, by its id.
"""

import calendar
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CITY = "sceaux"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, seconds, what):
    """Polls until `condition()` is true; what is not true in time is an error that names what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.05)


def wait_until_it_stays(condition, seconds, what):
    """As wait_until, for three seconds on end: what `status` tells of the disk may be a second old."""
    since = None

    def stays():
        nonlocal since
        found = condition()
        since = (since or time.monotonic()) if found else None
        return time.monotonic() > since + 3 and found if found else None

    return wait_until(stays, seconds, what)


def wait_until_it_listens(port):
    def listens():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    wait_until(listens, 20, "mosquitto to listen")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Certificates:
    """A fresh authority with a certificate for the broker, for the platform and for each gateway."""

    def __init__(self, folder, names):
        self.folder = folder
        folder.mkdir(parents=True)
        self.ca = folder / "ca.pem"
        self.ca_key = folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=bornier test authority", "-keyout", self.ca_key, "-out", self.ca)
        for name in names:
            self.issue(name)

    def issue(self, name, days=2):
        request = self.folder / f"{name}.csr"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", self.key(name), "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial",
                "-days", days, "-extfile", extensions, "-out", self.certificate(name))

    def certificate(self, name):
        return self.folder / f"{name}.pem"

    def key(self, name):
        return self.folder / f"{name}.key"


def resident_kilobytes(process):
    with open(f"/proc/{process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


class Process:
    """One program of the cabinet; its output goes to a file beside the others'."""

    def __init__(self, name, folder):
        self.name = name
        self.output = folder / f"{name}.log"
        self.process = None
        self.starts = 0

    def launch(self, command, **options):
        self.starts += 1
        options.setdefault("stdin", subprocess.DEVNULL)
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=subprocess.STDOUT,
                                            **options)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9: what a power cut does to a process."""
        if self.running():
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)

    def stop(self, seconds=20):
        """SIGTERM; returns the exit code. One that does not stop is killed and reported."""
        if not self.running():
            return self.process.returncode if self.process else None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise TimeoutError(f"{self.name} did not stop within {seconds} s of SIGTERM; its log is {self.output}") from None

    def text(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""


class Broker(Process):
    """mosquitto, TLS with client certificates. Only the platform may publish on confirm and command."""

    def __init__(self, folder, certificates, gateways):
        super().__init__("mosquitto", folder)
        self.port = free_port()
        self.url = f"mqtts://127.0.0.1:{self.port}"
        # mosquitto drops root; its persistence must be writable for whoever it becomes.
        user = "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody")
        store = folder / "mosquitto"
        store.mkdir()
        rules = folder / "mosquitto.acl"
        own = "".join(f"user {gateway}\ntopic write bornier/v1/{CITY}/{gateway}/+\n"
                      f"topic read bornier/v1/{CITY}/{gateway}/confirm\ntopic read bornier/v1/{CITY}/{gateway}/command\n\n"
                      for gateway in gateways)
        rules.write_text(f"user platform\ntopic readwrite bornier/v1/#\n\nuser observer\ntopic read bornier/v1/#\n\n{own}")
        self.configuration = folder / "mosquitto.conf"
        self.configuration.write_text(
            f"user {user}\nlistener {self.port} 127.0.0.1\ncafile {certificates.ca}\n"
            f"certfile {certificates.certificate('broker')}\nkeyfile {certificates.key('broker')}\n"
            "require_certificate true\nuse_identity_as_username true\nallow_anonymous false\n"
            f"acl_file {rules}\npersistence true\npersistence_location {store}/\nautosave_interval 1\n"
            "autosave_on_changes true\nmax_queued_messages 0\nset_tcp_nodelay true\n")

    def start(self):
        binary = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        self.launch([binary, "-c", self.configuration])
        wait_until_it_listens(self.port)


class Platform(Process):
    def __init__(self, folder, binary, broker, certificates):
        super().__init__("platform", folder)
        self.database = folder / "city.db"
        self.command = [binary, "run", "--broker", broker.url, "--database", f"sqlite:{self.database}",
                        "--ca", certificates.ca, "--certificate", certificates.certificate("platform"),
                        "--key", certificates.key("platform"), "--client-id", "platform"]

    def start(self):
        self.launch(self.command)

    def rows(self, query, *parameters):
        if not self.database.exists():
            return []
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(query, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            connection.close()


class Gateway(Process):
    def __init__(self, folder, binary, identity, configuration):
        super().__init__(identity, folder)
        self.identity = identity
        self.binary = binary
        self.configuration = folder / f"{identity}.toml"
        self.configuration.write_text(configuration)

    def start(self):
        self.launch([self.binary, "run", "-c", self.configuration])

    def ask(self, *arguments, seconds=20):
        """Runs one of the tools with this gateway's configuration and returns the finished process."""
        return subprocess.run([str(self.binary), arguments[0], "-c", str(self.configuration), *map(str, arguments[1:])],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)

    def status(self):
        answer = self.ask("status", "--format", "json")
        return json.loads(answer.stdout) if answer.returncode == 0 else None


class Simulator(Process):
    """Simulated meters; every answer served is one line of `served`."""

    def __init__(self, name, folder, binary, description):
        super().__init__(name, folder)
        self.served = folder / f"{name}-served.csv"
        self.description = folder / f"{name}.toml"
        self.description.write_text(description)
        self.command = [binary, "simulate", "--meters", self.description, "--log", self.served,
                        "--models", SOURCE / "config/models"]

    def start(self):
        self.launch(self.command, stdin=subprocess.PIPE)

    def say(self, line):
        """A line on its standard input: `dead NAME` or `alive NAME`."""
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def hush(self, names):
        """These meters do not answer any more. The ports stay taken: another scenario that gets one would be read as ours."""
        for name in names:
            self.say(f"dead {name}")

    def wake(self, names):
        for name in names:
            self.say(f"alive {name}")

    def answers(self):
        """The log as dictionaries; a line that is still being written is left out."""
        if not self.served.exists():
            return []
        lines = self.served.read_text().split("\n")
        header = lines[0].split(",")
        return [dict(zip(header, line.split(","))) for line in lines[1:-1]]


def milliseconds(iso):
    """'2026-11-23T03:00:00.123Z' as integer milliseconds since 1970."""
    seconds, fraction = iso.rstrip("Z").split(".")
    return calendar.timegm(time.strptime(seconds, "%Y-%m-%dT%H:%M:%S")) * 1000 + int(fraction)
