internal import CRdKafka
internal import Glibc

/// A queue of librdkafka's, and a descriptor that can be read when something was put into it while it was empty.
///
/// So a thread, or a loop, waits for the broker's events and others at once. Belongs to the queue's owner.
final class QueueSignal {
    let queue: OpaquePointer
    let descriptor: Int32

    /// Takes over a queue of a handle.
    init(_ queue: OpaquePointer) {
        self.queue = queue
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no eventfd: \(String(cString: strerror(errno)))")
        var one: UInt64 = 1
        rd_kafka_queue_io_event_enable(queue, descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Takes the signal back; before the queue is looked at, so that what comes after it signals again.
    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }

    /// Before the handle is destroyed.
    func close() {
        rd_kafka_queue_io_event_enable(queue, -1, nil, 0)
        rd_kafka_queue_destroy(queue)
        Glibc.close(descriptor)
    }
}
