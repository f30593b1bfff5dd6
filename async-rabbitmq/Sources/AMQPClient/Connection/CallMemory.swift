internal import CRabbitMQ

/// Memory for the texts and tables of one call to librabbitmq, all freed together before the next.
///
/// Not `Sendable`: each connection has its own.
final class CallMemory {
    private let base = UnsafeMutableRawPointer.allocate(byteCount: CallMemory.size, alignment: 16)
    private var used = 0
    /// What did not fit.
    private var extras: [UnsafeMutableRawPointer] = []
    private static let size = 16 * 1024

    deinit {
        reset()
        base.deallocate()
    }

    /// Frees everything that was handed out.
    func reset() {
        used = 0
        for extra in extras { extra.deallocate() }
        extras.removeAll()
    }

    private func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let start = (used + 15) & ~15
        if start + count <= CallMemory.size {
            used = start + count
            return base + start
        }
        let extra = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
        extras.append(extra)
        return extra
    }

    /// Copies a text; an empty one needs no memory.
    func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { utf8 in
            guard let source = utf8.baseAddress, !utf8.isEmpty else { return amqp_empty_bytes }
            let copy = allocate(utf8.count)
            copy.copyMemory(from: source, byteCount: utf8.count)
            return amqp_bytes_t(len: utf8.count, bytes: copy)
        }
    }

    /// Copies headers or arguments.
    func table(_ headers: [AMQPMessage.Header]) -> amqp_table_t {
        guard !headers.isEmpty else { return amqp_empty_table }
        let entries = allocate(headers.count * MemoryLayout<amqp_table_entry_t>.stride)
            .bindMemory(to: amqp_table_entry_t.self, capacity: headers.count)
        for (index, header) in headers.enumerated() {
            let entry =
                switch header.value {
                case .text(let text): lab_amqp_text_entry(bytes(header.name), bytes(text))
                case .integer(let number): lab_amqp_integer_entry(bytes(header.name), number)
                }
            (entries + index).initialize(to: entry)
        }
        return amqp_table_t(num_entries: Int32(headers.count), entries: entries)
    }
}
