import Foundation
import LabTesting
import ServiceKit
import XCTest

@testable import AMQPClient

/// TLS on the lab's own node, which listens for it only while a test asks for that.
final class TLSTests: BrokerTestCase {
    private var folder: URL!
    private var authority: CertificateAuthority!

    override func setUpWithError() throws {
        try super.setUpWithError()
        // In a container the node would not find the files, and the port would not be published.
        try requireOwnBroker(modes: ["native"])
        folder = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        authority = try CertificateAuthority("authority", in: folder)
    }

    override func tearDownWithError() throws {
        if let folder { try FileManager.default.removeItem(at: folder) }
        try super.tearDownWithError()
    }

    /// Has the node listen with a certificate while `work` runs.
    ///
    /// - Parameters:
    ///   - options: those of Erlang's `ssl`.
    ///   - work: is given the URL.
    private func listen(
        _ certificate: CertificateAuthority.Certificate, _ options: String = "{versions,['tlsv1.3','tlsv1.2']}",
        _ work: (String) throws -> Void
    ) throws {
        let port = try Lab.freePort()
        let listener = "{\"127.0.0.1\",\(port),inet}"
        let files = "{certfile,\"\(certificate.file)\"},{keyfile,\"\(certificate.key)\"}"
        try evaluate("rabbit_networking:start_ssl_listener(\(listener),[\(files),\(options)],1)")
        defer { XCTAssertNoThrow(try evaluate("rabbit_networking:stop_tcp_listener(\(listener))")) }
        try work("amqps://\(address.user):\(address.password)@localhost:\(port)/")
    }

    /// Has the node do what must answer `ok`.
    private func evaluate(_ expression: String) throws {
        let answer = try Lab.run("rabbitmqctl", "eval", expression + ".")
        guard answer.hasSuffix("ok\n") else { throw Lab.CommandFailure(description: "\(expression): \(answer)") }
    }

    private func connect(_ url: String, trusting authority: CertificateAuthority) throws -> AMQPConnection {
        let address = try AMQPAddress(
            Environment(["RABBITMQ_URL": url, "RABBITMQ_CA_FILE": authority.certificate.file]))
        return try AMQPConnection(address, name: "test-tls", on: worker, interrupter: AMQPInterrupter())
    }

    private func failure(_ url: String, trusting authority: CertificateAuthority? = nil) -> AMQPError.Kind? {
        kind { try connect(url, trusting: authority ?? self.authority).close() }
    }

    func testACertificateOfATrustedAuthorityIsTrusted() throws {
        try declareQueue()
        try listen(authority.issue("localhost")) { url in
            let connection = try connect(url, trusting: authority)
            defer { connection.close() }
            try connection.openChannel(1)
            try connection.selectConfirms(1)
            let sent = publication(String(repeating: "x", count: 500_000))
            try connection.publish(sent, on: 1)
            guard case .confirmed(1, 1, _) = try event(connection) else { return XCTFail("a confirm is due") }
            try connection.consume(queue, on: 1, prefetch: 1)
            XCTAssertEqual(try delivery(connection).message.body, sent.message.body)
        }
    }

    func testACertificateOfAnotherAuthorityIsNotTrusted() throws {
        let other = try CertificateAuthority("other", in: folder)
        try listen(authority.issue("localhost")) { url in
            XCTAssertEqual(failure(url, trusting: other), .notTrusted)
            XCTAssertNil(failure(url))
        }
    }

    func testACertificateForAnotherHostIsNotTrusted() throws {
        try listen(authority.issue("other.example")) { XCTAssertEqual(failure($0), .notTrusted) }
    }

    /// With a cipher that OpenSSL still takes with TLS 1.1, where it is built to speak that at all.
    func testABrokerThatSpeaksOnlyTLS11IsNotTrusted() throws {
        try listen(authority.issue("localhost"), "{versions,['tlsv1.1']},{ciphers,[\"AES128-SHA\"]}") { url in
            XCTAssertEqual(failure(url), .notTrusted)
        }
    }

    func testAFileThatHoldsNoCertificatesIsNotTrusted() throws {
        let wrong = try XCTUnwrap(
            AMQPAddress("amqps://localhost:1/", authorities: folder.appending(path: "none").path()))
        XCTAssertEqual(
            kind { try AMQPConnection(wrong, name: "test", on: worker, interrupter: AMQPInterrupter()).close() },
            .notTrusted)
    }
}
