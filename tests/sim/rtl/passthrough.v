// Passes beats through LATENCY registers that move together, XORed with KEY (KEY_LAST in a frame's last beat), and
// takes a beat every INTERVAL cycles at most. Without stalls a frame of BEATS beats has a latency of
// (BEATS - 1) * INTERVAL + 1 + LATENCY cycles and follows its predecessor after BEATS * INTERVAL cycles.
// FAULT names something that it then does wrong.
module passthrough #(
    parameter WIDTH = 8,
    parameter BEATS = 1,
    parameter LATENCY = 1,
    parameter INTERVAL = 1,
    parameter [WIDTH-1:0] KEY = 0,
    parameter [WIDTH-1:0] KEY_LAST = 0,
    parameter FAULT = "none"
) (
    input wire clk,
    input wire rst,
    input wire [WIDTH-1:0] s_axis_tdata,
    input wire s_axis_tvalid,
    output wire s_axis_tready,
    input wire s_axis_tlast,
    output wire [WIDTH-1:0] m_axis_tdata,
    output wire m_axis_tvalid,
    input wire m_axis_tready,
    output wire m_axis_tlast,
    output wire frame_error
);
    reg [WIDTH-1:0] data[0:LATENCY-1];
    reg [LATENCY-1:0] valid;
    reg [LATENCY-1:0] last;
    reg [15:0] beat, pause, sent;
    reg error, stalled;
    integer i;

    wire out_valid = valid[LATENCY-1];
    wire taken = m_axis_tvalid && m_axis_tready;
    wire move = taken || !out_valid;
    wire accept = s_axis_tvalid && s_axis_tready;
    wire is_last = (FAULT == "trusts_tlast") ? s_axis_tlast : (beat == BEATS - 1);
    wire misplaced = accept && s_axis_tlast && beat != BEATS - 1;

    assign s_axis_tready = move && pause == 0;

    always @(posedge clk) begin
        stalled <= out_valid && !m_axis_tready;
        if (taken) sent <= sent + 1;
        if (pause != 0) pause <= pause - 1;
        if (accept) begin
            pause <= INTERVAL - 1;
            beat <= is_last ? 0 : beat + 1;
        end
        error <= misplaced || (error && FAULT != "error_forgotten");
        if (move) begin
            data[0] <= s_axis_tdata ^ (is_last ? KEY_LAST : KEY);
            valid[0] <= accept;
            last[0] <= is_last;
            for (i = 1; i < LATENCY; i = i + 1) begin
                data[i] <= data[i-1];
                valid[i] <= valid[i-1];
                last[i] <= last[i-1];
            end
        end
        if (rst) begin
            valid <= 0;
            beat <= 0;
            pause <= 0;
            sent <= 0;
            error <= 0;
            stalled <= 0;
        end
    end

    wire [WIDTH-1:0] flip = (FAULT == "unstable_data" && stalled) ? 1 : 0;
    wire [WIDTH-1:0] pad = (FAULT == "dirty_pad") ? {1'b1, {(WIDTH - 1) {1'b0}}} : 0;
    wire extra = FAULT == "extra_beat" && !out_valid && sent >= BEATS;

    assign m_axis_tdata = data[LATENCY-1] ^ flip | pad;
    assign m_axis_tvalid =
        (FAULT == "valid_falls") ? out_valid && !stalled :
        (FAULT == "valid_waits_for_ready") ? out_valid && m_axis_tready :
        (FAULT == "deadlock") ? out_valid && sent < 3 * BEATS :
        out_valid || extra;
    assign m_axis_tlast =
        (FAULT == "tlast_early") ? 1 :
        (FAULT == "tlast_missing") ? 0 :
        (FAULT == "unstable_tlast") ? last[LATENCY-1] ^ stalled :
        last[LATENCY-1];
    assign frame_error =
        (FAULT == "error_raised") ? sent >= 2 :
        (FAULT == "error_missing") ? 0 :
        error;
endmodule
