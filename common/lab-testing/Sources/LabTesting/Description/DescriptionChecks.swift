internal import Glibc
internal import Synchronization
internal import XCTest

/// Holds what services answer to tests against their own descriptions, whoever the test is about.
///
/// A description is fetched with `GET /openapi.json` when a service is first asked at an address, and its own problems fail that
/// test. A service that cannot be reached by then is asked again the next time.
final class DescriptionChecks: Sendable {
    /// The switch: whether a service that has no description (404 at `/openapi.json`) fails the test that asks it.
    ///
    /// Every service has one. Where a server in a test is meant to have none, the test says so with `isChecked: false`.
    static let serviceWithoutDescriptionFails = true

    /// The checks of this process.
    static let shared = DescriptionChecks(serviceWithoutDescriptionFails: serviceWithoutDescriptionFails) {
        XCTFail($0, file: $1, line: $2)
    }

    /// Takes a problem, and the place of the request in a test.
    typealias Report = @Sendable (_ problem: String, _ file: StaticString, _ line: UInt) -> Void

    private enum Known {
        case described(APIDescription, bytes: [UInt8])
        case undescribed
    }

    private let known = Mutex<[String: Known]>([:])
    private let serviceWithoutDescriptionFails: Bool
    private let report: Report

    init(serviceWithoutDescriptionFails: Bool, report: @escaping Report) {
        self.serviceWithoutDescriptionFails = serviceWithoutDescriptionFails
        self.report = report
    }

    /// Reports what is not as the service at an address describes it.
    ///
    /// Another service may listen at the address by now: ports are given again, and tests start services anew. So before a problem
    /// is reported, the description is fetched once more, and decides.
    func check(_ exchange: APIExchange, host: String, port: Int, file: StaticString, line: UInt) {
        let address = "\(host):\(port)"
        let old = known.withLock { $0[address] }
        if let old, problems(exchange, old).isEmpty { return }
        guard let new = fetch(host, port, file, line, replacing: old) ?? old else { return }
        for problem in problems(exchange, new) {
            report("\(exchange.method) \(exchange.path) at \(address): \(problem)", file, line)
        }
    }

    private func problems(_ exchange: APIExchange, _ known: Known) -> [String] {
        switch known {
        case .described(let description, _): description.problems(in: exchange)
        case .undescribed: serviceWithoutDescriptionFails ? ["the service has no description at /openapi.json"] : []
        }
    }

    /// Asks a service for its description, and remembers the answer.
    ///
    /// - Returns: `nil` if the service cannot be reached, or does not tell whether it has one.
    private func fetch(_ host: String, _ port: Int, _ file: StaticString, _ line: UInt, replacing old: Known?) -> Known?
    {
        // The lock is held meanwhile: threads that ask a service at once fetch its description once.
        let (fetched, problems): (Known?, [String]) = known.withLock { known in
            let address = "\(host):\(port)"
            if old == nil, let current = known[address] { return (current, []) }
            let reply = try? HTTPConnection(port: port, host: host, timeout: 5, isChecked: false).send(
                "GET", "/openapi.json")
            guard let reply, reply.status == 200 || reply.status == 404 else { return (nil, []) }
            var (new, problems) = (Known.undescribed, [String]())
            if reply.status == 200 {
                if case .described(_, reply.body) = known[address] { return (known[address], []) }
                do throws(InvalidDescription) {
                    let description = try APIDescription(reply.body)
                    problems = description.problemsOfDescription()
                    new = .described(description, bytes: reply.body)
                } catch {
                    problems = [error.description]
                }
            }
            known[address] = new
            return (new, problems)
        }
        for problem in problems { report("/openapi.json at \(host):\(port): \(problem)", file, line) }
        return fetched
    }
}
