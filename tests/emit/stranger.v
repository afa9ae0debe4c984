// A test bench by somebody who knows only the accelerator's ports: beats in from a hex file, beats out to one.
`timescale 1ns / 1ps
module stranger;
    parameter I = 8, O = 8, IN_BEATS = 1, ALL_IN = 1, OUT_BEATS = 1, ALL_OUT = 1;
    reg clk = 0, rst = 1;
    reg [I-1:0] beats [0:ALL_IN-1];
    reg s_valid = 0, m_ready = 0;
    integer sent = 0, got = 0, file, noise = 1;
    wire s_ready, m_valid, m_last, error;
    wire [O-1:0] m_data;

    bnn_accelerator dut (
        .clk(clk), .rst(rst), .frame_error(error),
        .s_axis_tdata(beats[sent < ALL_IN ? sent : 0]), .s_axis_tvalid(s_valid), .s_axis_tready(s_ready),
        .s_axis_tlast(sent % IN_BEATS == IN_BEATS - 1),
        .m_axis_tdata(m_data), .m_axis_tvalid(m_valid), .m_axis_tready(m_ready), .m_axis_tlast(m_last)
    );

    always #5 clk = ~clk;

    initial begin
        $readmemh("beats_in.hex", beats);
        file = $fopen("beats_out.hex", "w");
        #42 rst = 0;
    end

    always @(posedge clk) if (!rst) begin
        noise <= noise * 1103515245 + 12345;
        if (s_valid && s_ready) begin
            sent <= sent + 1;
            s_valid <= 0;
        end else if (sent < ALL_IN && noise[20]) s_valid <= 1;
        m_ready <= noise[24];
        if (m_valid && m_ready) begin
            $fdisplay(file, "%h %b", m_data, m_last);
            got <= got + 1;
            if (got == ALL_OUT - 1) begin
                $fclose(file);
                $display("error=%b", error);
                $finish;
            end
        end
    end
endmodule
