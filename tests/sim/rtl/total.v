// Adds up a frame of seven signed bytes, three in a beat, and the number in bias.mem. The sum is 16 bits wide and there
// one cycle after the last beat was taken: a latency of 4 cycles, and one frame every 3.
module total (
    input wire clk,
    input wire rst,
    input wire [23:0] s_axis_tdata,
    input wire s_axis_tvalid,
    output wire s_axis_tready,
    input wire s_axis_tlast,
    output wire [15:0] m_axis_tdata,
    output reg m_axis_tvalid,
    input wire m_axis_tready,
    output wire m_axis_tlast,
    output reg frame_error
);
    reg signed [15:0] bias[0:0];
    initial $readmemh("bias.mem", bias);

    reg [1:0] beat;
    reg signed [15:0] sum;
    wire signed [15:0] beat_sum =
        $signed(s_axis_tdata[7:0]) + $signed(s_axis_tdata[15:8]) + $signed(s_axis_tdata[23:16]);

    assign s_axis_tready = m_axis_tready || !m_axis_tvalid;
    assign m_axis_tdata = sum;
    assign m_axis_tlast = 1;

    always @(posedge clk) begin
        if (m_axis_tready) m_axis_tvalid <= 0;
        if (s_axis_tvalid && s_axis_tready) begin
            sum <= (beat == 0 ? bias[0] : sum) + beat_sum;
            beat <= beat == 2 ? 0 : beat + 1;
            m_axis_tvalid <= beat == 2;
            if (s_axis_tlast && beat != 2) frame_error <= 1;
        end
        if (rst) begin
            m_axis_tvalid <= 0;
            beat <= 0;
            frame_error <= 0;
        end
    end
endmodule
