# SPDX-License-Identifier: Apache-2.0
import pathlib
import tempfile
import unittest

import check_includes


class IncludeCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def errors(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return check_includes.check(self.root)

    def test_accepts_what_a_core_room_needs(self):
        text = '#include <vector>\n#include "delivery/window.hpp"\n#include "batch/batch.hpp"\n'
        self.assertEqual(self.errors("gateway/delivery/window.cpp", text), [])

    def test_names_the_line_that_points_upwards(self):
        found = self.errors("gateway/reading/decimal.cpp", '#include <string>\n#include "batch/batch.hpp"\n')
        self.assertEqual(found, ["gateway/reading/decimal.cpp:2: gateway/reading may not know batch"])

    def test_refuses_a_thread_in_a_core_room_and_allows_it_in_a_shell_room(self):
        self.assertTrue(self.errors("gateway/modbus/exchange.cpp", "#include <thread>\n"))
        self.assertEqual(self.errors("gateway/modbus/exchange.cpp", ""), [])
        self.assertEqual(self.errors("gateway/buffer/disk.cpp", "#include <thread>\n"), [])

    def test_refuses_a_clock_in_a_core_room(self):
        self.assertTrue(self.errors("gateway/modbus/schedule.cpp", "auto now = std::chrono::steady_clock::now();\n"))

    def test_keeps_paho_in_io(self):
        self.assertEqual(self.errors("gateway/io/broker.cpp", "#include <mqtt/async_client.h>\n"), [])
        self.assertTrue(self.errors("gateway/app/run.cpp", "#include <mqtt/async_client.h>\n"))

    def test_keeps_sqlite_out_of_the_gateway_but_for_buffer(self):
        self.assertEqual(self.errors("gateway/buffer/journal.cpp", "#include <SQLiteCpp/SQLiteCpp.h>\n"), [])
        self.assertEqual(self.errors("platform/store.cpp", "#include <SQLiteCpp/SQLiteCpp.h>\n"), [])
        self.assertTrue(self.errors("gateway/app/status.cpp", "#include <sqlite3.h>\n"))

    def test_keeps_asio_out_of_core_but_not_result(self):
        self.assertEqual(self.errors("gateway/modbus/a.cpp", "#include <boost/system/result.hpp>\n"), [])
        self.assertTrue(self.errors("gateway/modbus/a.cpp", "#include <boost/asio/awaitable.hpp>\n"))

    def test_keeps_the_platform_out_of_the_gateway_s_other_rooms(self):
        self.assertEqual(self.errors("platform/receiver.cpp", '#include "io/broker.hpp"\n'), [])
        self.assertTrue(self.errors("platform/receiver.cpp", '#include "buffer/buffer.hpp"\n'))

    def test_knows_every_part_from_outside(self):
        self.assertEqual(self.errors("gateway/io/line.cpp", "#include <sys/ioctl.h>\n#include <termios.h>\n"), [])
        self.assertTrue(self.errors("gateway/io/line.cpp", "#include <boost/lexical_cast.hpp>\n"))

    def test_refuses_heap_types_in_proto_wire(self):
        self.assertEqual(self.errors("proto/wire/pdu.hpp", "#include <span>\n"), [])
        self.assertTrue(self.errors("proto/wire/pdu.hpp", "#include <vector>\n"))

    def test_lets_the_node_have_atomics_and_nothing_that_allocates(self):
        self.assertEqual(self.errors("firmware/node/queue.hpp", '#include <atomic>\n#include "wire/pdu.hpp"\n'), [])
        self.assertTrue(self.errors("firmware/node/queue.hpp", "#include <vector>\n"))
        self.assertTrue(self.errors("firmware/node/queue.hpp", "#include <mutex>\n"))

    def test_lets_a_test_use_the_test_libraries_and_files_but_not_another_room(self):
        text = "#include <gtest/gtest.h>\n#include <fstream>\n"
        self.assertEqual(self.errors("gateway/model/model_test.cpp", text), [])
        self.assertTrue(self.errors("gateway/model/model.cpp", text))
        self.assertTrue(self.errors("gateway/model/model_test.cpp", '#include "io/clock.hpp"\n'))

    def test_lets_only_tests_use_what_tests_share(self):
        self.assertEqual(self.errors("proto/wire/testing.hpp", "#include <vector>\n"), [])
        text = '#include "wire/testing.hpp"\n'
        self.assertEqual(self.errors("gateway/modbus/exchange_test.cpp", text), [])
        self.assertTrue(self.errors("gateway/modbus/exchange.cpp", text))

    def test_refuses_an_include_beside_the_source(self):
        self.assertTrue(self.errors("gateway/model/model.cpp", '#include "model.hpp"\n'))

    def test_refuses_a_room_that_nobody_described(self):
        self.assertTrue(self.errors("gateway/util/strings.cpp", ""))


if __name__ == "__main__":
    unittest.main()
