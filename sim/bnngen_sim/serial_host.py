"""A host on a board's serial line, in Verilog: it makes a board look like the accelerator that is on it."""

from __future__ import annotations

from bnngen_hw.edges.protocol import HEADER
from bnngen_sim.interface import Interface

_HOST = """\
// Sends the beats of the input stream over a serial line and makes the output stream of what comes back. One
// frame is on the board at a time, so nothing gets lost. CHECKED: a header goes in front of each frame, and a
// check comes behind each answer, the CRC-32 of the answer and of the frame's own CRC-32.
module bnn_accelerator (
    input clk, input rst, output frame_error,
    input [{in_bits}-1:0] s_axis_tdata, input s_axis_tvalid, output s_axis_tready, input s_axis_tlast,
    output [{out_bits}-1:0] m_axis_tdata, output m_axis_tvalid, input m_axis_tready, output m_axis_tlast
);
    localparam DIVISOR = {divisor}, SETTLE = {settle};
    localparam CHECKED = {checked}, HEADER = 8'h{header:02x}, DESIGN = 32'h{design:08x};
    localparam IN_BITS = {in_bits}, IN_BEATS = {in_beats}, OUT_BITS = {out_bits}, OUT_BEATS = {out_beats};
    wire rx, tx, led;
    top board (.clk(clk), .rx(rx), .tx(tx){led});

    // the board resets itself; until then the line is quiet
    reg [31:0] age = 0;
    wire settled = age == SETTLE;
    always @(posedge clk) if (!settled) age <= age + 1;

    function [31:0] crc(input [31:0] state, input [7:0] value);
        integer j;
        begin
            crc = state ^ value;
            for (j = 0; j < 8; j = j + 1) crc = crc[0] ? crc >> 1 ^ 32'h{polynomial:08x} : crc >> 1;
        end
    endfunction

    // a beat on the line: every byte between a start bit and a stop bit, the lowest byte first
    localparam LINE = (IN_BITS / 8 + 1) * 10;
    reg [LINE-1:0] line;
    reg [31:0] asked, told = 32'hffffffff;
    reg [31:0] left = 0, wait_in = 0, sent = 0;
    wire frame_done = m_axis_tvalid & m_axis_tready & m_axis_tlast;
    assign s_axis_tready = settled & left == 0 & sent != IN_BEATS;
    assign rx = left == 0 | line[0];
    wire headed = CHECKED & sent == 0;
    integer k;
    always @(posedge clk) begin
        if (s_axis_tvalid & s_axis_tready) begin
            line[9:0] <= {{1'b1, HEADER, 1'b0}};
            for (k = 0; k < IN_BITS / 8; k = k + 1)
                line[10 * (k + headed) +: 10] <= {{1'b1, s_axis_tdata[8 * k +: 8], 1'b0}};
            left <= (IN_BITS / 8 + headed) * 10;
            asked = sent == 0 ? ~DESIGN : asked;
            for (k = 0; k < IN_BITS / 8; k = k + 1) asked = crc(asked, s_axis_tdata[8 * k +: 8]);
            wait_in <= DIVISOR - 1;
            sent <= sent + 1;
        end else if (wait_in != 0) wait_in <= wait_in - 1;
        else if (left != 0) begin
            line <= line >> 1;
            left <= left - 1;
            wait_in <= DIVISOR - 1;
        end
        if (frame_done) sent <= 0;
    end

    // each bit is sampled in its middle; whole beats wait in a queue, the last one until the check is there
    reg [OUT_BITS-1:0] queue [0:OUT_BEATS-1];
    reg [OUT_BITS-1:0] beat;
    reg [31:0] wait_out = 0, bits = 0, bytes = 0, received = 0, taken = 0;
    reg [31:0] check = 0, wanted;
    integer n;
    reg fault = 0;
    wire whole = !CHECKED | check == 4;
    assign m_axis_tvalid = taken != received & (!m_axis_tlast | whole);
    assign m_axis_tdata = queue[taken];
    assign m_axis_tlast = taken == OUT_BEATS - 1;
    assign frame_error = fault{error};
    always @(posedge clk) begin
        if (m_axis_tvalid & m_axis_tready) taken <= taken + 1;
        if (wait_out == 0) begin
            bits <= 0;
            if (settled & !tx) wait_out <= DIVISOR + DIVISOR / 2;
        end else if (wait_out != 1) wait_out <= wait_out - 1;
        else if (bits != 8) begin
            beat <= {{tx, beat}} >> 1;
            bits <= bits + 1;
            wait_out <= DIVISOR;
        end else begin
            wait_out <= 0;
            if (!tx | received == OUT_BEATS & whole) fault <= 1;
            else if (received == OUT_BEATS) begin
                wanted = told;
                for (n = 3; n >= 0; n = n - 1) wanted = crc(wanted, ~asked[8 * n +: 8]);
                if (beat[OUT_BITS-1 -: 8] != (~wanted >> 8 * check & 8'hff)) fault <= 1;
                check <= check + 1;
            end else if (bytes != OUT_BITS / 8 - 1) bytes <= bytes + 1;
            else begin
                queue[received] <= beat;
                received <= received + 1;
                bytes <= 0;
            end
        end
        if (wait_out == 1 & bits == 8 & received != OUT_BEATS) told <= crc(told, beat[OUT_BITS-1 -: 8]);
        if (frame_done) begin
            taken <= 0;
            received <= 0;
            check <= 0;
            told <= 32'hffffffff;
        end
    end
endmodule
"""
_MARGIN_CYCLES = 64
_POLYNOMIAL = 0xEDB88320
"""That of the CRC-32, its highest power in the lowest bit."""


def serial_host(interface: Interface, divisor: int, reset_cycles: int, led_active_low: bool | None) -> str:
    """The Verilog of a ``bnn_accelerator`` around a module ``top`` with the ports clk, rx, tx and led.

    ``divisor`` clock cycles a bit; ``top`` is ready some cycles after ``reset_cycles``. The LED says
    ``frame_error``; ``led_active_low`` is None if there is none. ``frame_error`` also rises at a byte without
    a stop bit, or one too many, and at a check that does not fit.
    """
    source, sink, link = interface.input, interface.output, interface.link
    checked = link is not None and link.protocol == 2
    return _HOST.format(
        checked=int(checked),
        header=HEADER,
        design=0 if link is None else link.design,
        polynomial=_POLYNOMIAL,
        in_bits=source.tdata_bits,
        in_beats=source.beats_per_frame,
        out_bits=sink.tdata_bits,
        out_beats=sink.beats_per_frame,
        divisor=divisor,
        settle=reset_cycles + _MARGIN_CYCLES,
        led="" if led_active_low is None else ", .led(led)",
        error="" if led_active_low is None else f" | settled & {'!' if led_active_low else ''}led",
    )
