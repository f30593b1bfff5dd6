internal import Glibc
internal import KafkaClient
internal import OrderRecords
internal import ServiceKit

/// A broker for machines without a Kafka: `EmbeddedBroker [FILE]`.
///
/// It listens on `KAFKA_PORT` (9092), makes the lab's topics, prints `KAFKA_BOOTSTRAP=host:port`, writes the same line to
/// FILE, and stays until SIGTERM or SIGINT.
@main
enum App {
    static func main() {
        do {
            let environment = Environment.process()
            let log = try Logger(service: "broker", environment: environment)
            EmbeddedPort.wanted = UInt16(try environment.integer("KAFKA_PORT", in: 0...65535, default: 9092))
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGTERM)
            sigaddset(&signals, SIGINT)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            let cluster = try EmbeddedCluster(topics: OrderTopics.all, log: log)
            let line = "KAFKA_BOOTSTRAP=\(cluster.bootstrap)\n"
            if CommandLine.arguments.count > 1 { try write(line, to: CommandLine.arguments[1]) }
            print(line, terminator: "")
            fflush(nil)
            log.info("listening; orders are kept in memory, 5 MiB a partition", [.detail: cluster.bootstrap])
            var signal: Int32 = 0
            sigwait(&signals, &signal)
            // Its clients are gone or will see it gone: nothing is worth waiting for.
            exit(0)
        } catch {
            let line = "broker: \(error)\n"
            _ = Glibc.write(STDERR_FILENO, line, line.utf8.count)
            exit(1)
        }
    }

    /// Complete or not at all, so that a script never reads half a line.
    private static func write(_ line: String, to path: String) throws(FileError) {
        let half = path + ".new"
        guard let file = fopen(half, "w") else { throw FileError(path: path) }
        let isWritten = fputs(line, file) >= 0
        guard fclose(file) == 0, isWritten, rename(half, path) == 0 else { throw FileError(path: path) }
    }

    private struct FileError: Error, CustomStringConvertible {
        let path: String
        var description: String { "\(path) cannot be written: \(String(cString: strerror(errno)))" }
    }
}
