#include "tests/integration/server/probe_routes.h"

#include <chrono>
#include <thread>

namespace sluis::test {

using namespace gateway;

namespace {

audit::Event event_of(const Call& call) {
  audit::Event event;
  event.action = "test";
  event.payload.record = call.param("id");
  return event;
}

Reply text(std::string_view body) {
  Reply reply;
  reply.content_type = "text/plain";
  reply.body = SecretBuffer(body);
  return reply;
}

// 350 bytes, much like four opened fields.
Outcome secret(Call& call) {
  Outcome out;
  out.hold = Hold::plaintext;
  out.reply = text("plaintext of " + std::string(call.param("id")) + std::string(330, '.'));
  out.events.push_back(event_of(call));
  return out;
}

Outcome echo(Call& call) {
  return {text(call.body.expose_text()), {}, Hold::nothing};
}

Outcome write(Call& call) {
  Outcome out{text("written"), {}, Hold::write};
  out.events.push_back(event_of(call));
  return out;
}

Outcome slow(Call& call) {
  std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(std::string(call.param("ms")))));
  return {text("slept"), {}, Hold::nothing};
}

Outcome broken(Call&) {
  throw std::runtime_error("words that must not be told");
}

// Calls that come together; what one of them asks for is its own.
void together(std::span<GroupedCall> calls) {
  bool falls = false;
  for (GroupedCall& one : calls) {
    const auto how = one.call.param("how");
    if (how == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(300));
    if (how == "falls") falls = true;
    if (how == "falls" || how == "forgotten") continue;
    one.alone([&] {
      one.outcome = how == "throws" ? broken(one.call) : how == "written" ? write(one.call) : secret(one.call);
    });
  }
  if (falls) throw std::runtime_error("words that must not be told");
}

class CountingSink final : public BodySink {
 public:
  Status feed(std::string_view piece) override {
    bytes_ += piece.size();
    if (piece.find("BAD") != std::string_view::npos) return Error{Code::invalid, "a bad piece"};
    return {};
  }
  Outcome finish() override { return {text(std::to_string(bytes_)), {}, Hold::nothing}; }
  void abandon() noexcept override {}

 private:
  std::uint64_t bytes_ = 0;
};

Result<std::unique_ptr<BodySink>> count(Call& call) {
  if (call.param("how") == "refuse") return Error{Code::conflict, "no upload wanted"};
  return std::unique_ptr<BodySink>(std::make_unique<CountingSink>());
}

// Pieces of 10 000 bytes; halts the log, or fails, half way if told so.
class CountedSource final : public BodySource {
 public:
  CountedSource(const Call& call, FakeLog& log)
      : pieces_(std::stoi(std::string(call.param("pieces")))),
        how_(call.param("how")),
        event_(event_of(call)),
        log_(log) {}
  Reply head() override {
    Reply reply;
    reply.content_type = "application/x-ndjson";
    return reply;
  }
  Result<Piece> next() override {
    if (done_ == pieces_ / 2 && how_ == "fail") return Error{Code::unavailable, "gone"};
    if (done_ == pieces_ / 2 && how_ == "halt") log_.halt();
    Piece piece;
    std::string line(10'000, 'x');
    line.back() = '\n';
    piece.bytes = SecretBuffer(line);
    piece.events.push_back(event_);
    piece.last = ++done_ >= pieces_;
    return piece;
  }

 private:
  int pieces_, done_ = 0;
  std::string how_;
  audit::Event event_;
  FakeLog& log_;
};

Route row(Method method, std::string pattern, Runs runs) {
  Route route;
  route.method = method;
  route.pattern = std::move(pattern);
  route.runs = runs;
  return route;
}

Route row(Method method, std::string pattern, Runs runs, Handler handler) {
  auto route = row(method, std::move(pattern), runs);
  route.handler = std::move(handler);
  return route;
}

}  // namespace

std::vector<Route> probe_routes(FakeLog& log) {
  std::vector<Route> routes{
      row(Method::get, "/secret/{id}", Runs::local, secret),
      row(Method::get, "/worker-secret/{id}", Runs::worker, secret),
      row(Method::post, "/echo", Runs::io, echo),
      row(Method::post, "/write", Runs::worker, write),
      row(Method::get, "/slow/{ms}", Runs::worker, slow),
      row(Method::get, "/broken", Runs::io, broken),
      row(Method::get, "/nothing", Runs::io,
          [](Call&) {
            return Outcome{text("ok"), {}, Hold::nothing};
          }),
      row(Method::post, "/halt", Runs::io,
          [&log](Call&) {
            log.halt();
            return Outcome{text("halted"), {}, Hold::nothing};
          }),
  };
  auto guarded = row(Method::get, "/guarded/{collection}", Runs::io, echo);
  guarded.action = "records.read";
  routes.push_back(std::move(guarded));
  auto grouped = row(Method::get, "/together/{how}/{id}", Runs::worker);
  grouped.group = together;
  routes.push_back(std::move(grouped));
  auto upload = row(Method::post, "/upload/{how}", Runs::worker);
  upload.sink = count;
  routes.push_back(std::move(upload));
  auto download = row(Method::get, "/download/{how}/{pieces}", Runs::worker);
  download.source = [&log](Call& call) { return Streamed{std::make_unique<CountedSource>(call, log), std::nullopt}; };
  routes.push_back(std::move(download));
  return routes;
}

}  // namespace sluis::test
