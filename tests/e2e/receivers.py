# SPDX-License-Identifier: Apache-2.0
"""The platform of a city: a real PostgreSQL and several receivers that share the batches of one broker."""

import csv
import io
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile

import cabinet

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
TIME = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?\+00")


class Postgres(cabinet.Process):
    """A server on a socket in a folder of its own, made in `base`. It refuses root: as root it runs as postgres or nobody."""

    def __init__(self, folder, base=None):
        super().__init__("postgres", folder)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="bornier-postgres-", dir=base))
        self.user = {}
        if os.geteuid() == 0:
            user = next(user for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody"))
            self.user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self.home, user.pw_uid, user.pw_gid)
        subprocess.run([BINARIES / "initdb", "-D", self.home / "data", "-A", "trust", "-U", "postgres", "-E", "UTF8",
                        "--locale=C"], check=True, stdout=subprocess.DEVNULL, cwd="/", **self.user)
        self.url = f"postgresql:///postgres?user=postgres&host={self.home}"

    def start(self):
        self.launch([BINARIES / "postgres", "-D", self.home / "data", "-k", self.home, "-c", "listen_addresses="],
                    cwd="/", **self.user)
        cabinet.wait_until(lambda: self.query("SELECT 1") == [(1,)], 60, "PostgreSQL to accept connections")

    def break_off(self):
        """Ends all connections and the server at once, without a checkpoint: it recovers at its next start."""
        if self.running():
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(20)

    def remove(self):
        self.break_off()
        shutil.rmtree(self.home, ignore_errors=True)

    def query(self, sql):
        """Rows as sqlite3 gives them: numbers, None, and times as ISO 8601; None if nobody answers."""
        asked = subprocess.run(["psql", "--no-psqlrc", "--csv", "--tuples-only", "-P", "null=<null>", "-v", "ON_ERROR_STOP=1",
                                "-c", sql, self.url], capture_output=True, text=True, timeout=60,
                               env={**os.environ, "PGTZ": "UTC"})
        if asked.returncode != 0:
            if "could not connect" in asked.stderr or "connection to server" in asked.stderr:
                return None
            raise RuntimeError(f"{sql}: {asked.stderr}")
        return [tuple(map(shown, row)) for row in csv.reader(io.StringIO(asked.stdout))]


def shown(text):
    if text == "<null>":
        return None
    if re.fullmatch(r"-?\d{1,15}", text):
        return int(text)
    if found := TIME.fullmatch(text):
        day, clock, fraction = found.groups()
        return f"{day}T{clock}{(fraction or '.').ljust(4, '0')}Z"
    return text


class Receiver(cabinet.Process):
    def __init__(self, folder, name, command):
        super().__init__(name, folder)
        self.command = command

    def start(self):
        self.launch(self.command)


class Receivers:
    """What a street takes for its platform."""

    def __init__(self, folder, binary, broker, certificates, database, shares=("city",) * 3):
        """`shares`: what each of them takes, a group or a part."""
        self.output = folder
        self.database = database
        self.metrics = [cabinet.free_port() for _ in shares]
        self.parts = [Receiver(folder, f"platform-{number + 1}", [
            binary, "run", "--broker", broker.url, "--database", database.url, "--ca", certificates.ca,
            "--certificate", certificates.certificate("platform"), "--key", certificates.key("platform"),
            "--client-id", f"platform-{number + 1}", "--share", share, "--metrics", f"127.0.0.1:{port}"])
            for number, (share, port) in enumerate(zip(shares, self.metrics))]

    def start(self):
        self.database.start()
        for part in self.parts:
            part.start()
        # Later ones would share nothing of what came before.
        cabinet.wait_until(lambda: all("ready" in part.text() for part in self.parts), 60, "the receivers to listen")

    def kill(self):
        for part in self.parts:
            part.kill()
        self.database.remove()

    def rows(self, sql, *parameters):
        for parameter in parameters:
            sql = sql.replace("?", "'" + str(parameter) + "'", 1)
        found = self.database.query(sql)
        return [] if found is None else found
