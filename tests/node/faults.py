# SPDX-License-Identifier: Apache-2.0
"""The loop hangs, runs into a fault, fills its stack, each on purpose in an image made for it: the node comes back by
itself, says why, and keeps the counts.
"""

import sys
import time

import bench
import emulator
import modbus
import sizes

import cabinet
from building import check

HANG, FAULT, OVERFLOW = 0, 2, 3
STACK_OVERFLOWED = 0xFFFFFFFF


def main():
    names, _ = sizes.symbols(bench.IMAGE_WITH_FAULTS)
    with bench.line("faults") as line:
        node = line.add(image=bench.IMAGE_WITH_FAULTS)
        line.wait_until_it_answers()
        expected = [0] * bench.PULSE_INPUTS
        for boots, (pin, cause) in enumerate([(HANG, bench.WATCHDOG), (FAULT, bench.FAULTED),
                                              (OVERFLOW, bench.FAULTED), (HANG, bench.WATCHDOG)], 2):
            for at in (boots, 7):
                line.pulse(node, [at])
                expected[at] += 1
            line.save()
            began = time.monotonic()
            node.set_pin(emulator.PORT_F, pin, 1)  # the reset lets go of it, and of the contacts

            def back():
                node.open_contacts()
                return line.boots() == boots
            cabinet.wait_until(back, 40, f"boot {boots}")
            took = time.monotonic() - began
            # Where the node was back between the two lines above, the reset has let go of them again.
            node.open_contacts()
            line.wait_until_active(range(bench.PULSE_INPUTS), 0)
            check(line.counts() == expected, f"counts {line.counts()} after a reset, not {expected}")
            check(line.reset_cause() == cause, f"reset cause {line.reset_cause()}, not {cause}")
            events = [(kind, source) for _, boot, kind, source, _ in line.events() if boot == boots]
            check((bench.BOOT_EVENT, cause) in events, f"the boot is an event: {events}")
            words = line.client.inputs(bench.FAULT, 6)
            pc, lr = modbus.number(words[0:2]), modbus.number(words[2:4])
            if pin == FAULT:
                check(names["_Z9run_boardv"] <= pc < names["_Z9run_boardv"] + 0x400, f"the fault was in the loop, not at {pc:#x}")
                check((bench.FAULT_EVENT, 0) in events, f"the fault record is an event: {events}")
            elif pin == OVERFLOW:
                check(pc == STACK_OVERFLOWED, f"the stack's overflow was noticed: {pc:#x}")
            else:
                check(pc == lr == 0, "no fault is told of")
                check(took > 3, f"the watchdog waited {took:.1f} s")
            print(f"boot {boots}: back after {took:.1f} s, cause {cause}, counts kept, pc {pc:#x}")
        line.pulse(node, range(bench.PULSE_INPUTS))
        check(line.counts() == [count + 1 for count in expected], "counting goes on")
    return 0


if __name__ == "__main__":
    sys.exit(main())
