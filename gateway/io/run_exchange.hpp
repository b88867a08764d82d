// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock.hpp"
#include "io/line.hpp"
#include "modbus/exchange.hpp"
#include "modbus/fault_error_code.hpp"
#include "modbus/pipeline.hpp"

namespace bornier::io {

/// Carries an exchange out on a connected line. Errors are a modbus::Fault (the line is drained,
/// the next exchange may follow) or the line's own (it is closed). `exchange`, `line` and `clock`
/// must live until it returns; what the exchange discarded can be asked of it afterwards.
[[nodiscard]] auto run(modbus::Exchange& exchange, Line& line, const Clock& clock)
    -> asio::awaitable<wire::Result<modbus::Answer>>;

/// The same for a request that was sent earlier: nothing is written, and nothing thrown away
/// before.
[[nodiscard]] auto listen(modbus::Exchange& exchange, Line& line, const Clock& clock)
    -> asio::awaitable<wire::Result<modbus::Answer>>;

/// Sends what the pipeline has to send and waits for its answers. An error is the line's own (it is
/// closed); what came before is in the pipeline all the same.
[[nodiscard]] auto run(modbus::Pipeline& pipeline, Line& line, const Clock& clock)
    -> asio::awaitable<wire::Result<void>>;

}  // namespace bornier::io
