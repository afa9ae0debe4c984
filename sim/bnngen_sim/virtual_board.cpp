// A board's whole design, serial link included, behind a TCP port: what a client sends goes over the board's line
// bit by bit, and what the board says comes back.
//
//   simulator HOST PORT CYCLES_PER_BIT
//
// The first line on standard output is "listening PORT", with the port that the system chose where PORT is 0. One
// client is served at a time, the next ones wait; the board runs on when a client goes, as a real one does. A fault
// ends the program with status 1 and one line on standard error.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>

#include "Vboard.h"
#include "verilated.h"

namespace {

constexpr int RESET_CYCLES = 32;
constexpr int CYCLES_AT_ONCE = 4096;         // between two looks at the network
constexpr uint64_t QUIET_CYCLES = 1 << 20;   // so long after the last byte the board may sleep
constexpr int SLEEP_MS = 20;
constexpr std::size_t MOST_WAITING = 1 << 20;  // bytes that nobody reads; more are lost, as on a line

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

// Bytes onto the line: a start bit, 8 data bits, a stop bit.
class Sender {
  public:
    explicit Sender(int divisor) : divisor_(divisor) {}
    bool busy() const { return bits_ != 0; }
    void start(uint8_t byte) {
        shift_ = 0x200u | byte << 1;
        bits_ = 10;
        left_ = divisor_;
    }
    bool level() const { return bits_ == 0 || (shift_ & 1); }
    void step() {
        if (bits_ == 0 || --left_ != 0) return;
        shift_ >>= 1;
        --bits_;
        left_ = divisor_;
    }

  private:
    const int divisor_;
    unsigned shift_ = 0;
    int bits_ = 0, left_ = 0;
};

// Bytes from the line, each bit sampled in its middle.
class Receiver {
  public:
    explicit Receiver(int divisor) : divisor_(divisor) {}
    bool busy() const { return wait_ != 0; }
    // True when a byte has come.
    bool step(bool level) {
        if (wait_ == 0) {
            if (!level) {
                wait_ = divisor_ + divisor_ / 2;
                bits_ = 0;
            }
            return false;
        }
        if (--wait_ != 0) return false;
        if (bits_ == 8) return level;
        value_ = static_cast<uint8_t>(value_ >> 1 | level << 7);
        ++bits_;
        wait_ = divisor_;
        return false;
    }
    uint8_t value() const { return value_; }

  private:
    const int divisor_;
    int wait_ = 0, bits_ = 0;
    uint8_t value_ = 0;
};

class Network {
  public:
    Network(const char* host, const char* port) {
        addrinfo hints{}, *found = nullptr;
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_PASSIVE;
        if (const int status = getaddrinfo(host, port, &hints, &found)) throw std::runtime_error(gai_strerror(status));
        listener_ = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
        const int yes = 1;
        if (listener_ >= 0) setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        const bool good = listener_ >= 0 && bind(listener_, found->ai_addr, found->ai_addrlen) == 0;
        freeaddrinfo(found);
        if (!good || listen(listener_, 8) != 0) fail("cannot listen");
        fcntl(listener_, F_SETFL, O_NONBLOCK);
        std::printf("listening %d\n", port_of(listener_));
        std::fflush(stdout);
    }

    // Takes what has come, gives what it can; waits up to so many milliseconds if there is nothing to do.
    void serve(std::deque<uint8_t>& in, std::deque<uint8_t>& out, int patience_ms) {
        if (patience_ms > 0) {
            pollfd fds[] = {{client_ < 0 ? listener_ : client_, POLLIN, 0}};
            poll(fds, 1, patience_ms);
        }
        if (client_ < 0) accept_next();
        if (client_ < 0) {
            out.clear();
            return;
        }
        if (in.size() < CYCLES_AT_ONCE) take(in);
        if (client_ >= 0 && !out.empty()) give(out);
    }

  private:
    static int port_of(int socket) {
        sockaddr_storage address{};
        socklen_t size = sizeof address;
        if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("cannot listen");
        const auto port = address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                                                        : reinterpret_cast<sockaddr_in*>(&address)->sin_port;
        return ntohs(port);
    }

    void accept_next() {
        client_ = accept(listener_, nullptr, nullptr);
        if (client_ < 0) return;
        fcntl(client_, F_SETFL, O_NONBLOCK);
        const int yes = 1;
        setsockopt(client_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }

    void take(std::deque<uint8_t>& in) {
        uint8_t buffer[CYCLES_AT_ONCE];
        const ssize_t count = recv(client_, buffer, sizeof buffer, 0);
        if (count > 0) in.insert(in.end(), buffer, buffer + count);
        if (count == 0 || (count < 0 && !again())) leave();
    }

    void give(std::deque<uint8_t>& out) {
        const std::string text(out.begin(), out.end());
        const ssize_t count = send(client_, text.data(), text.size(), MSG_NOSIGNAL);
        if (count > 0) out.erase(out.begin(), out.begin() + count);
        if (count < 0 && !again()) leave();
    }

    static bool again() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

    void leave() {
        close(client_);
        client_ = -1;
    }

    int listener_ = -1, client_ = -1;
};

class Board {
  public:
    explicit Board(int divisor) : sender_(divisor), receiver_(divisor) {
        top_->rst = 1;
        for (int i = 0; i < RESET_CYCLES; ++i) cycle();
        top_->rst = 0;
    }

    bool quiet() const { return in.empty() && !sender_.busy() && !receiver_.busy() && quiet_ >= QUIET_CYCLES; }

    void run() {
        for (int i = 0; i < CYCLES_AT_ONCE; ++i) {
            cycle();
            ++quiet_;
        }
    }

    std::deque<uint8_t> in, out;

  private:
    void cycle() {
        if (!top_->rst && !sender_.busy() && !in.empty()) {
            sender_.start(in.front());
            in.pop_front();
            quiet_ = 0;
        }
        top_->rx = sender_.level();
        top_->clk = 0;
        top_->eval();
        top_->clk = 1;
        top_->eval();
        sender_.step();
        if (!top_->rst && receiver_.step(top_->tx)) {
            quiet_ = 0;
            if (out.size() < MOST_WAITING) out.push_back(receiver_.value());
        }
    }

    VerilatedContext context_;
    std::unique_ptr<Vboard> top_ = std::make_unique<Vboard>(&context_);
    Sender sender_;
    Receiver receiver_;
    uint64_t quiet_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "three arguments are needed, not %d\n", argc - 1);
        return 2;
    }
    try {
        Network network(argv[1], argv[2]);
        Board board(std::atoi(argv[3]));
        for (;;) {
            network.serve(board.in, board.out, board.quiet() && board.out.empty() ? SLEEP_MS : 0);
            board.run();
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
