# SPDX-License-Identifier: Apache-2.0
"""Files that do not let the gateway to its broker, and command lines that are none.

`bornier check` refuses each with the file's name and what to do; `bornier run` reads and keeps all the same, and `status`
and the log say what is wrong. With the right file everything that was kept is delivered. A wrong command line exits 2.
"""

import shutil
import subprocess
import sys
import time

import building
import cabinet
import street
from building import check

# which file of [platform.tls], what to put there, words that `check` and then `status` must say besides the file's name
CASES = [
    ("key", "missing", ["cannot be read: No such file", "put it there"], ["No such file"]),
    ("key", "another", ["is not the key of"], ["key"]),
    ("key", "empty", ["holds no PEM private key"], ["key"]),
    ("certificate", "expired", ["expired on", "put a new one"], ["expired"]),
    ("certificate", "empty", ["holds no PEM certificate"], ["certificate"]),
    ("ca", "missing", ["cannot be read: No such file", "put it there"], ["No such file"]),
    ("ca", "empty", ["holds no PEM certificate", "authority"], ["authority"]),
    ("ca", "another", None, ["not signed by an authority in"]),  # only the broker's own certificate shows it
]

WRONG_USAGE = [[], ["no-such-command"], ["run"], ["run", "-c"], ["run", "-c", "x.toml", "surplus"], ["check", "--no-such-option"],
               ["status", "-c", "x.toml", "--format", "xml"], ["read", "--tcp"], ["simulate", "--port", "seventy"],
               ["buffer", "-c", "x.toml", "no-such-action"], ["decode", "--format"]]
RUN = ["run", "--broker", "mqtt://127.0.0.1:1", "--database", "sqlite:city.db"]
SWARM = ["swarm", "--broker", "mqtt://127.0.0.1:1", "--for", "1s", "--patience", "1s"]
WRONG_USAGE_OF_PLATFORM = [
    [], ["no-such-command"], ["run"], ["run", "--broker"], ["run", "--no-such-option"], ["run", "--broker", "http://x"],
    [*RUN, "--city", "a/b"], [*RUN, "--republish", "a/+/b"], [*RUN, "--metrics", "localhost:9464"], [*RUN, "--share", "4/3"],
    [*RUN, "--keep-detail", "1h"], [*SWARM, "--city", "A b"], [*SWARM, "--every", "0s"], [*SWARM, "--every", "10"],
    [*SWARM, "--for", "-1s"], [*SWARM, "--meters", "1000", "--points", "1000", "--samples", "11"], [*RUN, "--client-id", ""],
    [*RUN, "--share", "3"], [*RUN, "--share", "receivers"]]
# No password of theirs may be repeated, whatever else is wrong; the code is that of a wrong command line or of the database.
WITH_PASSWORD = [
    ["run", "--broker", "mqtt://u:SECRET@broker", "--database", "sqlite:city.db"], ["swarm", "--broker", "mqtt://u:SECRET@broker"],
    ["mqtt://u:SECRET@broker"], [*RUN, "postgresql://u:SECRET@db/city"], [*RUN, "--brokr=mqtt://u:SECRET@broker"],
    *([*RUN[:3], "--database", database] for database in (
        "postgresql://u:SECRET@[::1/city", "postgresql://u:SECRET%zz@db/city", "postgresql://u:SECRET/1@127.0.0.1:1/city",
        "postgresql://u:SECRET@127.0.0.1:1/city", "postgresql://127.0.0.1:1/city?password=SECRET",
        "postgres://u:SECRET@db/city", "host=db password=SECRET"))]


def prepare(town):
    """What the cases put in place of the right files."""
    certificates, folder = town.certificates, town.folder
    shutil.copy(certificates.ca, folder / "right-ca")
    shutil.copy(certificates.certificate("cab-1"), folder / "right-certificate")
    shutil.copy(certificates.key("cab-1"), folder / "right-key")
    certificates.issue("expired", days=-1)
    request = certificates.folder / "cab-1.csr"
    cabinet.openssl("x509", "-req", "-in", request, "-CA", certificates.ca, "-CAkey", certificates.ca_key,
                    "-CAcreateserial", "-days", -1, "-out", folder / "expired-certificate")
    stranger = cabinet.Certificates(folder / "another-authority", ["somebody"])
    shutil.copy(stranger.ca, folder / "another-ca")
    shutil.copy(stranger.key("somebody"), folder / "another-key")


def put(town, kind, what):
    """Returns the file as the configuration names it."""
    target = folder_of(town) / kind
    target.unlink(missing_ok=True)
    if what == "empty":
        target.write_text("")
    elif what != "missing":
        shutil.copy(town.folder / f"{what}-{kind}", target)
    return target


