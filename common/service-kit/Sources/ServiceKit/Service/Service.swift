internal import CLinux
internal import Glibc
internal import StrictJSON

/// One of the lab's services while it runs: its name, configuration, faults, and how it starts and stops.
public final class Service: Sendable {
    /// As `/health` gives it, such as `order`: all instances of a service have the same name.
    public var name: String { instance.service }
    /// Which of the service's instances this process is.
    public let instance: ServiceInstance
    /// As the log gives it: `order` for the first instance, `order.2` for the second.
    public var instanceName: String { instance.name }
    /// The variables it was started with.
    public let environment: Environment
    /// Its log.
    public let log: Logger
    /// The faults injected into its work.
    public let faults: Faults
    /// What `/ready` tells.
    public let readiness = Readiness()
    /// Where it lives.
    public let loop: EventLoop
    private let description: ServiceDescription
    private let listener: HTTPListener
    private let origins: OriginPolicy
    private let signals: TerminationSignals
    /// SIGTERM to exit: work in hand has this long.
    private static let secondsToStop = 10.0

    private init(
        name: String, port defaultPort: Int, _ description: ServiceDescription, environment: Environment,
        loop: EventLoop
    ) throws {
        instance = try ServiceInstance(of: name, environment)
        self.description = description
        self.environment = environment
        self.loop = loop
        log = try Logger(service: instance.name, environment: environment)
        faults = try Faults(environment: environment)
        origins = try OriginPolicy(environment)
        let host = environment.string("HOST") ?? "127.0.0.1"
        let port = try environment.integer("PORT", in: 0...65535, default: defaultPort)
        do throws(ListenError) {
            listener = try HTTPListener(host: host, port: port)
        } catch {
            guard error.cause == .host else { throw error }
            throw ConfigurationError("HOST", "an address or name of this machine", host)
        }
        signals = TerminationSignals(on: loop)
    }

    /// Runs a service until it is told to stop, and ends the process: with 0, or with 1 and one line on stderr where
    /// it cannot start.
    ///
    /// - Parameters:
    ///   - name: what the service is called, in its log and in `/health`. `INSTANCE` tells which instance of it this is.
    ///   - port: where it listens unless `PORT` says otherwise.
    ///   - description: what it is called and what it is for, for people.
    ///   - body: reads the configuration, builds what the service needs, and calls ``serve(_:stopping:)``.
    public static func run(
        _ name: String, port: Int, _ description: ServiceDescription,
        _ body: @escaping @Sendable (Service) async throws -> Void
    ) -> Never {
        signal(SIGPIPE, SIG_IGN)
        TerminationSignals.block()
        raiseDescriptorLimit()
        let loop = EventLoop()
        loop.run {
            let environment = Environment.process()
            do {
                try await body(
                    try Service(name: name, port: port, description, environment: environment, loop: loop))
            } catch {
                let instance = try? ServiceInstance(of: name, environment)
                writeToStandardError("\(instance?.name ?? name): \(error)\n")
                exit(1)
            }
        }
        exit(0)
    }

    /// Serves `router` beside health, readiness and administration, until SIGTERM or SIGINT; then takes nothing new,
    /// finishes what is in hand, and returns.
    ///
    /// - Parameter stopping: called at once when the service is told to stop, before requests in hand are finished: for
    ///   what must take no new work from then on, such as a consumer.
    /// - Returns: when the process must be gone at the latest.
    /// - Throws: where the server does not start.
    @discardableResult
    public func serve(_ router: Router, stopping: () -> Void = {}) async throws -> EventLoop.Nanoseconds {
        var router = router
        for route in [healthRoute, readiness.route] + faults.routes(log) { router.add(route) }
        router.describe(as: description)
        var limits = HTTPServer.Limits()
        limits.connections = clientLimit
        let server = try HTTPServer(
            on: loop, listener: listener, router: router, log: log, limits: limits, origins: origins)
        log.info("listening", [.port: "\(listener.port)"])
        let signal = await signals.next()
        log.info("stopping", [.signal: signal])
        readiness.stop()
        stopping()
        let deadline = EventLoop.now() &+ EventLoop.Nanoseconds(Service.secondsToStop * 1e9)
        let unanswered = await server.drain(until: deadline)
        server.stop()
        if unanswered > 0 { log.warning("stopped with requests unanswered", [.count: "\(unanswered)"]) }
        return deadline
    }

    /// Describes `GET /health`.
    private var healthRoute: Route {
        let name = name
        return .get(
            "/health", Route.Operation("getHealth", .service, "Tells that the process runs"),
            answers: [
                .json(
                    "The process runs",
                    .object([
                        .init("status", .choice(["ok"])), .init("service", .choice([name], "Which service it is.")),
                    ]))
            ]
        ) { _ in
            .object {
                $0.field("status", "ok")
                $0.field("service", name)
            }
        }
    }

    /// How many clients are served at once: a third of the descriptors, since each may have an order that waits on a
    /// connection to another service, beside one that was kept from before.
    public var clientLimit: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return min(HTTPServer.Limits().connections, max(16, (Int(clamping: limit.rlim_cur) - 64) / 3))
    }

    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 65536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
