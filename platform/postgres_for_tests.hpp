// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "platform/testing.hpp"

namespace bornier::platform {

/// A real PostgreSQL 15 in a folder of its own, without a TCP port. It refuses root: as root it
/// runs as the user postgres or nobody. Ends with the test program, however that ends.
class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  auto operator=(const PostgresServer&) -> PostgresServer& = delete;

  /// The one of this test program, started when first asked for.
  [[nodiscard]] static auto shared() -> PostgresServer&;

  /// What --database takes.
  [[nodiscard]] auto url(const std::string& database) const -> std::string;
  /// An empty database with a name of its own.
  [[nodiscard]] auto create_database(const std::string& options = {}) -> std::string;

  /// Without waiting for those who are connected.
  void stop();
  /// Returns once it accepts connections.
  void start();

 private:
  [[nodiscard]] auto launch(std::vector<std::string> command) const -> ::pid_t;

  TemporaryFolder folder_;
  ::pid_t process_ = -1;
  int databases_{};
};

class PostgresStore final : public TestStore {
 public:
  auto open(const AsideLimits& aside) -> wire::Result<std::unique_ptr<Database>, Failure> override;
  auto query(const std::string& sql) -> Rows override;
  void refuse(const std::string& table, const std::string& column,
              const std::string& value) override;
  void refuse_no_longer(const std::string& table) override;

  const std::string url = PostgresServer::shared().url(PostgresServer::shared().create_database());
};

[[nodiscard]] auto make_postgres_store() -> std::unique_ptr<TestStore>;

}  // namespace bornier::platform
