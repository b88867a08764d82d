# SPDX-License-Identifier: Apache-2.0
"""What holds for every tracked file: a licence line, no path of one developer's machine, no endless sources.

    check_tree.py ROOT
"""

import pathlib
import re
import subprocess
import sys

SOURCES = {".cpp", ".hpp", ".h", ".c", ".py", ".cmake", ".proto", ".sql", ".js", ".css", ".html"}
LICENCE = "SPDX-License-Identifier: Apache-2.0"
LONGEST = 500  # lines; past 400 a file probably hides a second idea

# Written in pieces, so that this file passes its own test.
MACHINE_PATH = re.compile(r"(?:(?<![A-Za-z0-9_.])/(?:work|farm)/)|/ro" + r"ot/|\.\./sha" + "red")


def is_source(path: pathlib.PurePath) -> bool:
    in_scripts = path.parts[0] in ("script", ".ci") and not path.suffix
    return path.suffix in SOURCES or path.name == "CMakeLists.txt" or in_scripts


def check_file(path: pathlib.PurePath, text: str) -> list[str]:
    lines = text.splitlines()
    errors = [
        f"{path}:{number}: a path of one machine: {line.strip()}"
        for number, line in enumerate(lines, 1)
        if MACHINE_PATH.search(line)
    ]
    if is_source(path):
        if not any(LICENCE in line for line in lines[:3]):
            errors.append(f"{path}:1: no line `{LICENCE}` in the first three")
        if len(lines) > LONGEST:
            errors.append(f"{path}:{LONGEST + 1}: {len(lines)} lines; {LONGEST} are the most")
    return errors


def tracked(root: pathlib.Path) -> list[pathlib.PurePath]:
    # A checkout may belong to another user than the one who tests it.
    git = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z"]
    names = subprocess.run(git, check=True, capture_output=True, text=True).stdout.split("\0")
    return [pathlib.PurePath(name) for name in names if name]


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    errors = []
    for path in tracked(root):
        try:
            errors += check_file(path, (root / path).read_text())
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # binary data; or removed and not yet committed
    print("\n".join(errors) or "the tree is in order")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
