#include "audit/log.h"

#include "audit/checkpointer.h"
#include "audit/folder.h"
#include "audit/moment.h"
#include "audit/payload.h"
#include "audit/prepare.h"
#include "audit/reader.h"
#include "audit/recovery.h"
#include "audit/tiler.h"
#include "audit/writer.h"

namespace sluis::audit {
namespace {

constexpr std::uint64_t kWarmAheadUs = 600 * kSecondUs;

Status check(const LogConfig& config) {
  if (config.folder.empty()) return Error{Code::invalid, "the audit log needs a folder"};
  if (!is_origin(config.origin)) return Error{Code::invalid, "the audit log's origin is not a name"};
  if (config.gateway.size() > 255) return Error{Code::invalid, "the gateway's name is too long"};
  const bool fits = config.segment_bytes >= kSmallestSegment && config.segment_bytes <= kLargestSegment;
  if (!fits) return Error{Code::invalid, "the audit log's segments have 16 KiB to 1 GiB"};
  return {};
}

class DurableLog final : public Log {
 public:
  DurableLog(const LogConfig& config, FileOps& files, PeriodKeys& keys, Signer& signer, File lock,
             std::unique_ptr<Preparer> preparer, Recovered recovered)
      : origin_(config.origin),
        folder_(config.folder),
        recovery_(recovered.report),
        lock_(std::move(lock)),
        preparer_(std::move(preparer)),
        catalog_(std::move(recovered.segments)),
        reader_(config.folder, catalog_, keys) {
    Checkpoint last = std::move(recovered.checkpoint);
    const auto renew = recovered.by_newest ? Checkpointer::Renew::no : Checkpointer::Renew::yes;
    tiler_ = std::make_unique<Tiler>(config.folder, files, [this](std::uint64_t first, std::size_t limit) {
      return reader_.read(first, limit, size(), Payloads::closed);
    });
    const std::string note = std::move(recovered.note);
    writer_ =
        std::make_unique<Writer>(config, files, std::move(recovered), catalog_, [this] { checkpointer_->grown(); });
    tiler_->publish(last, note);
    checkpointer_ = std::make_unique<Checkpointer>(
        config, files, signer, last, renew,
        Checkpointer::Hooks{
            [this] { return writer_->tree(); }, [this] { warm_ahead(); },
            [this](const Checkpoint& signed_one, const std::string& text) { tiler_->publish(signed_one, text); }});
  }
  ~DurableLog() override {
    writer_->stop();
    checkpointer_.reset();
    tiler_.reset();
  }

  void append(std::vector<Event> events, Done done) override {
    submit(std::move(events), std::move(done), Writer::Begin::now);
  }
  void append_soon(std::vector<Event> events, Done done) override {
    submit(std::move(events), std::move(done), Writer::Begin::soon);
  }
  void start() override { writer_->start(); }
  Result<Receipt> append_and_wait(std::vector<Event> events) override {
    auto prepared = prepare(events);
    if (!prepared) return prepared.error();
    return writer_->submit_and_wait(std::move(*prepared));
  }

  bool halted() const noexcept override { return writer_->halted(); }
  std::uint64_t size() const noexcept override { return writer_->size(); }
  const Recovery& recovery() const noexcept override { return recovery_; }
  const std::string& origin() const noexcept override { return origin_; }

  LogStats stats() const override {
    LogStats stats;
    stats.entries = writer_->size();
    stats.bytes = writer_->bytes();
    stats.syncs = writer_->syncs();
    stats.queued_bytes = writer_->queued_bytes();
    checkpointer_->fill(stats);
    tiler_->fill(stats);
    return stats;
  }
  Result<std::uint64_t> checkpoint() override { return checkpointer_->sign_now(); }
  Status publish(std::uint64_t index) override {
    constexpr std::chrono::seconds most{10};
    if (stats().tiles_size > index) return {};
    const auto covered = checkpoint();
    if (!covered) return covered.error();
    return tiler_->wait_for(index + 1, most);
  }
  std::string tiles_folder() const override { return path_in(folder_, kTilesFolder); }

  Result<std::vector<Entry>> read(std::uint64_t first, std::size_t limit, Payloads payloads) override {
    return reader_.read(first, limit, size(), payloads);
  }

 private:
  void submit(std::vector<Event> events, Done done, Writer::Begin begin) {
    auto prepared = prepare(events);
    if (!prepared) return done(prepared.error());
    writer_->submit(std::move(*prepared), std::move(done), begin);
  }
  Result<Prepared> prepare(std::vector<Event>& events) {
    const Status accepted = writer_->accepts();
    if (accepted) return preparer_->prepare(events);
    for (Event& event : events) wipe_payload(event.payload);
    return accepted.error();
  }
  // A failure shows at the first append that needs the keys.
  void warm_ahead() {
    static_cast<void>(preparer_->warm(now_us()));
    static_cast<void>(preparer_->warm(now_us() + kWarmAheadUs));
  }

  const std::string origin_;
  const std::string folder_;
  const Recovery recovery_;
  const File lock_;
  const std::unique_ptr<Preparer> preparer_;
  Catalog catalog_;
  Reader reader_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Tiler> tiler_;
  std::unique_ptr<Checkpointer> checkpointer_;
};

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const LogConfig& config, PeriodKeys& keys, Signer& signer, Damage* damage) {
  const Status good = check(config);
  if (!good) return good.error();
  FileOps& files = config.files == nullptr ? system_files() : *config.files;
  auto lock = lock_folder(files, config.folder);
  if (!lock) return lock.error();
  Damage unheard;
  auto recovered = recover(config, files, signer, damage == nullptr ? unheard : *damage);
  if (!recovered) return recovered.error();
  auto preparer = Preparer::make(config.gateway, keys);
  if (!preparer) return preparer.error();
  return std::unique_ptr<Log>(std::make_unique<DurableLog>(config, files, keys, signer, std::move(*lock),
                                                           std::move(*preparer), std::move(*recovered)));
}

}  // namespace sluis::audit
