# SPDX-License-Identifier: Apache-2.0
import pathlib
import unittest

import check_tree

LICENSED = f"// {check_tree.LICENCE}\n"


def errors(path, text):
    return check_tree.check_file(pathlib.PurePath(path), text)


class TreeCheck(unittest.TestCase):
    def test_accepts_a_licensed_source(self):
        self.assertEqual(errors("gateway/reading/decimal.cpp", LICENSED + "int a;\n"), [])

    def test_refuses_a_source_or_script_without_a_licence(self):
        self.assertTrue(errors("gateway/reading/decimal.cpp", "int a;\n"))
        self.assertTrue(errors("script/test", "#!/bin/bash\n"))
        self.assertEqual(errors("README.md", "text\n"), [])

    def test_refuses_the_first_line_too_many(self):
        self.assertEqual(errors("a.cpp", LICENSED + "\n" * (check_tree.LONGEST - 1)), [])
        self.assertTrue(errors("a.cpp", LICENSED + "\n" * check_tree.LONGEST))

    def test_refuses_paths_of_one_machine_in_any_file(self):
        for folder in ("/work" + "/main", "/ro" + "ot/x", "../sha" + "red/data"):
            self.assertTrue(errors("README.md", f"see {folder}\n"), folder)

    def test_does_not_mistake_other_words_for_machine_paths(self):
        self.assertEqual(errors("README.md", "build/work/x, /workshop/, shared memory\n"), [])


if __name__ == "__main__":
    unittest.main()
