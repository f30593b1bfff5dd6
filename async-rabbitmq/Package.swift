// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target of the package.
var settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
// Warnings are errors where this package is checked, by .ci/run, and nowhere else: a newer compiler finds more to warn of, and
// that must not break the build of whoever only uses it.
if Context.environment["LAB_WARNINGS_AS_ERRORS"] == "1" { settings.append(.treatAllWarnings(as: .error)) }

let asyncAPI = Target.Dependency.product(name: "AsyncAPI", package: "common")
let model = Target.Dependency.product(name: "CampusModel", package: "common")
let strictJSON = Target.Dependency.product(name: "StrictJSON", package: "common")
let containers = Target.Dependency.product(name: "Containers", package: "service-kit")
let tracing = Target.Dependency.product(name: "Tracing", package: "service-kit")
let serviceKit = Target.Dependency.product(name: "ServiceKit", package: "service-kit")
let workflow: [Target.Dependency] = [
    .product(name: "Workflow", package: "workflow"), .product(name: "WorkflowHTTP", package: "workflow"),
]
let labTesting = Target.Dependency.product(name: "LabTesting", package: "lab-testing")
/// What every service of the part stands on.
let service = [model, strictJSON, containers, tracing, serviceKit, "AMQPClient", "Journal", "OrderMessages"] + workflow

let package = Package(
    name: "async-rabbitmq",
    dependencies: [
        .package(path: "../common"), .package(path: "../common/service-kit"), .package(path: "../common/workflow"),
        .package(path: "../common/lab-testing"),
    ],
    targets: [
        .executableTarget(name: "OrderService", dependencies: service, swiftSettings: settings),
        .executableTarget(name: "InventoryService", dependencies: service, swiftSettings: settings),
        .executableTarget(name: "NotificationService", dependencies: service, swiftSettings: settings),
        // Shows the journals to a person: ./lab journal.
        .executableTarget(
            name: "JournalPrinter",
            dependencies: [model, containers, serviceKit, "AMQPClient", "Journal", "OrderMessages"],
            swiftSettings: settings),
        // Order events as messages and as entries of journals: the topology, and what each looks like.
        .target(
            name: "OrderMessages",
            dependencies: [
                asyncAPI, model, strictJSON, tracing, serviceKit, "AMQPClient", "Journal", workflow[0], "CCrypto",
            ],
            swiftSettings: settings),
        // A journal in a RabbitMQ stream, with a lease, for any program: it knows nothing of orders either.
        .target(
            name: "Journal", dependencies: [containers, strictJSON, serviceKit, "AMQPClient"], swiftSettings: settings),
        // RabbitMQ for any program: it knows librabbitmq, and nothing of orders.
        .target(
            name: "AMQPClient", dependencies: [containers, tracing, serviceKit, "CRabbitMQ"], swiftSettings: settings),
        // SHA-1, of which the identifiers of messages are made.
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),
        .testTarget(
            name: "UnitTests",
            dependencies: service + [
                asyncAPI, labTesting, "InventoryService", "JournalPrinter", "NotificationService", "OrderService",
            ],
            path: "tests/UnitTests", swiftSettings: settings),
        .testTarget(
            name: "BrokerTests", dependencies: service + [labTesting], path: "tests/BrokerTests",
            swiftSettings: settings),
        .testTarget(
            name: "SystemTests", dependencies: [model, labTesting, "CRabbitMQ"], path: "tests/SystemTests",
            swiftSettings: settings),
        .testTarget(
            name: "ChaosTests", dependencies: [labTesting], path: "tests/ChaosTests", swiftSettings: settings),
    ]
)
