# SPDX-License-Identifier: Apache-2.0
"""`bornier check --live` at a cabinet with a well wired meter, one with a reversed current transformer, one behind which
another device stands, a dead one and a bus that refuses: first at the meters themselves, then beside a running daemon,
which tells the exchanged device in its log, its status and its stream.
"""

import json
import subprocess
import sys
import time

import building
import cabinet
from building import check

MODEL = "abb-b23-b24"
SERIAL_ADDRESS = "35072"  # the manufacturer's, not read from our model file
# A load of about 24 degrees, inductive. Powers of L2 turn with the current.
VOLTAGES = {"voltage_l1_n": "230.1", "voltage_l2_n": "231.0", "voltage_l3_n": "229.5",
            "voltage_l1_l2": "399.0", "voltage_l2_l3": "399.0", "voltage_l3_l1": "398.5"}
LOAD = {"current_l1": "10.00", "current_l2": "8.00", "current_l3": "12.00",
        "power_apparent_l1": "2301.00", "power_apparent_l2": "1848.00", "power_apparent_l3": "2754.00",
        "power_active_l1": "2091.00", "power_active_l2": "1700.00", "power_active_l3": "2500.00", "power_active": "6291.00",
        "power_reactive_l1": "960.00", "power_reactive_l2": "728.00", "power_reactive_l3": "1142.00",
        "power_factor_l1": "0.909", "power_factor_l2": "0.920", "power_factor_l3": "0.908"}
REVERSED = {**LOAD, "power_active_l2": "-1700.00", "power_active": "2891.00", "power_reactive_l2": "-728.00",
            "power_factor_l2": "-0.920"}


def simulated(name, unit, serial, load, rest=""):
    fixed = ", ".join(f'{point} = "{value}"' for point, value in {"serial_number": serial, **VOLTAGES, **load}.items())
    return (f'[[endpoint.meter]]\nname = "{name}"\nunit_id = {unit}\nmodel = "{MODEL}"\nfixed = {{ {fixed} }}\n{rest}')


def meter(identity, bus, unit, serial):
    return (f'[[meter]]\nid = "{identity}"\nbus = "{bus}"\nunit_id = {unit}\nmodel = "{MODEL}"\nserial = "{serial}"\n'
            'points = ["essential", "voltage_*", "current_*", "power_*"]\nevery = "500ms"\n')


def bus(name, port):
    return f'[[bus]]\nname = "{name}"\ntransport = "tcp"\nhost = "127.0.0.1"\nport = {port}\ntimeout = "300ms"\n'


def buses(port, refused):
    return (bus("room", port) + bus("roof", refused) + meter("well", "room", 1, "0021045678")
            + meter("reversed", "room", 2, "2") + meter("exchanged", "room", 3, "3") + meter("dead", "room", 4, "4")
            + meter("refused", "roof", 1, "5"))


def live(gateway, *arguments):
    """Exit code, and what was found: meter -> {(severity, about)}; with the whole answer."""
    answer = gateway.ask("check", "--live", *arguments, "--format", "json", seconds=60)
    check(answer.stdout, f"no answer: {answer.stderr}")
    report = json.loads(answer.stdout)
    found = {each["id"]: {(finding["severity"], finding["about"]) for finding in each["findings"]}
             for each in report["meters"]}
    return answer, found, {each["id"]: each for each in report["meters"]}


EXPECTED = {"well": set(), "reversed": {("error", "ct_reversed")}, "exchanged": {("error", "serial")},
            "dead": {("error", "answer")}, "refused": {("error", "answer")}}


def check_direct(gateway):
    begun = time.monotonic()
    answer, found, meters = live(gateway)
    print(f"without a daemon, in {time.monotonic() - begun:.1f} s: {found}")
    check(found == EXPECTED, f"expected {EXPECTED}")
    check(answer.returncode == 1, f"exit code {answer.returncode} although something is wrong")
    check("reading well (1 of 4)" in answer.stderr, f"no progress: {answer.stderr}")
    check(meters["exchanged"]["serial"] == "99" and meters["exchanged"]["serial_verdict"] == "other", meters["exchanged"])
    check(meters["well"]["serial_verdict"] == "same" and meters["well"]["source"] == "meter", meters["well"])
    check(meters["well"]["latency_worst_ms"] is not None and meters["dead"]["latency_worst_ms"] is None, "latencies")
    check(meters["dead"]["answers"] is False and meters["well"]["answers"] is True, "who answers")
    finding = meters["reversed"]["findings"][0]
    check("L2" in finding["what"] and "-1700.00 W" in finding["evidence"] and finding["remedy"], finding)


