import LabTesting

extension LabService {
    static let order: LabService = "order"
    static let inventory: LabService = "inventory"
    static let notification: LabService = "notification"
}

/// A test against Part A's services.
class SystemTestCase: LabTestCase {
    override var services: [LabService] { [.order, .inventory, .notification] }
    override var orderService: LabService { .order }
    override var stockService: LabService { .inventory }
    override var notificationService: LabService? { .notification }
}
