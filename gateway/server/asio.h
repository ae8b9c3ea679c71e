// The few names of Asio that the server uses. Concrete executors: nothing on the way of a call is type-erased.
// g++ 12 miscompiles some coroutines. So they are named functions and members, never lambdas with captures, and a
// co_await stands in a statement of its own, never in a condition: `if (!co_await f())` in a coroutine without local
// variables lays its frame out wrongly and crashes when it is resumed. tests/integration/server/test_sources.py looks.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sluis::gateway {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
using UseAwaitable = asio::use_awaitable_t<Executor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <typename T>
using Task = asio::awaitable<T, Executor>;

}  // namespace sluis::gateway
