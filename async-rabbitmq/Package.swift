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
    name: "async-rabbitmq",
    dependencies: [.package(path: "../common")],
    targets: [
        .executableTarget(
            name: "OrderService", dependencies: [model, serviceKit, "AMQPClient"], swiftSettings: settings),
        .executableTarget(
            name: "InventoryService", dependencies: [model, serviceKit, "AMQPClient"], swiftSettings: settings),
        .executableTarget(
            name: "NotificationService", dependencies: [model, serviceKit, "AMQPClient"], swiftSettings: settings),
        .target(name: "AMQPClient", dependencies: [model, serviceKit, "CRabbitMQ"], swiftSettings: settings),
        .systemLibrary(name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),
        .testTarget(
            name: "UnitTests",
            dependencies: [
                model, serviceKit, labTesting, "AMQPClient", "InventoryService", "NotificationService",
                "OrderService",
            ],
            path: "tests/UnitTests", swiftSettings: settings),
        .testTarget(
            name: "BrokerTests", dependencies: [model, serviceKit, labTesting, "AMQPClient"],
            path: "tests/BrokerTests", swiftSettings: settings),
        .testTarget(
            name: "SystemTests", dependencies: [model, labTesting, "CRabbitMQ"], path: "tests/SystemTests",
            swiftSettings: settings),
        .testTarget(
            name: "ChaosTests", dependencies: [labTesting], path: "tests/ChaosTests", swiftSettings: settings),
    ]
)
