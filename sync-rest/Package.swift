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
    name: "sync-rest",
    dependencies: [.package(path: "../common")],
    targets: [
        .executableTarget(
            name: "OrderService", dependencies: [model, serviceKit, "HTTPClient"], swiftSettings: settings),
        .executableTarget(name: "InventoryService", dependencies: [model, serviceKit], swiftSettings: settings),
        .executableTarget(name: "NotificationService", dependencies: [model, serviceKit], swiftSettings: settings),
        .target(name: "HTTPClient", dependencies: [serviceKit, "CCurl"], swiftSettings: settings),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .testTarget(
            name: "UnitTests",
            dependencies: [
                model, serviceKit, labTesting, "HTTPClient", "InventoryService", "NotificationService", "OrderService",
            ],
            path: "tests/UnitTests", swiftSettings: settings),
        .testTarget(
            name: "SystemTests", dependencies: [model, labTesting], path: "tests/SystemTests",
            swiftSettings: settings),
    ]
)
