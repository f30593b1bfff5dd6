public import CampusModel
public import Containers

// The identifiers as keys of the segmented containers, which know no model.

extension OrderID: @retroactive SegmentedKey {
    /// A part by the last byte, random in itself; so the identifier is hashed once and not twice.
    @inlinable
    public var segment: UInt8 { lastByte }
}
extension MessageID: @retroactive SegmentedKey {}