def folder_of(town):
    return town.folder / "tls"


def served(town):
    return len(town.simulator.answers())


def try_case(town, kind, what, check_says, status_says):
    file = put(town, kind, what)
    told = town.gateway.ask("check")
    if check_says is None:
        check(told.returncode == 0, f"`check` refuses what it cannot know: {told.stderr}")
    else:
        print(f"{what} {kind}: check says: {told.stderr.strip()}")
        check(told.returncode == 1, f"`check` exits {told.returncode} with {what} {kind}")
        check(all(words in told.stderr for words in [str(file), *check_says]), "`check` does not say that")
    before, log = served(town), len(town.gateway.text())
    town.gateway.start()

    def complains():
        check(town.gateway.running(), f"the gateway ended by itself with {what} {kind}: {town.gateway.output}")
        status = town.gateway.status()
        return status and not status["link"]["connected"] and status["link"]["reason"]
    reason = cabinet.wait_until(complains, 30, f"`status` to tell of {what} {kind}")
    time.sleep(2)
    print(f"{what} {kind}: status says: {reason}")
    check(str(file) in reason, f"`status` does not name {file}")
    check(all(words in reason for words in status_says), f"`status` should speak of {status_says}")
    check(reason in town.gateway.text()[log:], "the log does not say so")
    check(served(town) > before + 10, "the gateway does not read meters meanwhile")
    status = town.gateway.status()
    check(status["gateway"]["readings_accepted"] > 0, "nothing is kept")
    check(town.gateway.stop() == 0, "the gateway did not stop cleanly")
    lines = town.gateway.text()[log:].count("\n")
    check(lines < 40, f"{lines} lines were logged: {town.gateway.output}")
    put(town, kind, "right")


def try_command_lines(folder):
    for program, lines in ((building.GATEWAY, WRONG_USAGE), (building.PLATFORM, WRONG_USAGE_OF_PLATFORM)):
        for line in lines:
            done = subprocess.run([program, *line], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=30, check=False)
            check(done.returncode == 2, f"{program.name} {' '.join(line)} exits {done.returncode}: {done.stderr}")
            check(done.stderr and not done.stdout, f"{program.name} {' '.join(line)} does not say why on stderr")
            option = line[-2] if len(line) > 4 else ""
            check(option in done.stderr, f"{program.name} {' '.join(line)} does not name {option}: {done.stderr}")
        print(f"{program.name}: {len(lines)} wrong command lines exit 2")
    for line in WITH_PASSWORD:
        done = subprocess.run([building.PLATFORM, *line], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30, check=False)
        check(done.returncode in (1, 2), f"{' '.join(line)} exits {done.returncode}")
        check("SECRET" not in done.stdout + done.stderr, f"a password is repeated: {done.stderr}")
    unknown = subprocess.run([building.PLATFORM, "frobnicate"], cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    check("frobnicate" in unknown.stderr and "swarm" in unknown.stderr, f"an unknown command: {unknown.stderr}")
    absent = subprocess.run([building.GATEWAY, "run", "-c", "no-such-file.toml"], cwd=folder, stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=30, check=False)
    check(absent.returncode == 1 and "no-such-file.toml" in absent.stderr,
          f"a configuration that is not there: {absent.returncode}, {absent.stderr}")


def main():
    with building.folder("bad-credentials") as folder:
        try_command_lines(folder)
        town = street.Street(folder, meters=2, platform='batch_every = "1s"')
        folder_of(town).mkdir()
        prepare(town)
        text = town.gateway.configuration.read_text()
        for kind, right in (("ca", town.certificates.ca), ("certificate", town.certificates.certificate("cab-1")),
                            ("key", town.certificates.key("cab-1"))):
            text = text.replace(f'{kind} = "{right}"', f'{kind} = "{put(town, kind, "right")}"')
        town.gateway.configuration.write_text(text)
        with town.running(town.broker, town.platform, town.simulator):
            for case in CASES:
                try_case(town, *case)
            check(not town.platform.rows("SELECT * FROM reading"), "readings got through with wrong files")
            told = town.gateway.ask("check")
            check(told.returncode == 0, f"`check` refuses the right files: {told.stderr}")
            town.gateway.start()
            time.sleep(3)
            town.hush()
            town.settle(60)
            check(town.gateway.stop() == 0, "the gateway did not stop cleanly")
        verdict = town.judge()
        check(verdict.good(), "what was kept meanwhile is not what was delivered")
        town.check_stored_once()
        town.check_numbers()


if __name__ == "__main__":
    sys.exit(main())
