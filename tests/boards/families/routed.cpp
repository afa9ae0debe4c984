// Drives a pin with random bits, and prints what comes out of the others.
#include <cstdint>
#include <cstdio>

#include "Vtop.h"

int main() {
    Vtop top;
    uint64_t state = 1;
    for (int step = 0; step < 20000; ++step) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        top.rx = state >> 63;
        top.clk = 0;
        top.eval();
        putchar('0' + 2 * top.tx + top.led);
        top.clk = 1;
        top.eval();
    }
}
