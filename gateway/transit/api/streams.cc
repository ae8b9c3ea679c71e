#include "gateway/transit/api/streams.h"

#include "gateway/records/line_reader.h"
#include "gateway/transit/api/batch.h"
#include "gateway/transit/api/budget.h"
#include "gateway/transit/api/item_steps.h"
#include "gateway/transit/api/rewrap.h"

namespace sluis::gateway::transit {
namespace {

constexpr std::size_t kLongestLine = std::size_t{4} << 20U;
constexpr std::size_t kExpectedItems = 64;  // of a piece

// What differs between the three.
class Work {
 public:
  virtual ~Work() = default;
  virtual std::string_view main() const noexcept = 0;
  // Before each piece: the key as it is now, so that none is held for longer than its time.
  virtual Status renew() = 0;
  virtual Status run(const Item& item, JsonPen& pen, SecretBuffer& out, std::vector<audit::Event>& events) = 0;
  virtual std::string_view failed() const noexcept { return {}; }  // members of a failed item besides its error
  virtual void note(std::uint64_t items, std::vector<audit::Event>& events) = 0;
};

// The key as it is by now, while lines still come.
Result<TransitKeys::Key> open_again(const Parts& parts, const TransitKey& before) {
  auto key = open_key(parts, before.name);
  if (!key) return key;
  if (const Status fits = still_fits(**key, before); !fits) return fits.error();
  return key;
}

// One use a line: what is taken and not used is lost to the version.
Result<Uses> take_use(const Parts& parts, const TransitKey& key, const Item& item) {
  Uses uses(key, {});
  const auto version = version_to_encrypt(key, item.key_version);
  if (!version) return uses;
  uses.want(*version);
  if (const Status taken = uses.take(parts.keys, key); !taken) return taken.error();
  return uses;
}

void note_stream(const Parts& parts, const Call& call, audit::Event event, std::uint64_t items,
                 std::vector<audit::Event>& events) {
  Outcome outcome;
  note_use(parts, call, std::move(event), items, outcome);
  for (auto& noted : outcome.events) events.push_back(std::move(noted));
}

class EncryptWork final : public Work {
 public:
  EncryptWork(const Parts& parts, const Call& call, TransitKeys::Key key)
      : parts_(parts), call_(call), step_(std::move(key), kExpectedItems) {}

  std::string_view main() const noexcept override { return "plaintext"; }
  Status renew() override {
    auto key = open_again(parts_, step_.key());
    if (!key) return key.error();
    step_.replace(*std::move(key));
    return {};
  }
  Status run(const Item& item, JsonPen& pen, SecretBuffer& out, std::vector<audit::Event>&) override {
    const auto uses = take_use(parts_, step_.key(), item);
    if (!uses) return uses.error();
    return step_.run(item, *uses, pen, out);
  }
  void note(std::uint64_t items, std::vector<audit::Event>& events) override {
    note_stream(parts_, call_, event_of("transit.encrypt", step_.key().name, step_.key().latest()), items, events);
  }

 private:
  const Parts& parts_;
  const Call& call_;
  EncryptStep step_;
};

class DecryptWork final : public Work {
 public:
  DecryptWork(const Parts& parts, const Call& call, TransitKeys::Key key)
      : parts_(parts), call_(call), step_(parts, std::move(key), kExpectedItems) {}

  std::string_view main() const noexcept override { return "ciphertext"; }
  Status renew() override {
    auto key = open_again(parts_, step_.key());
    if (!key) return key.error();
    if (const Status stated = check_stated(**key, call_); !stated) return stated;
    step_.replace(*std::move(key));
    return {};
  }
  Status run(const Item& item, JsonPen& pen, SecretBuffer&, std::vector<audit::Event>& events) override {
    if (item.main && split_versioned(*item.main, kCiphertextWords)) {
      const Status taken = take_decrypt(parts_, call_, step_.key());
      if (!taken) ++over_budget_;
      if (!taken) return taken;
    }
    return step_.run(item, pen, events);
  }
  std::string_view failed() const noexcept override { return R"("plaintext":"")"; }
  // One entry a piece for the lines that the budget refused.
  void note(std::uint64_t, std::vector<audit::Event>& events) override {
    if (over_budget_ == 0) return;
    events.push_back(refused_decrypts("transit.decrypt", step_.key(), std::exchange(over_budget_, 0)));
  }

 private:
  const Parts& parts_;
  const Call& call_;
  DecryptStep step_;
  std::uint64_t over_budget_ = 0;
};

class RewrapWork final : public Work {
 public:
  RewrapWork(const Parts& parts, const Call& call, KeyPair pair)
      : parts_(parts), call_(call), pair_(pair), step_(parts, pair.from, pair.to, kExpectedItems) {}

