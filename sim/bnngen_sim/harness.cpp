// Batch simulator of one bnn_accelerator: streams packed frames through it and checks its output stream.
//
//   simulator IN OUT TIMES FIRST FRAMES IN_BEATS IN_BYTES OUT_BEATS OUT_BYTES STALL SEED WATCHDOG
//
// IN holds frames of IN_BEATS beats of IN_BYTES bytes; FRAMES of them are streamed, from number FIRST on. OUT gets
// their output's beats in the same form. TIMES gets two uint64 a frame: first the cycles in which each frame's first
// input beat was taken, then those in which each frame's last output beat was taken, counted from the end of the
// reset. STALL is the probability, in each cycle, of a gap on the input and of backpressure on the output.
//
// Lines on standard output: "latency C" (frame 0 alone, no stalls; only if FIRST is 0), "frames F" (progress, a few
// a second), "done CYCLES". A fault ends the program with status 1 and one line on standard error.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "Vbnn_accelerator.h"
#include "verilated.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "ports are copied as little-endian words");

namespace {

constexpr uint64_t RESET_CYCLES = 8;
constexpr uint64_t DRAIN_CYCLES = 256;  // after the last frame: time for beats that should not come
constexpr uint64_t CYCLES_PER_CLOCK_READ = 1 << 12;
constexpr std::chrono::milliseconds PROGRESS_INTERVAL{200};

using Clock = std::chrono::steady_clock;

// A port of up to 64 bits is one integer, a wider one an array of 32-bit words: both are their own bytes.
template <typename T>
uint8_t* bytes_of(T& port) {
    return reinterpret_cast<uint8_t*>(&port);
}
template <std::size_t N>
uint8_t* bytes_of(VlWide<N>& port) {
    return reinterpret_cast<uint8_t*>(port.data());
}

struct Job {
    uint64_t first, frames, in_beats, in_bytes, out_beats, out_bytes;
    uint64_t stall;  // probability in units of 2^-32
    uint64_t seed, watchdog;
};

struct Record {
    std::vector<uint8_t> output;
    std::vector<uint64_t> first_in, last_out;

