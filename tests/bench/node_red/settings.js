// SPDX-License-Identifier: Apache-2.0
// Node-RED without editor, pages or calls home.
module.exports = {
  flowFile: "flows.json",
  credentialSecret: false,
  httpAdminRoot: false,
  httpNodeRoot: false,
  telemetry: { enabled: false },
  logging: { console: { level: "warn" } },
};
