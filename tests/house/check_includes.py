# SPDX-License-Identifier: Apache-2.0
"""Arrows between rooms point one way: app -> shell -> core -> proto/wire.

    check_includes.py ROOT

Every #include of proto/wire, gateway/*, firmware/* and platform is looked up in the table below, and what is not allowed there is
an error. A core room also may not read a clock (`now` is an argument).
"""

import dataclasses
import pathlib
import re
import sys

# Standard headers that decide nothing about the outside world: no thread, file, clock, log or random source. <chrono>
# is here for its durations; CLOCK below refuses the rest of it.
PURE = frozenset(
    "algorithm array bit bitset cctype charconv chrono climits cmath compare concepts cstddef cstdint cstdlib cstring "
    "deque exception functional initializer_list iomanip ios iosfwd iterator limits list map memory memory_resource "
    "new numbers numeric optional ostream queue ranges ratio set span sstream stdexcept string string_view system_error tuple "
    "type_traits unordered_map unordered_set utility variant vector version".split()
)
# proto/wire also runs on the pulse node: nothing that allocates.
FREESTANDING = frozenset(
    "algorithm array bit climits compare concepts cstddef cstdint functional initializer_list iterator limits numeric "
    "optional ranges span string_view system_error tuple type_traits utility variant version".split()
)

# Parts from outside, by the beginning of the name in <>.
PARTS = {
    "result": (
        "boost/system/result.hpp",
        "boost/system/error_code.hpp",
        "boost/system/error_category.hpp",
        "boost/assert/source_location.hpp",
    ),
    "asio": ("boost/asio/", "boost/asio.hpp", "boost/beast/", "boost/system/"),
    "json": ("boost/json",),
    "url": ("boost/url",),
    "paho": ("mqtt/", "MQTT"),
    "sqlite": ("SQLiteCpp/", "sqlite3.h"),
    "postgres": ("pqxx/",),
    "protobuf": ("google/protobuf/",),
    "zstd": ("zstd",),
    "toml": ("toml++/", "toml.hpp"),
    "cli": ("CLI/",),
    "log": ("spdlog/", "fmt/"),
    "openssl": ("openssl/",),
    "test": ("gtest/", "gmock/", "rapidcheck", "benchmark/"),
}
# The system's own folders of headers.
SYSTEM = ("arpa/", "linux/", "net/", "netinet/", "sys/")


@dataclasses.dataclass(frozen=True)
class Room:
    rooms: str  # whose headers it may include, besides its own
    parts: str = ""  # of PARTS
    standard: frozenset | None = None  # the standard headers allowed; None: all of them and the system's


ROOMS = {
    "proto/wire": Room("", "result", FREESTANDING),
    # the pulse node: its core, which interrupts share queues with
    "firmware/node": Room("wire", "result", FREESTANDING | {"atomic"}),
    # its boards: registers and interrupts, no more
    "firmware/board": Room("node wire", "result", FREESTANDING | {"atomic"}),
    # core: decides
    "gateway/reading": Room("wire", "result", PURE),
    "gateway/model": Room("reading wire", "result toml", PURE),
    "gateway/modbus": Room("reading wire", "result", PURE),
    "gateway/batch": Room("reading wire bornier", "result protobuf zstd", PURE),
    "gateway/delivery": Room("batch reading wire", "result", PURE),
    "gateway/intake": Room("model reading wire", "result json", PURE),
    "gateway/interval": Room("reading wire", "result", PURE),
    "gateway/audit": Room("interval reading wire", "result", PURE),
    # shell: acts
    "gateway/buffer": Room("batch reading wire", "result asio sqlite"),
    "gateway/io": Room("batch delivery modbus reading wire", "result asio paho openssl log"),
    "gateway/simulator": Room("intake io model modbus reading wire", "result asio toml log"),
    "gateway/web": Room("io batch reading wire", "result asio json url log"),
    "gateway/app": Room(
        "audit batch buffer delivery interval intake io modbus model reading simulator web wire",
        "result asio json url toml cli log",
    ),
    # the city side
    "platform": Room("io batch reading wire", "result asio json url openssl postgres sqlite cli log"),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
CLOCK = re.compile(r"\b(?:\w+_clock::now|clock_gettime|gettimeofday|std::time)\s*\(")
TEST_SOURCE = re.compile(r"_(?:test|fuzz|bench)\.cpp$")
# What several tests share.
TEST_HELPER = re.compile(r"(?:[/_]testing|_for_tests|_fixture|/test_\w+|\bbatch/reference_day)\.[hc]pp$")


def complaint(room_path: str, quoted: str | None, angled: str | None, in_test: bool) -> str | None:
    """Why this include is not allowed in this room, or None."""
    room = ROOMS[room_path]
    if quoted and TEST_HELPER.search(quoted) and not in_test:
        return f'"{quoted}" is for tests'
    if quoted:
        owner = quoted.split("/")[0]
        if owner == quoted:
            return f'"{quoted}" is not included from the root of its program'
        if owner != room_path.split("/")[-1] and owner not in room.rooms.split():
            return f"{room_path} may not know {owner}"
        return None
    parts = {part for part, beginnings in PARTS.items() if angled.startswith(beginnings)}
    if parts:
        allowed = set(room.parts.split()) | ({"test"} if in_test else set())
        return None if parts & allowed else f"{room_path} may not use {' or '.join(sorted(parts))}"
    if in_test or room.standard is None:
        known = "/" not in angled or angled.startswith(SYSTEM)
    else:
        known = angled in room.standard
    return None if known else f"<{angled}> is not among the headers allowed in {room_path}"


def room_of(path: pathlib.PurePath) -> str | None:
    folders = path.as_posix().split("/")
    if folders[0] == "platform":
        return "platform"
    if folders[0] in ("gateway", "firmware") or folders[:2] == ["proto", "wire"]:
        return "/".join(folders[:2])
    return None


def check(root: pathlib.Path) -> list[str]:
    errors = []
    for folder in ("proto/wire", "gateway", "firmware", "platform"):
        for file in sorted((root / folder).rglob("*.[hc]pp")):
            path = file.relative_to(root)
            room_path = room_of(path)
            if room_path not in ROOMS:
                errors.append(f"{path}:1: {room_path} is not in the table of {pathlib.Path(__file__).name}")
                continue
            is_core = ROOMS[room_path].standard is not None
            in_test = bool(TEST_SOURCE.search(path.name) or TEST_HELPER.search(path.as_posix()))
            for number, line in enumerate(file.read_text().splitlines(), 1):
                found = INCLUDE.match(line)
                wrong = complaint(room_path, found[1], found[2], in_test) if found else None
                if is_core and not in_test and CLOCK.search(line):
                    wrong = f"{room_path} may not read a clock: take `now` as an argument"
                if wrong:
                    errors.append(f"{path}:{number}: {wrong}")
    return errors


def main() -> int:
    errors = check(pathlib.Path(sys.argv[1]))
    print("\n".join(errors) or "every include points the right way")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
