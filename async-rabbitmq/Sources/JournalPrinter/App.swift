internal import AMQPClient
internal import Glibc
internal import ServiceKit

/// Prints the journals of the services, an entry a line: `JournalPrinter [--all] [order] [inventory] [notification]`.
///
/// It is a bystander: it takes no lease, and what it publishes are barriers, which every reader of a journal passes over.
@main
enum App {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        // The first process of a container is ended by no signal that it has no handler for.
        for number in [SIGINT, SIGTERM] { signal(number) { _exit(128 + $0) } }
        guard let request = PrintRequest(CommandLine.arguments.dropFirst()) else {
            fail("use: JournalPrinter [--all] [order] [inventory] [notification]")
            exit(2)
        }
        let address: AMQPAddress
        do {
            address = try AMQPAddress(Environment.process())
        } catch {
            fail(error.description)
            exit(1)
        }
        Worker("journal").start { worker in exit(await print(request, address, worker)) }
        while true { pause() }
    }

    /// - Returns: the process's exit code.
    private static func print(_ request: PrintRequest, _ address: AMQPAddress, _ worker: Worker) async -> Int32 {
        var code: Int32 = 0
        do {
            let connection = try AMQPConnection(
                address, name: "journal printer", on: worker, interrupter: AMQPInterrupter())
            defer { connection.close() }
            let reader = JournalReader(connection)
            for (index, journal) in request.journals.enumerated() {
                do {
                    try await reader.print(journal, withBarriers: request.withBarriers, isFirst: index == 0)
                } catch let error as ReadingError where error.isAboutOneJournal {
                    fail(error.description)
                    code = 1
                }
            }
        } catch is OutputClosed {
            // Whoever reads has seen enough.
        } catch {
            fail("\(error)")
            code = 1
        }
        return code
    }

    private static func fail(_ text: String) {
        var line = "journal: \(text)\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// What is to be printed.
struct PrintRequest: Equatable {
    /// The journals, in the order in which they are printed.
    var journals: [PrintedJournal] = []
    /// Whether barriers are printed too.
    var withBarriers = false

    /// Reads the arguments of a command line; `nil` for a word that is not known.
    init?(_ arguments: some Sequence<String>) {
        for argument in arguments {
            if argument == "--all" {
                withBarriers = true
            } else if let journal = PrintedJournal(rawValue: argument) {
                journals.append(journal)
            } else {
                return nil
            }
        }
        if journals.isEmpty { journals = PrintedJournal.allCases }
    }
}
