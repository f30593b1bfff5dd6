public import CampusModel
internal import StrictJSON
internal import Synchronization

/// A list as a JSON array that is written in pieces, each when it is asked for.
///
/// A list of a million entries is 140 MB. Written at once it takes that memory, and half a second in which its thread does
/// nothing else. A piece takes 64 KiB, and less than a millisecond. Nothing of the store is held between two pieces.
public final class ListPieces: Sendable {
    /// Writes the entries that belong to the list from a range of places, from the first one on.
    ///
    /// - Parameters:
    ///   - places: the places, at least one.
    ///   - most: how many entries are written at most, from 1.
    /// - Returns: how many were written, and the place after the last one that was looked at.
    typealias Writer =
        @Sendable (_ places: Range<Int>, _ most: Int, _ json: inout JSONWriter) -> (written: Int, next: Int)

    private struct State {
        var json = JSONWriter(capacity: 0)
        /// The places that were not looked at yet.
        var places: Range<Int>
        /// How many entries may still be written.
        var left: Int
        var hasBegun = false
        var hasEnded = false
    }
    private let state: Mutex<State>
    private let write: Writer

    /// The numbers of entries that a client may limit a list to.
    public static let limits = 1...1_000_000_000
    /// How many bytes a piece has at most.
    static let pieceSize = 64 * 1024
    /// How many places are looked at for one piece at most.
    static let placesPerPiece = 20_000
    /// More bytes than an entry has: its item has at most 64 characters of at most 4 bytes, and no escape is longer.
    private static let longestEntry = 400
    /// As many bytes as most entries have at most.
    private static let usualEntry = 160

    /// Makes a list of the entries at these places.
    ///
    /// - Parameter most: how many entries the list has at most.
    init(places: Range<Int>, most: Int = .max, _ write: @escaping Writer) {
        state = Mutex(State(places: places, left: most))
        self.write = write
    }

    /// The next piece of the JSON text; `nil` after the end.
    ///
    /// If no entry belongs to the list among those that were looked at, the piece is a space.
    public func next() -> [UInt8]? {
        state.withLock { state in
            guard !state.hasEnded else { return nil }
            let room = min(state.left, state.places.count, ListPieces.pieceSize / ListPieces.usualEntry)
            state.json.reserve(room * ListPieces.usualEntry + 2)
            if !state.hasBegun { state.json.beginArray() }
            state.hasBegun = true
            writeEntries(&state)
            if state.places.isEmpty || state.left == 0 {
                state.json.endArray()
                state.hasEnded = true
            } else if state.json.bytes.isEmpty {
                state.json.space()
            }
            return state.json.take()
        }
    }

    private func writeEntries(_ state: inout State) {
        let end = state.places.lowerBound + min(state.places.count, ListPieces.placesPerPiece)
        while state.places.lowerBound < end, state.left > 0 {
            let room = (ListPieces.pieceSize - 1 - state.json.bytes.count) / ListPieces.longestEntry
            guard room > 0 else { return }
            let (written, next) = write(state.places.lowerBound..<end, min(room, state.left), &state.json)
            state.left -= written
            state.places = min(next, state.places.upperBound)..<state.places.upperBound
        }
    }

    /// Finds out from which place on there are so many entries of a list.
    ///
    /// - Parameters:
    ///   - limit: the number of entries.
    ///   - places: the places of the whole list.
    ///   - lookBack: looks through a range of places from its end, for so many entries; says at which place it has stopped, and
    ///     how many entries there are from there on.
    static func first(
        ofNewest limit: Int, in places: Range<Int>, _ lookBack: (Range<Int>, Int) -> (place: Int, found: Int)
    ) async -> Int {
        var (place, left) = (places.upperBound, limit)
        while place > places.lowerBound, left > 0 {
            if place < places.upperBound { await Task.yield() }
            let step = max(places.lowerBound, place - placesPerPiece)..<place
            let found: Int
            (place, found) = lookBack(step, left)
            left -= found
        }
        return place
    }
}

/// The order after which a list was to begin is not in the list.
public struct UnknownOrder: Error {
    /// Its identifier.
    public let id: OrderID
}
