# SPDX-License-Identifier: Apache-2.0
"""What an image needs, and fails where that is beyond the budget: 24 KiB of flash, 6 KiB of RAM, its own stack.

    sizes.py BUILD IMAGE.elf...

Worst stack: the compiler's call graph with the frames of each function (-fcallgraph-info=su), deepest path from the
reset handler, and on top of it one interrupt with the frame that the core pushes. A call through a Store goes wherever
a Store's own functions go; the C library's few functions, which have no graph, are taken for LIBRARY_FRAME each. What a
run really used is told by the tests under the emulator.
"""

import pathlib
import re
import subprocess
import sys

FLASH = 24 << 10
RAM = 6 << 10
LIBRARY_FRAME = 48
EXCEPTION_FRAME = 8 * 4 + 4  # and a word to align it
ROOT = "reset_handler"
INDIRECT = "__indirect_call"
NODE = re.compile(r'node: { title: "([^"]+)" label: "([^"]*)"')
FRAME = re.compile(r"\\n(\d+) bytes \((\w+)")
EDGE = re.compile(r'edge: { sourcename: "([^"]+)" targetname: "([^"]+)"')


def symbols(image):
    """Name: address, and the length of each section."""
    table = subprocess.run(["arm-none-eabi-nm", image], check=True, capture_output=True, text=True).stdout
    names = {line.split()[2]: int(line.split()[0], 16) for line in table.splitlines() if len(line.split()) == 3}
    listing = subprocess.run(["arm-none-eabi-size", "-A", image], check=True, capture_output=True, text=True).stdout
    sections = {fields[0]: int(fields[1]) for fields in map(str.split, listing.splitlines())
                if len(fields) == 3 and fields[1].isdigit()}
    return names, sections


def call_graph(files):
    frames, calls = {}, {}
    for file in files:
        text = file.read_text()
        for name, label in NODE.findall(text):
            if found := FRAME.search(label):
                if found[2] == "dynamic":
                    raise SystemExit(f"{name}: a frame without a bound")
                frames[name] = max(frames.get(name, 0), int(found[1]))
        for source, target in EDGE.findall(text):
            calls.setdefault(source, set()).add(target)
    return frames, calls


class Depths:
    def __init__(self, frames, calls, virtual):
        self.frames = frames
        self.calls = calls
        self.virtual = virtual
        self.known = {}

    def of(self, name, path=()):
        """Bytes of the deepest path from here, and the path."""
        if name in path:
            raise SystemExit(f"recursion: {' '.join(path)} {name}")
        if name not in self.known:
            targets = self.virtual if name == INDIRECT else self.calls.get(name, ())
            below = max((self.of(target, (*path, name)) for target in targets), default=(0, []))
            own = 0 if name == INDIRECT else self.frames.get(name, LIBRARY_FRAME)
            self.known[name] = (own + below[0], [name, *below[1]])
        return self.known[name]


def graphs_of(build, image):
    """Of the image's own sources and of the two libraries that all have."""
    own = build / "firmware/board/CMakeFiles" / f"{image.stem}.dir"
    objects = [file for folder in (own, build / "firmware/node", build / "proto/wire") for file in folder.rglob("*.obj")]
    return [file.with_suffix(".ci") for file in objects]  # a cache of compilations would leave some out


def readable(path):
    text = subprocess.run(["arm-none-eabi-c++filt", "-p"], input="\n".join(path), check=True, capture_output=True,
                          text=True).stdout
    return [line.rsplit("::", 1)[-1].rsplit(":", 1)[-1] for line in text.split()]


def judge(build, image):
    names, sections = symbols(image)
    flash = sum(sections.get(name, 0) for name in (".text", ".ARM.exidx", ".data"))
    stack = names["stack_top"] - names["stack_bottom"]
    ram = sum(sections.get(name, 0) for name in (".stack", ".data", ".bss", ".noinit"))
    frames, calls = call_graph(graphs_of(build, image))
    depths = Depths(frames, calls, [name for name in frames if re.search(r"(Eeprom|Flash)Area", name)])
    loop, path = depths.of(ROOT)
    handlers = [name for name in names if name.endswith("_handler") and name in frames and name != ROOT]
    interrupt = max(depths.of(name)[0] for name in handlers)
    worst = loop + EXCEPTION_FRAME + interrupt
    print(f"{image.name}: flash {flash} of {FLASH}, RAM {ram} of {RAM} with a stack of {stack}; worst stack {worst} by the"
          f" call graph: {loop} of the loop, {EXCEPTION_FRAME + interrupt} of an interrupt")
    print(f"  deepest: {' > '.join(readable(path))}")
    return flash <= FLASH and ram <= RAM and worst <= stack


def main():
    build = pathlib.Path(sys.argv[1])
    fits = [judge(build, pathlib.Path(image)) for image in sys.argv[2:]]
    return 0 if fits and all(fits) else 1


if __name__ == "__main__":
    sys.exit(main())
