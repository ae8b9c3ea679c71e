// `sluis records export`: what the gateway streams, as JSON lines.
#include "gateway/cli/commands.h"
#include "gateway/cli/export_stream.h"
#include "gateway/cli/files.h"

namespace sluis::cli {
namespace {

struct Given {
  ExportAsk ask;
  std::string output = "-";
  Why why;
};

void export_all(const Shared& shared, const Given& given) {
  ExportAsk ask = given.ask;
  ask.headers = given.why.headers();
  OutputFile out(given.output);
  ExportLines lines([&](std::string_view run) { out.write(run); });
  Client client = shared.client();
  download_export(client, ask, lines);
  if (lines.complete() || lines.records() != 0) out.close();
  lines.require_complete();
}

}  // namespace

void add_export(CLI::App& records, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = records.add_subcommand("export", "write all records as JSON lines");
  sub->add_option("collection", given->ask.collection, "collection")->required();
  sub->add_option("--fields", given->ask.fields, "only these fields")->delimiter(',')->check(not_empty());
  sub->add_option("--after", given->ask.after, "continue after this id")->check(not_empty());
  sub->add_option("-o,--output", given->output, "file, made readable for you alone; - for standard output")
      ->check(not_empty())
      ->capture_default_str();
  given->why.add_to(*sub);
  sub->footer(
      "\nExample:\n  sluis records export diplomas --fields institution,level -o diplomas.ndjson \\\n"
      "    --purpose register-maintenance --case C-17\n\n"
      "Exit code 8: a budget was spent on the way; go on with the --after that is printed.\n"
      "Exit code 9: records that are named do not open; all others are written.");
  sub->callback([&shared, given] { export_all(shared, *given); });
}

}  // namespace sluis::cli