  std::string_view main() const noexcept override { return "ciphertext"; }
  Status renew() override {
    auto from = open_again(parts_, *pair_.from);
    if (!from) return from.error();
    if (const Status stated = check_stated(**from, call_); !stated) return stated;
    auto to = open_again(parts_, *pair_.to);
    if (!to) return to.error();
    pair_ = {*std::move(from), *std::move(to)};
    step_.replace(pair_.from, pair_.to);
    return {};
  }
  Status run(const Item& item, JsonPen& pen, SecretBuffer& out, std::vector<audit::Event>&) override {
    const auto uses = take_use(parts_, *pair_.to, item);
    if (!uses) return uses.error();
    return step_.run(item, *uses, pen, out);
  }
  void note(std::uint64_t items, std::vector<audit::Event>& events) override {
    Outcome outcome;
    note_rewrap(parts_, call_, pair_, items, outcome);
    for (auto& noted : outcome.events) events.push_back(std::move(noted));
  }

 private:
  const Parts& parts_;
  const Call& call_;
  KeyPair pair_;
  RewrapStep step_;
};

class ItemStream final : public BodyFilter {
 public:
  explicit ItemStream(std::unique_ptr<Work> work)
      : work_(std::move(work)), lines_(kLongestLine), reader_(work_->main()) {}

  Reply head() override {
    Reply reply;
    reply.content_type = "application/x-ndjson";
    return reply;
  }
  Result<Piece> feed(std::string_view bytes) override {
    return piece_of([&](auto&& take) { return lines_.feed(bytes, take); });
  }
  Result<Piece> finish() override {
    auto piece = piece_of([&](auto&& take) { return lines_.finish(take); });
    if (piece) piece->last = true;
    return piece;
  }

 private:
  template <typename Feed>
  Result<Piece> piece_of(Feed&& feed) {
    if (const Status renewed = work_->renew(); !renewed) return renewed.error();
    Piece piece;
    std::uint64_t done = 0;
    const Status fed = feed([&](std::string_view line, LineReader::Length length) -> Status {
      done += take(line, length, piece);
      return {};
    });
    if (!fed) return fed.error();
    work_->note(done, piece.events);
    return piece;
  }

  // One line; how many items were done.
  std::uint64_t take(std::string_view line, LineReader::Length length, Piece& piece) {
    if (line.empty() && length == LineReader::Length::fits) return 0;
    Item item;
    reader_.forget();
    if (length == LineReader::Length::fits) reader_.read(line, item);
    if (length == LineReader::Length::too_long) item.fault = Error{Code::too_large, "the line is too long"};
    const std::size_t start = piece.bytes.size();
    JsonPen pen(piece.bytes);
    pen.open_object();
    const Status done = work_->run(item, pen, piece.bytes, piece.events);
    if (!done) {
      piece.bytes.resize(start + 1);
      pen.begin_again();
      if (!work_->failed().empty()) pen.raw(work_->failed());
      pen.name("error").text(words_for_item(done.error()));
    }
    if (item.reference) pen.name("reference").text(*item.reference);
    pen.close_object();
    piece.bytes.push_back('\n');
    return done ? 1 : 0;
  }

  std::unique_ptr<Work> work_;
  LineReader lines_;
  ItemReader reader_;
};

Filtered streamed(std::unique_ptr<Work> work) {
  return {std::make_unique<ItemStream>(std::move(work)), std::nullopt};
}

}  // namespace

Filtered encrypt_stream(const Parts& parts, Call& call) {
  auto key = open_key(parts, call.param("key"));
  if (!key) return {nullptr, refuse(key.error())};
  if (auto refusal = refusal_to_encrypt(**key)) return {nullptr, refuse(*std::move(refusal))};
  return streamed(std::make_unique<EncryptWork>(parts, call, *std::move(key)));
}

Filtered decrypt_stream(const Parts& parts, Call& call) {
  auto key = open_key(parts, call.param("key"));
  if (!key) return {nullptr, refuse(key.error())};
  if (auto refusal = refusal_to_decrypt(**key)) return {nullptr, refuse(*std::move(refusal))};
  if (const Status stated = check_stated(**key, call); !stated) return {nullptr, refuse(stated.error())};
  return streamed(std::make_unique<DecryptWork>(parts, call, *std::move(key)));
}

Filtered rewrap_stream(const Parts& parts, Call& call) {
  KeyPair pair;
  if (auto refused = open_pair(parts, call, call.query_value("from").value_or(""), pair)) {
    return {nullptr, std::move(*refused)};
  }
  return streamed(std::make_unique<RewrapWork>(parts, call, std::move(pair)));
}

}  // namespace sluis::gateway::transit
