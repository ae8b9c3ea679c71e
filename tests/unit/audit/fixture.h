// What the tests of the log share: a log in a folder of its own, events, and a look at its files.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "audit/catalog.h"
#include "audit/folder.h"
#include "audit/log.h"
#include "audit/verify.h"
#include "tests/support/audit_files.h"
#include "tests/support/audit_keys.h"

namespace sluis::audit {

inline constexpr std::uint64_t kTestTime = 1'793'882'096'123'456;  // 2026-11-05

inline Event event_number(std::uint64_t number) {
  Event event;
  event.time_us = kTestTime + number;
  event.principal = "employment-service";
  event.action = "records.read";
  event.key = "diplomas";
  event.key_version = 3;
  event.collection = "diplomas";
  event.purpose = "application";
  event.request = "request-" + std::to_string(number);
  event.payload.record = "RECORDMARK-" + std::to_string(number);
  event.payload.subject = "SUBJECTMARK-" + std::to_string(number);
  event.payload.fields = {"FIELDMARK"};
  event.payload.case_reference = "CASEMARK";
  event.payload.client_address = "CLIENTMARK";
  event.payload.detail = "DETAILMARK";
  return event;
}

inline std::vector<Event> events_from(std::uint64_t first, std::uint64_t count) {
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < count; ++i) events.push_back(event_number(first + i));
  return events;
}

class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    config_.folder = scratch_.path() + "/log";
    config_.origin = "sluis.example/gateway-1";
    config_.gateway = "gateway-1";
    config_.segment_bytes = 64U << 10U;
    config_.checkpoint_interval_ms = 3'600'000;  // only at start, on demand and at the end
  }

  std::unique_ptr<Log> open() {
    auto log = try_open();
    EXPECT_TRUE(log) << (log ? std::string_view() : log.error().what.view()) << ", " << damage_.file << " at "
                     << damage_.offset << ": " << damage_.why;
    return log ? std::move(*log) : nullptr;
  }
  Result<std::unique_ptr<Log>> try_open() {
    damage_ = {};
    return Log::open(config_, keys_, signer_, &damage_);
  }

  // `count` calls of one entry each.
  static void append(Log& log, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t i = first; i < first + count; ++i) {
      const auto receipt = log.append_and_wait({event_number(i)});
      ASSERT_TRUE(receipt) << receipt.error().what.view();
      EXPECT_EQ(receipt->first, i);
      EXPECT_EQ(receipt->count, 1U);
    }
  }

  // That the log holds the entries event_number(0), event_number(1) and so on, `count` of them.
  static void expect_entries(Log& log, std::uint64_t count) {
    ASSERT_EQ(log.size(), count);
    std::uint64_t next = 0;
    while (next < count) {
      const auto page = log.read(next, 1000, Log::Payloads::opened);
      ASSERT_TRUE(page) << page.error().what.view();
      ASSERT_FALSE(page->empty());
      for (const Log::Entry& entry : *page) {
        ASSERT_EQ(entry.index, next);
        ASSERT_NE(entry.leaf.find("\"request-" + std::to_string(next) + "\""), std::string::npos) << entry.leaf;
        ASSERT_NE(entry.payload.expose_text().find("\"RECORDMARK-" + std::to_string(next) + "\""), std::string::npos);
        ++next;
      }
    }
  }

  Verification verify() {
    VerifyOptions options;
    options.origin = config_.origin;
    options.public_key = *signer_.public_key();
    options.keys = &keys_;
    auto verification = verify_folder(config_.folder, options);
    EXPECT_TRUE(verification);
    return std::move(*verification);
  }
  static std::string explain(const Verification& verification) {
    std::string text;
    for (const Finding& finding : verification.findings) {
      text.append(finding.file).append(" at ").append(std::to_string(finding.offset)).append(", entry ");
      text.append(std::to_string(finding.index)).append(": ").append(finding.why).append("\n");
    }
    return text;
  }

  std::filesystem::path file(std::string_view name) const { return path_in(config_.folder, name); }
  std::filesystem::path segment(std::uint64_t first) const { return file(segment_name(first)); }
  // Behind the last byte that is not zero.
  std::size_t written_size(std::uint64_t first = 0) const {
    return tests::contents_of(segment(first)).find_last_not_of('\0') + 1;
  }

  tests::ScratchFolder scratch_;
  tests::BrokenFiles files_;
  tests::MemoryPeriodKeys keys_;
  tests::MemorySigner signer_;
  LogConfig config_;
  Damage damage_;
};

}  // namespace sluis::audit
