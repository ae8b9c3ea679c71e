// `sluis audit receipt` and `check-receipt`: proofs that an entry is in the log, as C2SP tlog-proof files.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "audit/leaf.h"
#include "audit/proof.h"
#include "gateway/cli/audit.h"
#include "gateway/cli/exit.h"
#include "gateway/cli/files.h"
#include "gateway/cli/json_view.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

namespace json = boost::json;

struct Given {
  std::string entry, file, output;
  LogKeys keys;
};

// The last part of a receipt, "origin/411", or the index alone.
std::string index_of(const std::string& entry) {
  const std::string index = entry.substr(entry.rfind('/') + 1);
  if (index.empty() || index.find_first_not_of("0123456789") != std::string::npos) {
    fail(Exit::usage, "an entry is written INDEX or ORIGIN/INDEX");
  }
  return index;
}

void receipt(const Shared& shared, const Given& given) {
  const std::string index = index_of(given.entry);
  Client client = shared.client();
  const Response response = client.call({"GET", "/v1/audit/receipts/" + index, {}, {}});
  require_success(response);
  OutputFile out(given.output.empty() ? "-" : given.output);
  out.write(response.body.expose_text());
  out.close();
}

void check_receipt(const Shared& shared, const Given& given) {
  const LogKeys::Parsed keys = given.keys.parse();
  if (keys.keys.empty()) fail(Exit::usage, "give the log's key: --key or --key-file");
  const SecretBuffer text = read_all(given.file);
  const auto proof = audit::parse_proof(text.expose_text());
  const auto checkpoint = proof ? audit::check_proof(*proof, keys.origin, keys.keys) : proof.error();
  if (!checkpoint) fail(Exit::no, "the receipt is not good: " + std::string(checkpoint.error().what.view()));
  if (!audit::parse_leaf(text_of(proof->extra))) fail(Exit::no, "the receipt's entry is malformed");
  const json::value leaf = json::parse(text_of(proof->extra));
  const json::object said{
      {"origin", checkpoint->origin}, {"index", proof->index}, {"size", checkpoint->size}, {"leaf", leaf}};
  if (shared.json) {
    std::cout << json::serialize(said) << '\n';
    return;
  }
  std::cout << "good: entry " << proof->index << " of " << printable(checkpoint->origin) << '\n';
  print_object(leaf.as_object());
}

}  // namespace

void add_audit_receipt(CLI::App& audit, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = audit.add_subcommand("receipt", "fetch the proof that an entry is in the log");
  sub->add_option("entry", given->entry, "index of the entry, or a receipt: ORIGIN/INDEX")->required();
  sub->add_option("-o,--output", given->output, "file to write; standard output without it");
  sub->footer("\nExample:\n  sluis --profile auditor.toml audit receipt 1234 -o 1234.tlog-proof");
  sub->callback([&shared, given] { receipt(shared, *given); });

  given = std::make_shared<Given>();
  sub = audit.add_subcommand("check-receipt", "check such a proof, without the gateway, and show its entry");
  sub->add_option("file", given->file, "the .tlog-proof file")->required();
  given->keys.add_to(*sub);
  sub->footer("\nExample:\n  sluis audit check-receipt 1234.tlog-proof --key-file log.key");
  sub->callback([&shared, given] { check_receipt(shared, *given); });
}

}  // namespace sluis::cli
