internal import CampusModel
public import ServiceKit

extension Environment {
    /// Reads the initial stock: one number for each item of the menu, or `burger=5,pizza=7`, where the items that are
    /// not named keep their 100.
    ///
    /// - Throws: ``ConfigurationError`` where it has neither form, or a number is outside 0 to a thousand million.
    public func stock() throws(ConfigurationError) -> InitialStock {
        var stock: [String: Int] = [:]
        for item in Order.menu { stock[item] = 100 }
        guard let text = string("STOCK") else { return InitialStock(stock) }
        let error = ConfigurationError(
            "STOCK", "a number from 0 to 1000000000 for each item, or item=number,item=number", text)
        if let number = Int(text) {
            guard Environment.stocks.contains(number) else { throw error }
            return InitialStock(stock.mapValues { _ in number })
        }
        var named: Set<String> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false).map { trimmed($0) }
            guard pair.count == 2, Order.isItem(pair[0]), named.insert(pair[0]).inserted, let number = Int(pair[1]),
                Environment.stocks.contains(number)
            else { throw error }
            stock[pair[0]] = number
        }
        return InitialStock(stock)
    }

    private static let stocks = 0...1_000_000_000

    private func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
