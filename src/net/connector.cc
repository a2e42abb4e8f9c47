#include "net/connector.h"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <utility>
#include <vector>

namespace rescind::net {
namespace asio = boost::asio;

namespace {

using boost::asio::ip::tcp;
using BoostError = boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

class TcpConnector final : public Connector, public std::enable_shared_from_this<TcpConnector> {
 public:
  TcpConnector(LoopCore& loop, std::string host, std::uint16_t port,
               std::chrono::milliseconds timeout, Callback callback)
      : loop_(loop),
        host_(std::move(host)),
        port_(port),
        end_(SteadyClock::now() + timeout),
        callback_(std::move(callback)),
        resolver_(loop.io()),
        socket_(loop.io()) {}

  void start() {
    BoostError not_numeric;
    const auto address = asio::ip::make_address(host_, not_numeric);
    if (!not_numeric) {
      addresses_.push_back(tcp::endpoint(address, port_));
      loop_.post([self = shared_from_this()] { self->try_next(); });
      return;
    }
    arm(end_);
    resolver_.async_resolve(
        host_, std::to_string(port_), tcp::resolver::numeric_service,
        [self = shared_from_this()](const BoostError& error, const auto& results) {
          if (!self->callback_) return;
          if (error) return self->give_up(error);
          for (const auto& entry : results) self->addresses_.push_back(entry.endpoint());
          self->try_next();
        });
  }

  void cancel() override {
    callback_ = nullptr;
    stop();
  }

 private:
  void stop() {
    loop_.cancel(timer_);
    resolver_.cancel();
    BoostError ignored;  // the descriptor is gone whatever it says
    socket_.close(ignored);
  }

  void arm(SteadyClock::time_point when) {
    loop_.cancel(timer_);
    timer_ = loop_.after(when - SteadyClock::now(), [self = shared_from_this()] {
      self->late_ = true;
      // A resolver that is asking cannot be interrupted: its answer will find nobody.
      if (self->addresses_.empty()) return self->give_up(asio::error::timed_out);
      BoostError ignored;  // what it was doing ends with operation_aborted
      self->socket_.close(ignored);
    });
  }

  void try_next() {
    if (!callback_) return;
    if (next_ == addresses_.size()) return give_up(last_error_);
    const auto now = SteadyClock::now();
    const auto left = static_cast<long>(addresses_.size() - next_);
    arm(now + (end_ - now) / left);
    late_ = false;
    BoostError ignored;  // of a socket that is to be opened anew
    socket_.close(ignored);
    socket_.async_connect(
        addresses_[next_++], [self = shared_from_this()](const BoostError& error) {
          if (!self->callback_) return;
          if (!error) return self->succeed();
          self->last_error_ = self->late_ ? BoostError(asio::error::timed_out) : error;
          self->try_next();
        });
  }

  void succeed() {
    loop_.cancel(timer_);
    const int family = addresses_[next_ - 1].protocol().family();
    BoostError error;
    socket_.set_option(tcp::no_delay(true), error);
    Descriptor descriptor(socket_.release(error));
    if (error) return give_up(error);
    std::exchange(callback_, nullptr)(Connected{std::move(descriptor), family});
  }

  void give_up(const BoostError& error) {
    if (!callback_) return;
    stop();
    const bool late = late_ || error == asio::error::timed_out;
    std::exchange(callback_,
                  nullptr)(fail(late ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
                                "cannot connect to " + host_ + " port " + std::to_string(port_) +
                                    ": " + (late ? "no answer in time" : error.message())));
  }

  LoopCore& loop_;
  const std::string host_;
  const std::uint16_t port_;
  const SteadyClock::time_point end_;
  Callback callback_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  std::vector<tcp::endpoint> addresses_;
  std::size_t next_ = 0;
  BoostError last_error_ = asio::error::host_not_found;
  bool late_ = false;
  Loop::TimerId timer_{};
};

}  // namespace

std::shared_ptr<Connector> connect(LoopCore& loop, const std::string& host, std::uint16_t port,
                                   std::chrono::milliseconds timeout,
                                   Connector::Callback callback) {
  auto connector = std::make_shared<TcpConnector>(loop, host, port, timeout, std::move(callback));
  connector->start();
  return connector;
}

}  // namespace rescind::net
