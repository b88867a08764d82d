// SPDX-License-Identifier: Apache-2.0
#pragma once

extern "C" {
auto tick_handler() noexcept -> void;
auto port_c_handler() noexcept -> void;
auto port_d_handler() noexcept -> void;
auto uart0_handler() noexcept -> void;
auto watchdog_handler() noexcept -> void;
auto heartbeat_handler() noexcept -> void;
}
