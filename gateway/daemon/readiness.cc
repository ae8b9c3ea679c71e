#include "gateway/daemon/readiness.h"

#include <chrono>

namespace sluis::gateway {

namespace {
constexpr std::chrono::seconds kEvery{3};
}

Readiness::Readiness(std::vector<Check> checks) : checks_(std::move(checks)) {}
Readiness::~Readiness() = default;

void Readiness::start(OpLog& log) {
  log_ = &log;
  look();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Readiness::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, kEvery, [] { return false; });
    if (stop.stop_requested()) return;
    lock.unlock();
    look();
    lock.lock();
  }
}

void Readiness::look_now() {
  look();
}

void Readiness::look() {
  for (const auto& check : checks_) {
    const auto status = check.look();
    const std::string text = status ? std::string() : std::string(status.error().what.view());
    const std::lock_guard lock(mutex_);
    auto& known = problems_[check.part];
    if (known == text) continue;
    known = text;
    if (text.empty()) log_->write(LogLevel::info, "a part is well again", {{"part", check.part}});
    if (!text.empty()) log_->write(LogLevel::error, "a part is not well", {{"part", check.part}, {"problem", text}});
  }
}

void Readiness::warn(const std::string& about, std::string text) {
  const std::lock_guard lock(mutex_);
  if (text.empty()) warnings_.erase(about);
  if (!text.empty()) warnings_[about] = std::move(text);
}

std::vector<Readiness::Finding> Readiness::problems() const {
  std::vector<Finding> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [part, text] : problems_) {
    if (!text.empty()) out.push_back({part, text});
  }
  return out;
}

std::vector<Readiness::Finding> Readiness::warnings() const {
  std::vector<Finding> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [about, text] : warnings_) out.push_back({about, text});
  return out;
}

bool Readiness::up(std::string_view part) const {
  const std::lock_guard lock(mutex_);
  const auto it = problems_.find(part);
  return it != problems_.end() && it->second.empty();
}

}  // namespace sluis::gateway