    explicit Record(const Job& job)
        : output(job.frames * job.out_beats * job.out_bytes), first_in(job.frames), last_out(job.frames) {}
};

// splitmix64: passes statistical tests, and is three multiplications long.
class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}
    bool happens(uint64_t probability) { return probability && (next() >> 32) < probability; }

  private:
    uint64_t next() {
        uint64_t z = (state_ += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    uint64_t state_;
};

class Bench {
  public:
    Bench(const Job& job, const uint8_t* input)
        : job_(job), input_(input), random_(job.seed), record_(job), held_data_(job.out_bytes) {
        s_data_ = bytes_of(top_->s_axis_tdata);
        m_data_ = bytes_of(top_->m_axis_tdata);
    }

    // Streams all frames through the accelerator. Throws std::runtime_error at the first fault.
    void run() {
        reset();
        while (frames_out_ < job_.frames || frames_in_ < job_.frames) {
            cycle(random_.happens(job_.stall), random_.happens(job_.stall));
            if (cycle_ - last_progress_ > job_.watchdog) fail_deadlock();
            if (cycle_ % CYCLES_PER_CLOCK_READ == 0) report_progress();
        }
        cycles_ = cycle_;
        for (uint64_t i = 0; i < DRAIN_CYCLES; ++i) cycle(true, false);
        top_->final();
    }

    const Record& record() const { return record_; }
    uint64_t cycles() const { return cycles_; }

  private:
    void reset() {
        top_->rst = 1;
        for (uint64_t i = 0; i < RESET_CYCLES; ++i) {
            top_->clk = 0;
            top_->eval();
            top_->clk = 1;
            top_->eval();
        }
        top_->rst = 0;
    }

    // One clock cycle: inputs settle while the clock is low, ports are sampled, then the clock rises.
    void cycle(bool gap, bool backpressure) {
        drive_input(gap);
        top_->m_axis_tready = !backpressure;
        top_->clk = 0;
        top_->eval();
        if (top_->frame_error) fail("frame_error was raised, although tlast came at every frame's last beat");
        if (backpressure && !top_->m_axis_tvalid) check_valid_is_independent();
        sample_input();
        sample_output(!backpressure);
        top_->clk = 1;
        top_->eval();
        ++cycle_;
    }

    void drive_input(bool gap) {
        if (offered_) return;  // a beat on offer stays until it is taken
        offered_ = !gap && frames_in_ < job_.frames;
        top_->s_axis_tvalid = offered_;
        if (offered_) {
            std::memcpy(s_data_, input_, job_.in_bytes);
            top_->s_axis_tlast = beat_in_ == job_.in_beats - 1;
        } else {
            // without tvalid nothing else means anything: noise shows up whoever reads it all the same
            std::memset(s_data_, 0xa5, job_.in_bytes);
            top_->s_axis_tlast = 1;
        }
    }

    void sample_input() {
        if (!offered_ || !top_->s_axis_tready) return;
        last_progress_ = cycle_;
        if (beat_in_ == 0) record_.first_in[frames_in_] = cycle_;
        input_ += job_.in_bytes;
        if (++beat_in_ == job_.in_beats) {
            beat_in_ = 0;
            ++frames_in_;
        }
        offered_ = false;
    }

    // A transmitter must not wait for tready: with tready raised, tvalid must stay as it was.
    void check_valid_is_independent() {
        top_->m_axis_tready = 1;
        top_->eval();
        if (top_->m_axis_tvalid) fail("m_axis_tvalid depends on m_axis_tready in the same cycle");
        top_->m_axis_tready = 0;
        top_->eval();
    }

    void sample_output(bool ready) {
        if (held_) check_held();
        held_ = top_->m_axis_tvalid && !ready;
        if (!top_->m_axis_tvalid) return;
        if (frames_out_ == job_.frames) fail("an output beat came after the last frame");
        const bool last = beat_out_ == job_.out_beats - 1;
        if (top_->m_axis_tlast != last) {
            fail(std::string("m_axis_tlast is ") + (last ? "low at the last beat" : "high before the last beat") +
                 " of a frame (beat " + std::to_string(beat_out_) + ")");
        }
        if (held_) {
            std::memcpy(held_data_.data(), m_data_, job_.out_bytes);
        } else {
            take_output(last);
        }
    }

    void check_held() {
        if (!top_->m_axis_tvalid) fail("m_axis_tvalid fell before the beat was taken");
        // tlast needs no copy: it is compared with the beat's position in every cycle
        if (std::memcmp(held_data_.data(), m_data_, job_.out_bytes) != 0) {
            fail("m_axis_tdata changed before the beat was taken");
        }
    }

    void take_output(bool last) {
        last_progress_ = cycle_;
        const uint64_t beat = frames_out_ * job_.out_beats + beat_out_;
        std::memcpy(record_.output.data() + beat * job_.out_bytes, m_data_, job_.out_bytes);
        ++beat_out_;
        if (!last) return;
        beat_out_ = 0;
        record_.last_out[frames_out_++] = cycle_;
    }

    void report_progress() {
        const auto now = Clock::now();
        if (now < next_report_) return;
        next_report_ = now + PROGRESS_INTERVAL;
        std::printf("frames %llu\n", static_cast<unsigned long long>(frames_out_));
        std::fflush(stdout);
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw std::runtime_error("cycle " + std::to_string(cycle_) + ", output frame " +
                                 std::to_string(job_.first + frames_out_) + ": " + what);
    }

    [[noreturn]] void fail_deadlock() const {
        const std::string all = " of " + std::to_string(job_.frames) + " frames ";
        fail("deadlock: no beat moved for " + std::to_string(job_.watchdog) + " cycles; " +
             std::to_string(frames_in_) + all + "went in and " + std::to_string(frames_out_) + all + "came out");
    }

    const Job job_;
    const uint8_t* input_;
    Random random_;
    Record record_;
    VerilatedContext context_;
    std::unique_ptr<Vbnn_accelerator> top_ = std::make_unique<Vbnn_accelerator>(&context_);
    uint8_t* s_data_;
    uint8_t* m_data_;
    bool offered_ = false;
    bool held_ = false;
    std::vector<uint8_t> held_data_;
    uint64_t frames_in_ = 0, beat_in_ = 0, frames_out_ = 0, beat_out_ = 0;
    uint64_t cycle_ = 0, cycles_ = 0, last_progress_ = 0;
    Clock::time_point next_report_ = Clock::now();
};

std::vector<uint8_t> read_frames(const char* path, const Job& job) {
    const std::size_t frame = job.in_beats * job.in_bytes, size = job.frames * frame;
    std::vector<uint8_t> data(size);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path, "rb"), std::fclose);
    if (!file || fseeko(file.get(), job.first * frame, SEEK_SET) != 0 ||
        std::fread(data.data(), 1, size, file.get()) != size) {
        throw std::runtime_error(std::string(path) + ": cannot be read");
    }
    return data;
}

void write_file(const char* path, const std::vector<std::pair<const void*, std::size_t>>& parts) {
    std::FILE* file = std::fopen(path, "wb");
    bool good = file != nullptr;
    for (const auto& [data, size] : parts) good = good && std::fwrite(data, 1, size, file) == size;
    if (file) good = std::fclose(file) == 0 && good;
    if (!good) throw std::runtime_error(std::string(path) + ": cannot be written");
}

void measure_latency(Job job, const uint8_t* input) {
    job.frames = 1;
    job.stall = 0;
    Bench bench(job, input);
    bench.run();
    const Record& record = bench.record();
    std::printf("latency %llu\n", static_cast<unsigned long long>(record.last_out[0] - record.first_in[0] + 1));
    std::fflush(stdout);
}

void simulate(const Job& job, const uint8_t* input, const char* out, const char* times) {
    Bench bench(job, input);
    bench.run();
    const Record& record = bench.record();
    const std::size_t size = job.frames * sizeof(uint64_t);
    write_file(out, {{record.output.data(), record.output.size()}});
    write_file(times, {{record.first_in.data(), size}, {record.last_out.data(), size}});
    std::printf("done %llu\n", static_cast<unsigned long long>(bench.cycles()));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 13) {
        std::fprintf(stderr, "twelve arguments are needed, not %d\n", argc - 1);
        return 2;
    }
    uint64_t n[9];
    for (int i = 0; i < 9; ++i) n[i] = std::strtoull(argv[4 + i], nullptr, 10);
    const Job job{n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8]};
    try {
        const std::vector<uint8_t> input = read_frames(argv[1], job);
        if (job.first == 0) measure_latency(job, input.data());
        simulate(job, input.data(), argv[2], argv[3]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
