import LabTesting

extension LabService {
    static let order: LabService = "order"
    static let inventory: LabService = "inventory"
    static let notification: LabService = "notification"
}

/// A test against Part A's services.
class SystemTestCase: LabTestCase {
    override var part: LabPart? {
        LabPart([.order, .inventory, .notification], orders: .order, stock: .inventory, notifications: .notification)
    }
}
