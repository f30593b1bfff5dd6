/// Which trace a request belongs to and which span of it this hop is (W3C Trace Context, level 1).
///
/// A trace is all that follows from one request. A span is one hop's part of it. Whoever receives a context makes a span of its
/// own in the same trace, whose parent is the span it received, and sends that one on.
public struct TraceContext: Sendable, Equatable {
    /// The two halves of the trace's 16 bytes; not both 0.
    private let high: UInt64
    private let low: UInt64
    /// This hop's span; not 0.
    private let span: UInt64
    /// The span that the request came from; `nil` if the trace begins here.
    private let parent: UInt64?
    /// Flags: 1 says that the caller may have recorded the trace.
    private let flags: UInt8
    /// `tracestate`: what tracing systems have added for themselves, sent on as it came; `nil` if there is none.
    public let state: String?

    /// A longer `tracestate` may be dropped (section 3.3.1.5), and is.
    static let longestState = 512

    /// Begins a trace.
    public static func new() -> TraceContext {
        TraceContext(
            high: RandomBits.next(), low: RandomBits.nextNotZero(), span: RandomBits.nextNotZero(), parent: nil,
            flags: 1, state: nil)
    }

    /// Takes a context that arrived and makes a span of this hop in its trace; begins a trace if there is none, or it is invalid.
    ///
    /// - Parameters:
    ///   - traceparent: the field of that name; `nil` if it is missing or there more than once.
    ///   - state: the field `tracestate`; several are joined with commas. An invalid one is dropped and spoils nothing else.
    public static func received(traceparent: String?, state: String?) -> TraceContext {
        guard let traceparent, let caller = TraceContext(traceparent: traceparent) else { return .new() }
        return TraceContext(
            high: caller.high, low: caller.low, span: RandomBits.nextNotZero(), parent: caller.span,
            flags: caller.flags, state: state.flatMap { isState($0) ? $0 : nil })
    }

    /// The same trace with a further span, whose parent is this one.
    public func child() -> TraceContext {
        TraceContext(
            high: high, low: low, span: RandomBits.nextNotZero(), parent: span, flags: flags, state: state)
    }

    private init(high: UInt64, low: UInt64, span: UInt64, parent: UInt64?, flags: UInt8, state: String?) {
        (self.high, self.low, self.span, self.parent) = (high, low, span, parent)
        (self.flags, self.state) = (flags, state)
    }

    /// Reads `00-<32 digits>-<16 digits>-<2 digits>`, lower case (section 3.2.2); `nil` for anything else.
    ///
    /// Of a version to come the same 55 characters are read, and whatever follows them behind a hyphen is left alone. `ff` is
    /// no version.
    init?(traceparent text: String) {
        var text = text
        let fields = text.withUTF8 { utf8 -> (UInt64, UInt64, UInt64, UInt64)? in
            let hyphen = UInt8(ascii: "-")
            guard utf8.count >= 55, utf8[2] == hyphen, utf8[35] == hyphen, utf8[52] == hyphen,
                let version = Hexadecimal.number(utf8, 0..<2), version != 0xFF,
                utf8.count == 55 || version > 0 && utf8[55] == hyphen,
                let high = Hexadecimal.number(utf8, 3..<19), let low = Hexadecimal.number(utf8, 19..<35),
                let span = Hexadecimal.number(utf8, 36..<52), let flags = Hexadecimal.number(utf8, 53..<55)
            else { return nil }
            return (high, low, span, flags)
        }
        guard let (high, low, span, flags) = fields, high | low != 0, span != 0 else { return nil }
        // Bit 0 is the only flag that version 00 knows; the others must be sent on as 0 (section 3.2.2.5).
        self.init(high: high, low: low, span: span, parent: nil, flags: UInt8(flags & 1), state: nil)
    }

    private static func isState(_ text: String) -> Bool {
        let utf8 = text.utf8
        return (1...longestState).contains(utf8.count) && utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// `traceparent`: the trace and this hop's span, 55 ASCII characters.
    public var traceparent: String {
        String(unsafeUninitializedCapacity: TraceContext.length) { target in
            write(to: target)
            return TraceContext.length
        }
    }

    /// The same as bytes.
    public var traceparentUTF8: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: TraceContext.length) { target, count in
            write(to: target)
            count = TraceContext.length
        }
    }

    /// How long a `traceparent` of version 00 is.
    private static let length = 55

    private func write(to target: UnsafeMutableBufferPointer<UInt8>) {
        let hyphen = UInt8(ascii: "-")
        (target[0], target[1], target[2]) = (UInt8(ascii: "0"), UInt8(ascii: "0"), hyphen)
        Hexadecimal.write(high, 16, to: target, at: 3)
        Hexadecimal.write(low, 16, to: target, at: 19)
        target[35] = hyphen
        Hexadecimal.write(span, 16, to: target, at: 36)
        target[52] = hyphen
        Hexadecimal.write(UInt64(flags), 2, to: target, at: 53)
    }

    /// The trace's identifier, 32 hexadecimal digits in lower case.
    public var traceID: String { String(decoding: Hexadecimal.text(high) + Hexadecimal.text(low), as: UTF8.self) }
    /// This hop's span, 16 hexadecimal digits in lower case.
    public var spanID: String { String(decoding: Hexadecimal.text(span), as: UTF8.self) }
    /// The span that the request came from, 16 digits; `nil` if the trace begins here.
    public var parentSpanID: String? { parent.map { String(decoding: Hexadecimal.text($0), as: UTF8.self) } }
}
