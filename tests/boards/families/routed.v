// A bit of everything that a fabric has: adders, comparisons, wide choices, registers with enable, set and
// reset, a small memory and a block RAM. The result leaves by a shift register of 64 bits.
module top (input clk, input rx, output tx, output led);
    reg [63:0] in = 64'h0123456789abcdef, out = 0;
    reg [5:0] count = 0;
    wire [15:0] a = in[15:0], b = in[31:16];
    reg [15:0] sum = 16'h1234, best = 0, total = 0;
    (* ram_style = "distributed" *) reg [7:0] shallow [0:15];
    (* ram_style = "block" *) reg [15:0] deep [0:255];
    reg [15:0] word = 0, flags = 16'hff00;
    integer k;
    initial begin
        for (k = 0; k < 16; k = k + 1) shallow[k] = 37 * k;
        for (k = 0; k < 256; k = k + 1) deep[k] = 12345 * k;
    end
    wire [7:0] little = shallow[in[3:0]];
    always @(posedge clk) begin
        in <= {in[62:0], rx ^ in[63] ^ in[40]};
        count <= count + 1;
        sum <= a + b + in[32];
        if (in[33]) total <= total - (a & {16{in[35]}});
        if (a > b) best <= a; else if (in[34] & in[36]) best <= b;
        if (in[37]) shallow[in[44:41]] <= a[7:0];
        if (in[38] & in[39]) deep[in[52:45]] <= b;
        if (in[40]) word <= deep[in[60:53]];
        if (in[2:0] == 3) flags <= 16'hffff;
        else if (in[9:7] == 5) flags <= 0;
        else if (in[6]) flags <= {flags[14:0], in[in[29:24]]};
        out <= count == 0 ? {sum ^ flags, total, best ^ {little, little}, word} : out << 1;
    end
    assign tx = out[63];
    assign led = flags[3] ^ sum[15] ^ little[5];
endmodule
