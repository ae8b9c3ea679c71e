#include "gateway/backups/target.h"

#include "gateway/backups/files.h"

namespace sluis::gateway {
namespace {

void fill(std::string& word, std::string_view place, std::string_view value) {
  for (std::size_t at = word.find(place); at != std::string::npos; at = word.find(place, at + value.size())) {
    word.replace(at, place.size(), value);
  }
}

}  // namespace

Program CommandTarget::program(const std::vector<std::string>& words, std::string_view id,
                               std::string_view name) const {
  Program out;
  out.argv = words;
  for (std::string& word : out.argv) {
    fill(word, "{id}", id);
    fill(word, "{name}", name);
  }
  out.environment = program_environment();
  out.limit = commands_.limit;
  return out;
}

Status CommandTarget::store(std::string_view id, std::string_view name, const std::string& path,
                            const std::stop_token& stop) const {
  const auto file = open_file(path);
  if (!file) return file.error();
  Program run = program(commands_.store, id, name);
  run.input = file->fd();
  return run_program(run, stop, on_complaint_);
}

Status CommandTarget::fetch(std::string_view id, std::string_view name, const std::string& path,
                            const std::stop_token& stop) const {
  if (commands_.fetch.empty()) return Error{Code::not_found, "no backup.fetch_command is configured"};
  const auto file = make_file(path);
  if (!file) return file.error();
  Program run = program(commands_.fetch, id, name);
  run.output = file->fd();
  return run_program(run, stop, on_complaint_);
}

Status CommandTarget::expire(std::string_view id, std::string_view name, const std::stop_token& stop) const {
  if (commands_.expire.empty()) return Error{Code::not_found, "no backup.expire_command is configured"};
  return run_program(program(commands_.expire, id, name), stop, on_complaint_);
}

}  // namespace sluis::gateway
