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
let service = [model, strictJSON, containers, tracing, serviceKit, "KafkaClient", "OrderRecords"] + workflow
/// What its unit and broker tests need.
let tested = service + [asyncAPI, labTesting, "AnalyticsConsumer", "CRdKafka", "InventoryConsumer", "ProducerOrder"]

let package = Package(
    name: "streaming-kafka",
    dependencies: [
        .package(path: "../common"), .package(path: "../common/service-kit"), .package(path: "../common/workflow"),
        .package(path: "../common/lab-testing"),
    ],
    targets: [
        .executableTarget(name: "ProducerOrder", dependencies: service, swiftSettings: settings),
        .executableTarget(name: "InventoryConsumer", dependencies: service, swiftSettings: settings),
        .executableTarget(name: "AnalyticsConsumer", dependencies: service, swiftSettings: settings),
        .executableTarget(
            name: "EmbeddedBroker", dependencies: [serviceKit, "KafkaClient", "OrderRecords"], swiftSettings: settings,
            // librdkafka's calls of these must find the executable's own: see EmbeddedPort.swift.
            linkerSettings: [
                .unsafeFlags(["bind", "accept"].flatMap { ["-Xlinker", "--export-dynamic-symbol=\($0)"] })
            ]),
        // Order events as records: the topics, what a record looks like, and what a log tells of its own loss.
        .target(
            name: "OrderRecords",
            dependencies: [asyncAPI, model, strictJSON, tracing, serviceKit, "KafkaClient", workflow[0]],
            swiftSettings: settings),
        // Kafka for any program: it knows librdkafka, and nothing of orders.
        .target(
            name: "KafkaClient", dependencies: [containers, tracing, serviceKit, "CRdKafka"], swiftSettings: settings),
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .testTarget(
            name: "UnitTests", dependencies: tested, path: "tests/UnitTests", swiftSettings: settings),
        .testTarget(
            name: "BrokerTests", dependencies: tested, path: "tests/BrokerTests", swiftSettings: settings),
        .testTarget(
            name: "SystemTests", dependencies: [model, labTesting], path: "tests/SystemTests", swiftSettings: settings),
    ]
)
