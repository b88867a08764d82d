// SPDX-License-Identifier: Apache-2.0
#include "simulator/pseudo_terminal.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace bornier::simulator {
namespace {

namespace fs = std::filesystem;

class PseudoTerminalTest : public ::testing::Test {
 protected:
  PseudoTerminalTest() {
    std::string name = (fs::temp_directory_path() / "pty-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    link = folder / "line";
  }
  ~PseudoTerminalTest() override { fs::remove_all(folder); }

  [[nodiscard]] auto refusal() const -> std::string {
    const auto opened = PseudoTerminal::open(link);
    return opened ? "" : opened.error();
  }

  fs::path folder;
  fs::path link;
};

TEST_F(PseudoTerminalTest, HasALinkAsLongAsItIsThere) {
  {
    const auto terminal = PseudoTerminal::open(link);
    ASSERT_TRUE(terminal) << terminal.error();
    EXPECT_TRUE(fs::read_symlink(link).string().starts_with("/dev/pts/"));
    EXPECT_TRUE(fs::is_character_file(link));
  }
  EXPECT_FALSE(fs::is_symlink(link));
}

TEST_F(PseudoTerminalTest, ReplacesTheLinkThatAKilledSimulatorLeft) {
  fs::create_symlink("/dev/pts/4194304", link);
  const auto terminal = PseudoTerminal::open(link);
  ASSERT_TRUE(terminal) << terminal.error();
  EXPECT_TRUE(fs::is_character_file(link));
}

TEST_F(PseudoTerminalTest, LeavesALinkToAnythingElseAlone) {
  for (const auto* target : {"/dev/null", "/dev/pts", "/dev/pts/", "/dev/pts/../null", "notes"}) {
    fs::create_symlink(target, link);
    EXPECT_NE(refusal().find(target), std::string::npos) << refusal();
    EXPECT_NE(refusal().find("another name"), std::string::npos) << refusal();
    ASSERT_TRUE(fs::is_symlink(link)) << target;
    EXPECT_EQ(fs::read_symlink(link), target);
    fs::remove(link);
  }
}

TEST_F(PseudoTerminalTest, LeavesWhatIsNoLinkAlone) {
  std::ofstream{link} << "notes";
  EXPECT_NE(refusal().find("another name"), std::string::npos) << refusal();
  EXPECT_TRUE(fs::is_regular_file(link));
  fs::remove(link);
  fs::create_directory(link);
  EXPECT_NE(refusal().find("another name"), std::string::npos) << refusal();
  EXPECT_TRUE(fs::is_directory(link));
}

TEST_F(PseudoTerminalTest, LeavesWhatHasTakenThePlaceOfItsLinkMeanwhile) {
  {
    const auto terminal = PseudoTerminal::open(link);
    ASSERT_TRUE(terminal) << terminal.error();
    const auto next = PseudoTerminal::open(folder / "next");
    ASSERT_TRUE(next) << next.error();
    fs::remove(link);
    fs::copy_symlink(folder / "next", link);
  }
  EXPECT_TRUE(fs::is_symlink(link)) << "it was another simulator's";
  fs::remove(link);
  {
    const auto terminal = PseudoTerminal::open(link);
    ASSERT_TRUE(terminal) << terminal.error();
    fs::remove(link);
    std::ofstream{link} << "notes";
  }
  EXPECT_TRUE(fs::is_regular_file(link));
}

}  // namespace
}  // namespace bornier::simulator
