import Foundation
import LabTesting

/// A certificate authority for a test, made with the program `openssl`.
struct CertificateAuthority {
    /// The file of a certificate, PEM, and that of its key.
    struct Certificate {
        let file: String
        let key: String
    }

    /// The authority's own.
    let certificate: Certificate
    private let folder: URL

    /// Makes one with files of that name in a folder.
    init(_ name: String, in folder: URL) throws {
        self.folder = folder
        certificate = CertificateAuthority.certificate(name, in: folder)
        try CertificateAuthority.make(certificate, "/CN=\(name)", [])
    }

    /// Issues a certificate for a host.
    func issue(_ host: String) throws -> Certificate {
        let issued = CertificateAuthority.certificate("\(host)-\(UUID().uuidString)", in: folder)
        try CertificateAuthority.make(
            issued, "/CN=\(host)",
            [
                "-CA", certificate.file, "-CAkey", certificate.key, "-addext", "subjectAltName=DNS:\(host)",
                "-addext", "basicConstraints=critical,CA:FALSE",
            ])
        return issued
    }

    private static func certificate(_ name: String, in folder: URL) -> Certificate {
        Certificate(
            file: folder.appending(path: "\(name).pem").path(), key: folder.appending(path: "\(name).key").path())
    }

    /// RSA keys: the ciphers of TLS 1.1 that need no signature need one.
    private static func make(_ certificate: Certificate, _ subject: String, _ options: [String]) throws {
        try Lab.execute(
            ["/usr/bin/env", "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
                + ["-subj", subject, "-keyout", certificate.key, "-out", certificate.file] + options)
    }
}
