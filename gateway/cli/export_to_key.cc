// `sluis export --to-key`: all records of a collection in a file that another program opens without Sluis: age, with
// the identity that belongs to one of the recipients. Each record is a decrypt, with its entry in the log.
#include <iostream>

#include "gateway/cli/age_file.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/export_stream.h"
#include "gateway/cli/print.h"

namespace sluis::cli {
namespace {

struct Given {
  ExportAsk ask;
  std::string recipients, output, age = "age";
  Why why;
};

// A file that is there holds every record: of one that ended early nothing is kept.
void export_to_key(const Shared& shared, const Given& given) {
  ExportAsk ask = given.ask;
  ask.headers = given.why.headers();
  AgeFile out(given.age, given.recipients, given.output);
  ExportLines lines([&](std::string_view run) { out.write(run); });
  Client client = shared.client();
  download_export(client, ask, lines);
  if (lines.early() || lines.inside_a_line()) lines.require_complete();
  out.close();
  std::cout << printable(given.output) << ": " << counted(lines.records(), "record", "records") << '\n';
  lines.require_complete();
}

}  // namespace

void add_export_to_key(CLI::App& app, const Shared& shared) {
  auto given = std::make_shared<Given>();
  auto* sub = app.add_subcommand("export", "write all records encrypted to somebody's key, to be opened without Sluis");
  sub->add_option("collection", given->ask.collection, "collection")->required();
  sub->add_option("--to-key", given->recipients, "file of age recipients: the public keys that will open it")
      ->required()
      ->check(not_empty());
  sub->add_option("-o,--output", given->output, "file to make; it appears when it is complete")
      ->required()
      ->check(not_empty());
  sub->add_option("--fields", given->ask.fields, "only these fields")->delimiter(',')->check(not_empty());
  sub->add_option("--after", given->ask.after, "continue after this id")->check(not_empty());
  sub->add_option("--age", given->age, "the program age")->capture_default_str();
  given->why.add_to(*sub);
  sub->footer(
      "\nExample:\n  sluis export diplomas --to-key archive.pub -o diplomas.ndjson.age \\\n"
      "    --purpose register-maintenance --case C-17\n"
      "  age --decrypt -i archive.key diplomas.ndjson.age > diplomas.ndjson\n\n"
      "Exit code 9: records that are named do not open; all others are in the file.");
  sub->callback([&shared, given] { export_to_key(shared, *given); });
}

}  // namespace sluis::cli
