internal import KafkaClient

/// Where an InventoryConsumer stands, and what it does next: the states of exactly-once, without any I/O.
struct Lifecycle: Sendable, Equatable {
    enum State: Sendable, Equatable {
        /// Waits for the broker: its kind and its topics.
        case connecting
        /// Waits for the group to give it all partitions.
        case joining
        /// Fences earlier producers and ends their transaction.
        case initializing
        /// Rebuilds stock and decisions from the log; nothing of an earlier producer can be added to it any more.
        case replaying
        /// Goes to the offsets that the group has committed.
        case positioning
        case running
        /// A batch could not be committed and is undone.
        case aborting
        /// Whether a batch was committed is not known: finds out whether another member took its place, then starts over.
        case doubting
        /// Another instance took its place: it decides nothing more.
        case fenced
    }

    enum Event: Sendable, Equatable {
        case connected
        /// The group gave, or gives still, every partition of the orders.
        case assigned
        /// Partitions were taken away, or only some are given.
        case revoked
        /// The group has given the member up while the broker was away, so that nobody can have decided meanwhile.
        case lost
        case initialized
        case replayed
        case positioned
        case aborted
        /// A step failed.
        case failed(Failure)
        /// The member was not fenced: it may start over.
        case cleared
        /// Another member has this one's name.
        case instanceFenced
    }

    enum Failure: Sendable, Equatable {
        /// May work if the same step is taken again.
        case retriable
        /// The open transaction can be aborted, and must be.
        case abortable
        /// The producer is of no use any more, or what became of the batch is unknown.
        case fatal
    }

    private(set) var state = State.connecting
    /// Whether the stock that was shown last is what the log says, as far as this instance can tell: another one may decide
    /// as soon as it has the partitions.
    private(set) var knowsStock = false

    /// Takes an event; one that means nothing in a state changes nothing.
    mutating func take(_ event: Event) {
        switch (state, event) {
        case (.replaying, .replayed): knowsStock = true
        case (_, .revoked), (_, .instanceFenced): knowsStock = false
        default: break
        }
        switch (state, event) {
        case (.fenced, _): break
        case (_, .instanceFenced): state = .fenced
        case (.connecting, .connected): state = .joining
        case (.connecting, _): break
        case (_, .revoked), (_, .lost): state = .joining
        case (.joining, .assigned): state = .initializing
        case (.joining, _): break
        case (.initializing, .initialized): state = .replaying
        case (.replaying, .replayed): state = .positioning
        case (.positioning, .positioned): state = .running
        case (.running, .failed(.abortable)): state = .aborting
        case (.running, .failed): state = .doubting
        case (.aborting, .aborted): state = .positioning
        case (.aborting, .failed): state = .doubting
        case (.doubting, .cleared): state = .initializing
        // A producer that lost its place shows it also where it only asks.
        case (.positioning, .failed(.fatal)), (.replaying, .failed(.fatal)): state = .doubting
        default: break
        }
    }

    /// What `/ready` waits for; `nil` while it runs.
    var missing: String? {
        switch state {
        case .connecting: "its topics"
        case .joining: "the group to assign the partitions"
        case .initializing, .doubting: "the producer, which the broker is yet to accept"
        case .replaying: "the stock, which is being rebuilt from the log"
        case .positioning: "the group's offsets"
        case .running: nil
        case .aborting: "a batch that is being undone"
        case .fenced: "its place in the group, which another instance has taken"
        }
    }
}

extension Lifecycle {
    /// What this instance does not know, as ``Readiness/missingState`` takes it; `nil` while it knows the stock.
    ///
    /// Who merely has no broker at the moment, or starts over after a batch that failed, knows what was committed before.
    var missingState: String? {
        if knowsStock { return nil }
        return state == .fenced
            ? "the stock, since another instance has taken its place"
            : "the stock, which is being rebuilt from the log"
    }
}

extension Lifecycle.Failure {
    /// What an error of the producer means.
    init(_ error: KafkaError) {
        if error.isFatal {
            self = .fatal
        } else if error.isAbortable {
            self = .abortable
        } else {
            self = error.isRetriable ? .retriable : .fatal
        }
    }
}
