// One connection, from handshake to close: a coroutine on its loop. It reads a request, has it admitted, runs its
// handler, lets the reply gate hold the reply, writes it, and begins again.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/http/call.h"
#include "gateway/http/reply_gate.h"
#include "gateway/http/reply_writer.h"
#include "gateway/http/request_parser.h"
#include "gateway/server/admission.h"
#include "gateway/server/wire.h"

namespace sluis::gateway {

class Connection final : public Parked, public Job {
 public:
  Connection(Loop& loop, const Services& services, Shared& shared, Stream stream, std::string address);
  ~Connection() override;

  // The whole life. The connection must stay alive until it returns.
  Task<void> live();

 private:
  enum class Next : std::uint8_t { request, close };
  // What a worker is to do, and how it is queued: the first step of a call is refused when the queue is full, the
  // following ones of the same call are not.
  enum class Step : std::uint8_t {
    handle,
    open_sink,
    feed,
    finish,
    abandon,
    open_source,
    next_piece,
    drop_source,
    open_filter,
    filter,
    filter_end,
    drop_filter
  };
  enum class Queue : std::uint8_t { bounded, continued };

  // connection.cc: life, and one request from head to reply
  Task<bool> open();
  bool know_peer();
  Task<Next> serve_one();
  void begin_request();
  Task<bool> read_head();
  Task<Next> fail_head();
  Task<Next> serve_admitted();
  void note_denial();
  Task<Next> refuse(Reply reply);
  const policy::Principal* principal();
  Task<Next> handle();
  Task<ReplyGate::Released> pass_gate(Outcome outcome);
  ReplyGate::Released released();
  Task<Next> answer(Outcome outcome);
  Task<Next> send(Reply reply);
  void forget_output();
  void account(unsigned status) noexcept;

  // transfer.cc: bodies, whole or piece by piece
  Task<std::optional<Reply>> read_body();
  Task<bool> skip_small_body();
  Task<bool> say_continue();
  Task<RequestParser::Progress> receive(SecretBuffer& body, std::uint64_t limit, std::size_t enough);
  Task<Next> upload();
  Task<std::optional<Reply>> feed_sink();
  Task<Next> download();
  Task<bool> release_piece();
  Task<Next> send_head_of_stream();

  // pipe.cc: a body that is answered while it arrives
  bool wants_filter() const;
  Task<Next> pipe();
  Task<std::optional<Reply>> pipe_pieces();
  Task<Next> refuse_filter();
  Task<bool> send_filtered(SecretBuffer& head);

  // steps.cc: what runs on the pool
  Task<bool> on_worker(Step step, Queue queue);
  void run() noexcept override;
  const void* kind() const noexcept override;
  std::size_t bytes() const noexcept override;
  void run_together(std::span<Job* const> jobs) noexcept override;
  void guarded() noexcept;
  void threw(const std::exception_ptr& bug) noexcept;
  void hand_over() noexcept;
  void perform();
  bool token_holds();
  void fetch_piece();
  void take_piece(Result<Piece> piece);
  void finish_filter();

  struct Submit {
    Connection* self;
    Queue queue;
    bool operator()() const;
  };
  struct HoldAndWait {
    Connection* self;
    Outcome* outcome;
    bool operator()() const;
  };

  Loop& loop_;
  const Services& services_;
  Shared& shared_;
  const std::string address_;
  Wire wire_;
  std::optional<Peer> peer_;
  std::string counted_as_;
  std::shared_ptr<const policy::Policy> principal_policy_;  // the one that principal_ belongs to
  const policy::Principal* principal_ = nullptr;

  // Of the request at hand.
  std::shared_ptr<const Snapshot> snapshot_;
  RequestParser parser_;
  Call call_;
  Admission admission_;
  BodyShare body_share_;
  HeldReply held_;
  SecretBuffer output_;
  Clock::time_point began_{};
  std::uint64_t bytes_in_before_ = 0, bytes_out_ = 0;
  Milliseconds linger_{0};
  bool abort_ = false;       // the reply is not whole: the connection ends without a good-bye
  bool must_close_ = false;  // this reply is the last one

  // Between this coroutine and the worker: one of them at a time.
  Step step_ = Step::handle;
  bool submitted_ = false;
  bool at_gate_ = false;  // the worker has handed the outcome to the gate
  std::optional<Outcome> outcome_;
  std::optional<Error> error_;
  std::unique_ptr<BodySink> sink_;
  std::unique_ptr<BodySource> source_;
  std::unique_ptr<BodyFilter> filter_;
  std::optional<Piece> piece_;
  Reply held_refusal_;
};

}  // namespace sluis::gateway
