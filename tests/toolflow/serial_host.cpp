// Plays the host of a board whose pins are plain ports: sends the bytes of standard input over the
// serial line, one bit every `divisor` cycles, and prints in hexadecimal the bytes that come back.
// An empty line's worth of break (20 bits low) comes first if the third argument is 1.
// usage: Vtop divisor expected_bytes break < bytes
#include <cstdio>
#include <cstdlib>

#include "Vtop.h"
#include "verilated.h"

struct Sender {
    int divisor, left, bits = 0;
    unsigned frame = 0;
    int step() {
        if (--left > 0) return -1;
        left = divisor;
        if (bits == 0) {
            const int byte = getchar();
            if (byte == EOF) return 1;
            frame = 0x200 | (byte << 1);
            bits = 10;
        }
        const int level = frame & 1;
        frame >>= 1;
        bits--;
        return level;
    }
};

struct Receiver {
    int divisor, wait = 0, bits = 0;
    unsigned value = 0;
    bool step(int level) {
        if (wait == 0) {
            if (level == 0) wait = divisor + divisor / 2, bits = 0, value = 0;
            return false;
        }
        if (--wait > 0) return false;
        if (bits == 8) return true;
        value |= level << bits++;
        wait = divisor;
        return false;
    }
};

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    VerilatedContext context;
    Vtop top{&context};
    const int divisor = atoi(argv[1]), expected = atoi(argv[2]);
    const int settle = 1000, pause = atoi(argv[3]) ? 20 * divisor : 0;
    Sender sender{divisor, settle + 3 * pause};
    Receiver receiver{divisor};
    int received = 0;
    top.rx = 1;
    for (int cycle = 0; received < expected && cycle < 1000000; cycle++) {
        if (cycle == settle && pause) top.rx = 0;
        if (cycle == settle + pause && pause) top.rx = 1;
        const int level = sender.step();
        if (level >= 0) top.rx = level;
        top.clk = 0;
        top.eval();
        top.clk = 1;
        top.eval();
        if (receiver.step(top.tx)) printf("%02x", receiver.value), received++;
    }
    printf("\nled %d\n", top.led);
    return 0;
}
