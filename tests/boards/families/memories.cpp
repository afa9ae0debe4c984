// Drives memories side by side with the same random inputs, and prints their outputs step by step.
// usage: Vtop steps
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "Vtop.h"

int main(int, char** argv) {
    Vtop top;
    uint64_t state = 1;
    auto next = [&]() {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<uint32_t>(state >> 33);
    };
    for (int step = atoi(argv[1]); step > 0; --step) {
        top.we = next() & 1;
        top.re = next() % 4 != 0;
        top.rst = next() % 8 == 0;
        top.wa = next();
        // collisions are common, and so are words and bits beside the one that is written
        top.ra = next() % 2 ? next() : top.wa ^ (next() % 2 ? next() % 64 : 0);
        top.rb = next();
        top.be = next();
        for (int word = 0; word < 3; ++word) top.wd[word] = next() << 16 ^ next();
        top.wd[2] &= 0xff;
        top.clk = 0;
        top.eval();
        for (const uint32_t word : top.q.m_storage) printf("%x ", word);
        printf("\n");
        top.clk = 1;
        top.eval();
    }
}
