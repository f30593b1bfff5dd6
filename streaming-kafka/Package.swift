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

let model = Target.Dependency.product(name: "CampusModel", package: "common")
let serviceKit = Target.Dependency.product(name: "ServiceKit", package: "common")
let labTesting = Target.Dependency.product(name: "LabTesting", package: "common")

let package = Package(
    name: "streaming-kafka",
    dependencies: [.package(path: "../common")],
    targets: [
        .executableTarget(
            name: "ProducerOrder", dependencies: [model, serviceKit, "KafkaClient"], swiftSettings: settings),
        .executableTarget(
            name: "InventoryConsumer", dependencies: [model, serviceKit, "KafkaClient"], swiftSettings: settings),
        .executableTarget(
            name: "AnalyticsConsumer", dependencies: [model, serviceKit, "KafkaClient"], swiftSettings: settings),
        .executableTarget(
            name: "EmbeddedBroker", dependencies: [serviceKit, "KafkaClient"], swiftSettings: settings,
            // librdkafka's calls of these must find the executable's own: see EmbeddedPort.swift.
            linkerSettings: [
                .unsafeFlags(["bind", "accept"].flatMap { ["-Xlinker", "--export-dynamic-symbol=\($0)"] })
            ]),
        .target(name: "KafkaClient", dependencies: [model, serviceKit, "CRdKafka"], swiftSettings: settings),
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .testTarget(
            name: "UnitTests",
            dependencies: [
                model, serviceKit, labTesting, "AnalyticsConsumer", "CRdKafka", "InventoryConsumer", "KafkaClient",
                "ProducerOrder",
            ],
            path: "tests/UnitTests", swiftSettings: settings),
        .testTarget(
            name: "BrokerTests",
            dependencies: [
                model, serviceKit, labTesting, "AnalyticsConsumer", "CRdKafka", "InventoryConsumer", "KafkaClient",
                "ProducerOrder",
            ],
            path: "tests/BrokerTests", swiftSettings: settings),
        .testTarget(
            name: "SystemTests", dependencies: [model, labTesting], path: "tests/SystemTests", swiftSettings: settings),
    ]
)
