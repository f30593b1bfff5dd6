// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every Swift target of the package.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

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
