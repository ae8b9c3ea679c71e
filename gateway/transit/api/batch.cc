#include "gateway/transit/api/batch.h"

namespace sluis::gateway::transit {

std::string_view words_for_item(const Error& error) noexcept {
  return error.code == Code::invalid || error.code == Code::unavailable || error.code == Code::busy ||
                 error.code == Code::too_large || error.code == Code::rate_limited
             ? error.what.view()
             : std::string_view("internal error");
}

std::int64_t partial_failure_code(Params& params) {
  const auto code = params.maybe_integer("partial_failure_response_code");
  if (!code || *code == 0) return 0;
  if (*code < 200 || *code > 599) params.refuse({400, "partial_failure_response_code must be 200 to 599"});
  return *code;
}

BatchReply::BatchReply(const Items& items, Mistakes mistakes, std::size_t bytes)
    : batch_(items.batch()), mistakes_(mistakes), pen_(data_) {
  data_.reserve(bytes);
  if (batch_) pen_.open_object().name("batch_results").open_array();
}

void BatchReply::begin() {
  pen_.open_object();
  began_ = data_.size();
}

void BatchReply::end(const Item& item) {
  if (batch_ && item.reference) pen_.name("reference").text(*item.reference);
  pen_.close_object();
  ++succeeded_;
}

void BatchReply::fail(const Item& item, const Error& error, std::string_view extra) {
  ++(error.code == Code::invalid || error.code == Code::too_large ? user_mistakes_ : failures_);
  if (!batch_) only_fault_ = error;
  data_.resize(began_);
  pen_.begin_again();
  if (!extra.empty()) pen_.raw(extra);
  pen_.name("error").text(words_for_item(error));
  if (batch_ && item.reference) pen_.name("reference").text(*item.reference);
  pen_.close_object();
}

unsigned BatchReply::status(std::int64_t partial_failure) const noexcept {
  if (mistakes_ == Mistakes::stay_in_items || user_mistakes_ + failures_ == 0) return 200;
  if (partial_failure != 0 && succeeded_ > 0) return static_cast<unsigned>(partial_failure);
  return failures_ > 0 ? 500 : 400;
}

Outcome BatchReply::finish(const Call& call, std::vector<std::string> warnings, std::int64_t partial_failure) {
  if (!batch_ && only_fault_) return refuse(*only_fault_);
  if (batch_) pen_.close_array().close_object();
  Answer answer;
  answer.data = std::move(data_);
  answer.warnings = std::move(warnings);
  answer.status = status(partial_failure);
  return answered(call, std::move(answer));
}

}  // namespace sluis::gateway::transit
