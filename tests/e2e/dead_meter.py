# SPDX-License-Identifier: Apache-2.0
"""Dead meters among live ones: an endpoint that refuses, one that accepts and never answers, and a dead unit behind an
endpoint that it shares with live ones. The live ones keep their marks, the dead one's state says why there is no data,
its requests take little of the bus, and once it is back the next probe reads it again. What the buses do is told as
points.
"""

import sys
import time

import building
import cabinet
from building import check

PERIOD_MS = 1_000
DEAD_FOR = 23  # s: several probes, with growing pauses between them
LONGEST_PROBE_PAUSE = 20  # s: the third pause of the schedule, 5 s doubled twice
TIMEOUT_MS = 200
LIVE = ["alone", "shared-1", "shared-2", "shared-3", "shared-4"]
POINTS = '["power_active", "voltage_l1_n"]'


def endpoint(port, *names):
    text = f'[[endpoint]]\nlisten = "127.0.0.1:{port}"\n'
    return text + "".join(f'[[endpoint.meter]]\nname = "{name}"\nunit_id = {unit}\nmodel = "eastron-sdm630"\n'
                          for unit, name in enumerate(names, start=1))


def bus(name, port, *meters):
    rows = [(meter, unit, "eastron-sdm630", f"{PERIOD_MS}ms", POINTS) for unit, meter in enumerate(meters, start=1)]
    return building.bus_toml(name, port, rows).replace("\n[[meter]]", f'\ntimeout = "{TIMEOUT_MS}ms"\n[[meter]]', 1)


def now_ms():
    return time.time_ns() // 1_000_000


def of_meter(simulator, meter, after, before):
    return [(int(answer["time_ms"]), answer["outcome"]) for answer in simulator.answers()
            if answer["meter"] == meter and after <= int(answer["time_ms"]) < before]


