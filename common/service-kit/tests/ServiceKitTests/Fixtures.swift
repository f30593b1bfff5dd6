import Foundation
import XCTest

/// What is written to the process's stderr while `work` runs.
func standardError(_ work: () async throws -> Void) async throws -> String {
    let (pipe, before) = (Pipe(), dup(STDERR_FILENO))
    dup2(pipe.fileHandleForWriting.fileDescriptor, STDERR_FILENO)
    defer { close(before) }
    do {
        defer { dup2(before, STDERR_FILENO) }
        try await work()
    }
    try pipe.fileHandleForWriting.close()
    return String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
}
