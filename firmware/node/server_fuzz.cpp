// SPDX-License-Identifier: Apache-2.0
// Any characters at line speed: what changes settings is only what whole frames say, and afterwards
// the node answers. Input: pairs of a byte that says what (how long a pause, whether damaged, or
// that a checksum is to be added) and a character.
#include <cstdlib>

#include "node/testing.hpp"
#include "wire/crc16.hpp"

using namespace bornier::node;
namespace wire = bornier::wire;

namespace {

constexpr unsigned short_pause = 0x01;
constexpr unsigned long_pause = 0x02;
constexpr unsigned damaged = 0x04;
constexpr unsigned checksum = 0x08;
constexpr unsigned edge = 0x10;

/// The node's line, and whether a frame with a right checksum is among what it carried.
class FuzzedLine {
 public:
  explicit FuzzedLine(Bench& bench) : bench_{bench} {}

  void receive(std::byte character, bool is_damaged) {
    bench_.pass(character_time(bench_.line.baud), character_time(bench_.line.baud));
    bench_.node.bytes().push(character, is_damaged, bench_.tick());
    heard_.push_back(character);
    const auto oldest = heard_.size() - std::min(heard_.size(), wire::max_rtu_size);
    for (auto start = oldest; start + wire::min_rtu_size <= heard_.size(); ++start) {
      may_write_ = may_write_ || wire::decode_rtu(std::span{heard_}.subspan(start)).has_value();
    }
  }

  void begin_frame() { begun_ = heard_.size(); }
  void add_checksum() {
    const auto sum = wire::crc16(std::span{heard_}.subspan(begun_));
    receive(static_cast<std::byte>(sum), false);
    receive(static_cast<std::byte>(sum >> 8U), false);
  }

  [[nodiscard]] auto may_write() const -> bool { return may_write_; }

 private:
  Bench& bench_;
  std::vector<std::byte> heard_;
  std::size_t begun_ = 0;
  bool may_write_ = false;
};

auto answers(Bench& bench) -> bool {
  // Out of listen-only mode; then anything that is always there.
  bench.ask("08 0001 0000");
  return bench.ask("04 0003 0001") == wire::bytes("04 02 0008");
}

}  // namespace

extern "C" auto LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) -> int {
  constexpr std::size_t longest = 1'200;
  Chip chip{4096};
  Bench bench{chip};
  bench.pass(milliseconds(50));
  const Settings before = bench.parts().settings;
  FuzzedLine line{bench};
  for (std::size_t at = 0; at + 1 < std::min(size, longest); at += 2) {
    const unsigned what = data[at];
    if ((what & checksum) != 0) {
      line.add_checksum();
    }
    if ((what & edge) != 0) {
      bench.set(data[at + 1] % all_inputs, (data[at + 1] & 0x80U) != 0);
    }
    if ((what & (short_pause | long_pause)) != 0) {
      bench.pass((what & long_pause) != 0 ? milliseconds(110) : milliseconds(6));
      line.begin_frame();
    }
    line.receive(static_cast<std::byte>(data[at + 1]), (what & damaged) != 0);
  }
  bench.pass(milliseconds(500));
  if (!(bench.parts().settings == before) && !line.may_write()) {
    std::abort();
  }
  if (!bench.fed || !answers(bench)) {
    std::abort();
  }
  return 0;
}
