// Memories of N words of W bits, of which 2**A are used. Each has the ports that its kind needs, out of these.
`define PORTS input clk, we, re, rst, input [15:0] wa, ra, rb, input [7:0] be, input [71:0] wd, output [143:0] q
`define MEMORY (* ram_style = "block", rom_style = "block" *) reg [W-1:0] m [0:N-1]; initial $readmemh(FILE, m);

// a ROM, and one that is read twice
module memory_one #(parameter W = 1, A = 1, N = 1, FILE = "") (`PORTS);
    `MEMORY
    reg [W-1:0] d = 0;
    assign q = d;
    always @(posedge clk) if (re) d <= m[ra[A-1:0]];
endmodule

module memory_two #(parameter W = 1, A = 1, N = 1, FILE = "") (`PORTS);
    `MEMORY
    reg [W-1:0] d = 0, e = 0;
    assign q = {e, d};
    always @(posedge clk) begin
        if (re) d <= m[ra[A-1:0]];
        e <= m[rb[A-1:0]];
    end
endmodule

// written and read: a word that is being written is read as it was
module memory_ram #(parameter W = 1, A = 1, N = 1, FILE = "") (`PORTS);
    `MEMORY
    reg [W-1:0] d = 0;
    assign q = d;
    always @(posedge clk) begin
        if (we) m[wa[A-1:0]] <= wd;
        if (re) d <= m[ra[A-1:0]];
    end
endmodule

// the same with an enable for each byte of 9 bits
module memory_bytes #(parameter W = 9, A = 1, N = 1, FILE = "") (`PORTS);
    `MEMORY
    reg [W-1:0] d = 0;
    assign q = d;
    integer k;
    always @(posedge clk) begin
        for (k = 0; k < W / 9; k = k + 1) if (we & be[k]) m[wa[A-1:0]][9 * k +: 9] <= wd[9 * k +: 9];
        if (re) d <= m[ra[A-1:0]];
    end
endmodule

// four words are written at once; and four are read at once
module memory_wide #(parameter W = 1, A = 2, N = 4, FILE = "") (`PORTS);
    `MEMORY
    reg [W-1:0] d = 0;
    assign q = d;
    integer k;
    always @(posedge clk) begin
        for (k = 0; k < 4; k = k + 1) if (we) m[{wa[A-3:0], k[1:0]}] <= wd[W * k +: W];
        if (re) d <= m[ra[A-1:0]];
    end
endmodule

module memory_burst #(parameter W = 1, A = 2, N = 4, FILE = "") (`PORTS);
    `MEMORY
    reg [4*W-1:0] d = 0;
    assign q = d;
    integer k;
    always @(posedge clk) begin
        if (we) m[wa[A-1:0]] <= wd;
        for (k = 0; k < 4; k = k + 1) if (re) d[W * k +: W] <= m[{ra[A-3:0], k[1:0]}];
    end
endmodule

// what is read has a first value, and another one after a reset
module memory_reset #(parameter W = 1, A = 1, N = 1, FILE = "") (`PORTS);
    `MEMORY
    reg [W-1:0] d = 72'h123456789abcdef012;
    assign q = d;
    always @(posedge clk) begin
        if (we) m[wa[A-1:0]] <= wd;
        if (re & rst) d <= 72'hfedcba98765432100f;
        else if (re) d <= m[ra[A-1:0]];
    end
endmodule

// two ports that both write and read; while a port writes, it reads the old word, the new one, or nothing
module memory_old #(parameter W = 1, A = 1, N = 1, FILE = "") (`PORTS);
    `MEMORY
    reg [W-1:0] d = 0, e = 0;
    assign q = {e, d};
    wire [A-1:0] a = wa[A-1:0], b = be[0] ? {ra[A-1:1], ~wa[0]} : ra[A-1:0];
    always @(posedge clk) begin
        if (we) m[a] <= wd;
        d <= m[a];
    end
    always @(posedge clk) if (re) begin
        if (be[0]) m[b] <= ~wd;
        e <= m[b];
    end
endmodule

module memory_new #(parameter W = 1, A = 1, N = 1, FILE = "") (`PORTS);
    `MEMORY
    reg [W-1:0] d = 0, e = 0;
    assign q = {e, d};
    wire [A-1:0] a = wa[A-1:0], b = {ra[A-1:1], ~wa[0]};
    always @(posedge clk) begin
        d <= m[a];
        if (we) begin m[a] <= wd; d <= wd; end
    end
    always @(posedge clk) if (re) begin
        e <= m[b];
        if (be[0]) begin m[b] <= ~wd; e <= ~wd; end
    end
endmodule

module memory_hold #(parameter W = 1, A = 1, N = 1, FILE = "") (`PORTS);
    `MEMORY
    reg [W-1:0] d = 0, e = 0;
    assign q = {e, d};
    wire [A-1:0] a = wa[A-1:0], b = {ra[A-1:1], ~wa[0]};
    always @(posedge clk) if (we) m[a] <= wd; else d <= m[a];
    always @(posedge clk) if (re) if (be[0]) m[b] <= ~wd; else e <= m[b];
endmodule
