#include "audit/segment_maker.h"

#include <unistd.h>

#include "audit/folder.h"

namespace sluis::audit {

SegmentMaker::SegmentMaker(FileOps& files, std::string folder, std::uint64_t bytes)
    : files_(files), folder_(std::move(folder)), bytes_(bytes), thread_([this] { run(); }) {}

SegmentMaker::~SegmentMaker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  ::unlink(path_in(folder_, kBlankName).c_str());
}

void SegmentMaker::want() {
  {
    const std::lock_guard lock(mutex_);
    if (made_) return;
    wanted_ = true;
  }
  changed_.notify_all();
}

// A file that could not be made ahead of its use is tried once more now, whether that try has ended or is under way.
Result<File> SegmentMaker::take() {
  std::unique_lock lock(mutex_);
  bool once_more = made_.has_value() || wanted_;
  while (true) {
    if (!made_) wanted_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return made_.has_value(); });
    Result<File> taken = std::move(*made_);
    made_.reset();
    if (taken || !once_more) return taken;
    once_more = false;
  }
}

void SegmentMaker::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return wanted_ || stopping_; });
    if (stopping_) return;
    lock.unlock();
    auto made = make_blank(files_, folder_, bytes_);
    lock.lock();
    wanted_ = false;
    made_.emplace(std::move(made));
    changed_.notify_all();
  }
}

}  // namespace sluis::audit
