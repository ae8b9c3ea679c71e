#include <algorithm>
#include <iostream>

#include "gateway/cli/commands.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

void show_status(const Shared& shared) {
  Client client = shared.client();
  const Response ready = client.call({"GET", "/readyz", {}, {}});
  if (shared.json) {
    std::cout << ready.body.expose_text() << '\n';
  }
  if (!shared.json) {
    WipingResource memory;
    const auto body = parse_reply(ready, memory);
    if (body.is_object()) print_object(body.get_object());
  }
  if (ready.status != 200) fail(Exit::no, "the gateway is not ready");
}

}  // namespace

Client Shared::client() const {
  if (profile_path.empty()) {
    fail(Exit::usage,
         "which gateway, and with which certificate? Give --profile FILE or set SLUIS_PROFILE (see sluis --help)");
  }
  return Client(load_profile(profile_path));
}

CLI::Validator not_empty() {
  return {[](const std::string& text) { return text.empty() ? std::string("is empty") : std::string(); }, ""};
}

void Why::add_to(CLI::App& command) {
  command.add_option("--purpose", purpose, "purpose of the call, one of those the policy names");
  command.add_option("--case", case_reference, "case reference that the log entry carries");
}

Headers Why::headers() const {
  Headers out;
  if (!purpose.empty()) out.emplace_back("Sluis-Purpose", purpose);
  if (!case_reference.empty()) out.emplace_back("Sluis-Case", case_reference);
  return out;
}

void add_status(CLI::App& app, const Shared& shared) {
  auto* command = app.add_subcommand("status", "whether the gateway is ready, and what is wrong if not");
  command->footer("\nExample:\n  sluis --profile operator.toml status");
  command->callback([&shared] { show_status(shared); });
}

}  // namespace sluis::cli
