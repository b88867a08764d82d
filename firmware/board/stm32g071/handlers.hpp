// SPDX-License-Identifier: Apache-2.0
#pragma once

extern "C" {
auto heartbeat_handler() noexcept -> void;
auto flash_error_handler() noexcept -> void;
auto pins_handler() noexcept -> void;
auto usart1_handler() noexcept -> void;
}