def kept_marks(simulator, meter, first, last):
    """Marks in the span, those read before the next mark, and those read within half a period. On the shared bus the
    fourth of four meters is read some 200 ms after the mark: this model wants pauses of 60 ms."""
    answered = [at for at, outcome in of_meter(simulator, meter, first, last + PERIOD_MS) if outcome == "answered"]
    marks = range((first // PERIOD_MS + 1) * PERIOD_MS, last, PERIOD_MS)
    delays = [min((at - mark for at in answered if at >= mark), default=PERIOD_MS) for mark in marks]
    return len(marks), sum(delay < PERIOD_MS for delay in delays), sum(delay < PERIOD_MS / 2 for delay in delays)


def check_marks(simulator, first, last, stalls):
    all_marks = all_kept = 0
    for meter in LIVE:
        marks, kept, prompt = kept_marks(simulator, meter, first, last)
        print(f"{meter}: {kept} of {marks} marks kept, {prompt} of them within half a period")
        all_marks, all_kept = all_marks + marks, all_kept + kept
    stalls.judge(all_kept >= 0.99 * all_marks, all_kept >= 0.95 * all_marks, f"{all_marks - all_kept} of {all_marks} marks were lost to dead meters")


def check_share(simulator, meter, first, last):
    """The first polls without an answer are ordinary ones; what comes from the first longer pause on are probes."""
    silent = [at for at, outcome in of_meter(simulator, meter, first, last) if outcome == "silent"]
    began = next((at for before, at in zip(silent, silent[1:]) if at - before > 3 * PERIOD_MS), last)
    probes = [at for at in silent if at >= began]
    share = len(probes) * TIMEOUT_MS / (last - first)
    print(f"{meter}: {len(silent)} requests without an answer, {len(probes)} of them probes: {share:.1%} of the bus")
    check(len(probes) >= 2, f"{meter} was probed {len(probes)} times in {DEAD_FOR} s")
    check(share <= 0.05, f"probes of {meter} took {share:.1%} of its bus")


def check_reasons(gateway, platform, expected):
    states = {meter["id"]: meter for meter in gateway.status()["meters"]}
    for meter, reason in expected.items():
        check(states[meter]["state"] == reason, f"`status` calls {meter} \"{states[meter]['state']}\", not \"{reason}\"")
        check(all(point["state"] == reason for point in states[meter]["points"]), f"points of {meter}: {states[meter]}")
        cabinet.wait_until(lambda meter=meter, reason=reason: platform.rows(
            "SELECT 1 FROM state_view WHERE meter = ? AND point IS NULL AND state = ?", meter, reason), 20,
            f"state_view to say that {meter} is \"{reason}\"")
    print("status and state_view say why: " + ", ".join(f"{meter}: {reason}" for meter, reason in expected.items()))


def check_health(platform):
    """Points of the gateway's own beside those of the models; a bus has them under its name."""
    def reported(meter, point):
        return [float(value) for value, unit in platform.rows(
            "SELECT value, unit FROM reading_view WHERE meter = ? AND point = ?", meter, point)]

    for meter, point in (("mute", "bus_timeouts"), ("shared-dead", "bus_timeouts"), ("shared", "bus_occupancy"),
                         ("alone", "bus_requests"), ("alone", "bus_latency_50"), ("shared-4", "bus_latency_99")):
        cabinet.wait_until(lambda meter=meter, point=point: any(value > 0 for value in reported(meter, point)), 30,
                           f"{point} of {meter}")
    check(not any(reported("alone", "bus_timeouts")), f"alone had timeouts: {reported('alone', 'bus_timeouts')}")
    check(not reported("refused", "bus_latency_50"), "a meter that never answered has a latency")
    requests = reported("alone", "bus_requests")
    check(all(value <= 24 * 1_000 / PERIOD_MS for value in requests), f"requests of ten seconds: {requests}")
    marks = platform.rows("SELECT DISTINCT time FROM reading_view WHERE point = 'bus_occupancy'")
    print(f"bus health came as points at {', '.join(mark[0] for mark in marks)}")


def check_return(simulator, platform, meter, since, patience):
    """The first request after the return is answered, soon, and from then on every mark is."""
    back = cabinet.wait_until(lambda: of_meter(simulator, meter, since, now_ms()), patience, f"{meter} to be asked again")
    check(back[0][1] == "answered", f"{meter} is back, but its first request was {back[0]}")
    print(f"{meter}: asked and answered {(back[0][0] - since) / 1000:.1f} s after its return")
    cabinet.wait_until(lambda: platform.rows("SELECT 1 FROM reading_view WHERE meter = ? AND time > "
                                             "strftime('%Y-%m-%dT%H:%M:%fZ', ? / 1000.0, 'unixepoch')", meter, since), 20,
                       f"readings of {meter} after its return")
    return back[0][0]


def main():
    with building.folder("dead-meter") as folder:
        certificates = cabinet.Certificates(folder / "certificates", ["broker", "platform", "cab-1"])
        broker = cabinet.Broker(folder, certificates, ["cab-1"])
        platform = cabinet.Platform(folder, building.PLATFORM, broker, certificates)
        refused, mute, alone, shared = (cabinet.free_port() for _ in range(4))
        simulator = cabinet.Simulator("simulator", folder, building.GATEWAY,
                                      endpoint(mute, "mute") + endpoint(alone, "alone")
                                      + endpoint(shared, *LIVE[1:], "shared-dead"))
        late = cabinet.Simulator("late", folder, building.GATEWAY, endpoint(refused, "refused"))
        buses = (bus("bus-refused", refused, "refused") + bus("bus-mute", mute, "mute")
                 + bus("bus-alone", alone, "alone")
                 + bus("shared", shared, *LIVE[1:], "shared-dead"))
        gateway = cabinet.Gateway(folder, building.GATEWAY, "cab-1",
                                  building.gateway_toml(broker, certificates, platform='batch_every = "1s"',
                                                        gateway='bus_health_every = "10s"', rest=buses))
        stalls = building.Stalls()
        with building.running(stalls, broker, platform, simulator, gateway):
            cabinet.wait_until(lambda: all(of_meter(simulator, meter, 0, now_ms()) for meter in LIVE), 30,
                               "the live meters to be read")
            died = now_ms()
            simulator.say("dead mute")
            simulator.say("dead shared-dead")
            time.sleep(DEAD_FOR)
            check_reasons(gateway, platform, {"refused": "bus down", "mute": "no response", "shared-dead": "no response"})
            check_health(platform)
            returned = now_ms()
            check_marks(simulator, died, returned - PERIOD_MS, stalls)
            for meter in ("mute", "shared-dead"):
                check_share(simulator, meter, died, returned)
            try:
                late.start()
                simulator.say("alive mute")
                simulator.say("alive shared-dead")
                check_return(late, platform, "refused", returned, 15)
                back = [check_return(simulator, platform, meter, returned, LONGEST_PROBE_PAUSE + 10)
                        for meter in ("mute", "shared-dead")]
                time.sleep(5)
                check_reasons(gateway, platform, {"refused": "ok", "mute": "ok", "shared-dead": "ok"})
                marks, kept, _ = kept_marks(simulator, "shared-dead", max(back), max(back) + 4_000)
                check(kept >= marks - 1, f"shared-dead is back and keeps {kept} of {marks} marks")
            finally:
                late.stop()


if __name__ == "__main__":
    sys.exit(main())
