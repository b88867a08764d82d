// SPDX-License-Identifier: Apache-2.0
#include "app/serial_port.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace bornier::app {
namespace {

namespace errc = boost::system::errc;

auto told(Transport transport, errc::errc_t failure) -> std::string {
  BusSettings bus;
  bus.transport = transport;
  return why_not_connected(bus, "the line", errc::make_error_code(failure));
}

TEST(SerialPort, IsNotToBePluggedInWhereSomethingElseStands) {
  for (const auto failure : {errc::inappropriate_io_control_operation, errc::is_a_directory}) {
    const auto text = told(Transport::rtu, failure);
    EXPECT_TRUE(text.starts_with("the line is no serial port; name a device")) << text;
    EXPECT_EQ(text.find("plugged"), std::string::npos) << text;
  }
}

TEST(SerialPort, IsToBePluggedInWhereNothingStands) {
  EXPECT_NE(told(Transport::rtu, errc::no_such_file_or_directory).find("plugged in"),
            std::string::npos);
  EXPECT_NE(told(Transport::tcp, errc::connection_refused).find("check host and port"),
            std::string::npos);
}

TEST(SerialPort, IsNoFolderAndNoFile) {
  std::string name = (std::filesystem::temp_directory_path() / "port-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(name.data());
  std::ofstream{folder / "file"} << "text";
  std::filesystem::create_directory_symlink(folder, folder / "link");
  EXPECT_TRUE(objection_to_device(folder).starts_with(folder.string() + " is a folder, not"));
  EXPECT_NE(objection_to_device(folder / "link"), "");
  EXPECT_NE(objection_to_device(folder / "file").find("no device"), std::string::npos);
  EXPECT_EQ(objection_to_device(folder / "unplugged"), "");
  EXPECT_EQ(objection_to_device("/dev/null"), "") << "only an attempt to open it would tell";
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace bornier::app