def check_choice(gateway):
    answer, found, _ = live(gateway, "well")
    check(answer.returncode == 0 and found == {"well": set()}, f"{answer.returncode} {found}")
    unknown = gateway.ask("check", "--live", "wel")
    check(unknown.returncode == 1 and "did you mean `well`?" in unknown.stderr, unknown.stderr)
    wrong = gateway.ask("check", "well")
    check(wrong.returncode == 2 and "--live" in wrong.stderr, f"{wrong.returncode}: {wrong.stderr}")
    table = gateway.ask("check", "--live", "reversed", "exchanged")
    check("1 error" in table.stdout and "99 INSTEAD OF 3" in table.stdout and "-> " in table.stdout, table.stdout)
    rows = gateway.ask("check", "--live", "well", "dead", "--format", "csv").stdout.splitlines()
    check(len(rows) == 3 and rows[1].startswith("well,room,1,meter,yes,") and rows[2].startswith("dead,room,4,meter,no,"), rows)
    print("named meters, a wrong name, table and CSV are as they should be")


def check_read(gateway, port):
    reading = subprocess.run([str(building.GATEWAY), "read", "--tcp", f"127.0.0.1:{port}", "--unit-id", "2", "--model", MODEL,
                              "--models", str(building.MODELS)], capture_output=True, text=True, timeout=30)
    check(reading.returncode == 0 and "wiring: the current of L2" in reading.stderr, reading.stderr)
    well = gateway.ask("read", "well")
    check(well.returncode == 0 and "wiring" not in well.stderr, well.stderr)
    print("`read` names the reversed transformer, and nothing at the other meter")


def check_daemon(gateway, simulator):
    def of_status(identity):
        status = gateway.status()
        return next(each for each in status["meters"] if each["id"] == identity) if status else {}

    cabinet.wait_until(lambda: of_status("exchanged").get("exchanged") and of_status("well").get("serial")
                       and of_status("reversed").get("serial") and of_status("dead").get("state") == "no response", 40,
                       "the daemon to know all serial numbers, and that one meter is dead")
    check(of_status("exchanged")["serial"] == "99" and not of_status("well")["exchanged"], "serial numbers in status")
    asked = len(simulator.answers())
    answer, found, meters = live(gateway)
    print(f"beside the daemon: {found}")
    check(found == EXPECTED, f"expected {EXPECTED}")
    check("the gateway is running and holds the lines" in answer.stderr, answer.stderr)
    check("reading" not in answer.stderr, f"it reads beside the daemon: {answer.stderr}")
    check(all(each["source"] == "daemon" for each in meters.values()), "a source")
    check(meters["well"]["age_ms"] is not None and meters["well"]["latency_worst_ms"] is None, meters["well"])
    check(asked > 0, "nothing was asked at all")
    lines = [line for line in gateway.text().splitlines() if "another device answers" in line]
    check(len(lines) == 1 and "serial number 99 instead of 3" in lines[0], f"in the log: {lines}")
    table = gateway.ask("status").stdout
    check("exchanged: another device answers, serial number 99 instead of 3" in table, table)


def check_event(platform):
    """The exchange is an entry of the stream: the city's database has it."""
    cabinet.wait_until(lambda: platform.rows("SELECT 1 FROM event_view WHERE kind = 'meter_exchanged'"), 30,
                       "the event to reach the platform")
    events = platform.rows("SELECT meter, text FROM event_view WHERE kind = 'meter_exchanged'")
    check(events == [("exchanged", "3 to 99")], events)
    print("event_view has the exchange")


def check_return(gateway, simulator):
    """After an outage the meter is asked again who it is, but not twice within a minute."""
    def serial_requests():
        return [int(each["time_ms"]) for each in simulator.answers()
                if each["meter"] == "well" and each["address"] == SERIAL_ADDRESS and each["outcome"] == "answered"]

    before = serial_requests()
    simulator.hush(["well"])
    cabinet.wait_until(lambda: next(each for each in gateway.status()["meters"] if each["id"] == "well")["state"]
                       == "no response", 30, "well to be silent")
    simulator.wake(["well"])
    cabinet.wait_until(lambda: len(serial_requests()) > len(before), 100, "well to be asked for its serial number again")
    after = serial_requests()
    check(len(after) == len(before) + 1 and after[-1] - before[-1] >= 60_000, f"{before}, then {after}")
    print("after an outage the serial number is asked for once")


def main():
    with building.folder("live-check") as folder:
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-1"])
        broker = cabinet.Broker(folder, certificates, ["cab-1"])
        platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
        port, refused = cabinet.free_port(), cabinet.free_port()
        simulator = cabinet.Simulator("simulator", folder, building.GATEWAY, f'[[endpoint]]\nlisten = "127.0.0.1:{port}"\n'
                                      + simulated("well", 1, "21045678", LOAD) + simulated("reversed", 2, "2", REVERSED)
                                      + simulated("exchanged", 3, "99", LOAD) + simulated("dead", 4, "4", LOAD, "dead = true\n"))
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1", building.gateway_toml(
            broker, certificates, platform='batch_every = "1s"', rest=buses(port, refused)))
        with building.running(broker, platform, simulator):
            cabinet.wait_until(lambda: "listening" in simulator.text(), 20, "the simulator to listen")
            check_direct(gateway)
            check_choice(gateway)
            check_read(gateway, port)
            with building.running(gateway):
                check_daemon(gateway, simulator)
                check_event(platform)
                check_return(gateway, simulator)


if __name__ == "__main__":
    sys.exit(main())
