# SPDX-License-Identifier: Apache-2.0
"""The node's image in qemu-system-arm: its pins, its memory, its supply."""

import contextlib
import json
import pathlib
import socket
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import cabinet  # noqa: E402

PORT_C = 0x40006000
PORT_D = 0x40007000
PORT_F = 0x40025000
PAINT = 0xC5C5A3A3
ERASED = b"\xff"
EEPROM_SIZE = 4096


class Lines:
    """A connection on which a line is asked and a line is answered."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(60)
        cabinet.wait_until(lambda: self._connects(path), 20, f"qemu to listen at {path}")
        self.file = self.connection.makefile("rw")

    def _connects(self, path):
        try:
            self.connection.connect(str(path))
            return True
        except OSError:
            return False

    def close(self):
        with contextlib.suppress(OSError):  # what was not sent is of no use any more
            self.file.close()
        self.connection.close()

    def _line(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("qemu is gone")
        return line


class Monitor(Lines):
    """QMP."""

    def __init__(self, path):
        super().__init__(path)
        self._line()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self._line())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]


class Pins(Lines):
    """qtest, beside the running program."""

    def ask(self, line):
        self.file.write(line + "\n")
        self.file.flush()
        while True:
            answer = self._line().strip()
            if answer.startswith("OK"):
                return answer[2:].strip()
            if answer.startswith("FAIL"):
                raise RuntimeError(f"{line}: {answer}")


class Emulator(cabinet.Process):
    """One node. Its EEPROM is a file, which outlives kill(), the power cut."""

    def __init__(self, folder, image, name="node", mac="52:54:00:12:34:56"):
        super().__init__(name, folder)
        self.image = image
        self.mac = mac
        self.eeprom = folder / f"{name}.eeprom"
        self.eeprom.write_bytes(ERASED * EEPROM_SIZE)
        self.uart = folder / f"{name}.uart"
        self.monitor_path = folder / f"{name}.qmp"
        self.pins_path = folder / f"{name}.qtest"
        self.monitor = None
        self.pins = None
        self.ports = {}
        self.levels = {}

    def start(self):
        """Powers up with all contacts open, which is: all pulse inputs pulled up."""
        for path in (self.uart, self.monitor_path, self.pins_path):
            path.unlink(missing_ok=True)
        self.launch(["qemu-system-arm", "-M", "lm3s6965evb", "-kernel", self.image, "-S",
                     "-display", "none", "-monitor", "none", "-nic", f"hubport,hubid=0,mac={self.mac}",
                     "-chardev", f"socket,id=uart,path={self.uart},server=on,wait=off", "-serial", "chardev:uart",
                     "-drive", f"if=none,id=eeprom,file={self.eeprom},format=raw",
                     "-device", f"at24c-eeprom,bus=i2c,address=0x50,rom-size={EEPROM_SIZE},drive=eeprom",
                     "-qmp", f"unix:{self.monitor_path},server=on,wait=off",
                     "-accel", "tcg", "-qtest", f"unix:{self.pins_path},server=on,wait=off", "-qtest-log", "none"])
        self.monitor = Monitor(self.monitor_path)
        self.pins = Pins(self.pins_path)
        self.ports = self._find_ports()
        self.levels = {}
        self.open_contacts()
        self.monitor.ask("cont")

    def open_contacts(self):
        """Also after a reset, in which the emulated pins, though not what is wired to them, fall to 0."""
        for pin in range(8):
            self.set_pin(PORT_D, pin, 1)

    def kill(self):
        super().kill()
        self._close()

    def stop(self, seconds=20):
        result = super().stop(seconds)
        self._close()
        return result

    def _close(self):
        for connection in (self.monitor, self.pins):
            if connection:
                connection.close()
        self.monitor = self.pins = None

    def _find_ports(self):
        """The emulator numbers its devices as it likes; their address tells the ports apart."""
        ports = {}
        for entry in self.monitor.ask("qom-list", path="/machine/unattached"):
            if entry["type"] == "child<pl061_luminary>":
                path = f"/machine/unattached/{entry['name']}"
                ports[self.monitor.ask("qom-get", path=f"{path}/pl061[0]", property="addr")] = path
        return ports

    def set_pin(self, port, pin, level):
        self.pins.ask(f"set_irq_in {self.ports[port]} unnamed-gpio-in {pin} {level}")
        self.levels[port, pin] = level

    def close_contact(self, pulse_input):
        self.set_pin(PORT_D, pulse_input, 0)

    def open_contact(self, pulse_input):
        self.set_pin(PORT_D, pulse_input, 1)

    def reset(self):
        self.monitor.ask("system_reset")

    def word(self, address):
        return int(self.pins.ask(f"readl {address:#x}"), 16)

    def stack_used(self, symbols):
        """Bytes of the stack that were ever written, of how many."""
        bottom, top = symbols["stack_bottom"], symbols["stack_top"]
        untouched = bottom
        while untouched < top and self.word(untouched) == PAINT:
            untouched += 4
        return top - untouched, top - bottom
