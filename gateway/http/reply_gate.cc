#include "gateway/http/reply_gate.h"

#include <utility>

namespace sluis::gateway {

ReplyGate::Ready ReplyGate::hold(HeldReply& held, Outcome outcome, Resumer& resumer) {
  held.reply_ = std::move(outcome.reply);
  held.hold_ = outcome.hold;
  held.logged_ = !outcome.events.empty();
  held.verdict_.reset();
  held.resumer_ = &resumer;
  if (outcome.events.empty()) return Ready::now;
  if (outcome.hold == Hold::nothing) {
    note(std::move(outcome.events));
    return Ready::now;
  }
  // Two words, so that the function object needs no memory of its own.
  log_->append_soon(std::move(outcome.events), [&held](Result<audit::Receipt> verdict) { settle(held, verdict); });
  return Ready::later;
}

// Runs on the log's thread. After resume() the reply belongs to its connection again.
void ReplyGate::settle(HeldReply& held, Result<audit::Receipt> verdict) {
  held.verdict_.emplace(verdict);
  held.resumer_->resume();
}

ReplyGate::Released ReplyGate::take_out(HeldReply& held) const {
  Reply reply = std::move(held.reply_);
  held.reply_ = Reply{};
  if (held.hold_ == Hold::nothing) return {std::move(reply), What::reply};
  const bool durable = held.verdict_ && *held.verdict_;
  if (durable) {
    reply.headers.emplace_back("Sluis-Receipt", receipt_text(log_->origin(), **held.verdict_));
    return {std::move(reply), What::reply};
  }
  // The write has happened; to hide that from the client would only make it write again.
  if (held.hold_ == Hold::write) return {std::move(reply), What::reply};
  // From here on `reply` is dropped, and its bytes are wiped with it.
  if (!held.verdict_) return {problem_of(Error{Code::internal, "a plaintext reply without an entry"}), What::refusal};
  return {problem_of(held.verdict_->error()), What::refusal};
}

void ReplyGate::note(std::vector<audit::Event> events) {
  log_->append(std::move(events), [](const Result<audit::Receipt>&) {});
}

std::string ReplyGate::receipt_text(std::string_view origin, const audit::Receipt& receipt) {
  auto text = std::string(origin) + "/" + std::to_string(receipt.first);
  if (receipt.count > 1) text += "-" + std::to_string(receipt.first + receipt.count - 1);
  return text;
}

}  // namespace sluis::gateway
