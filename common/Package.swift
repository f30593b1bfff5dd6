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

let package = Package(
    name: "common",
    products: [
        .library(name: "AsyncAPI", targets: ["AsyncAPI"]),
        .library(name: "CampusModel", targets: ["CampusModel"]),
        .library(name: "StrictJSON", targets: ["StrictJSON"]),
    ],
    targets: [
        // The description of what goes through a broker. It knows no broker, and no order.
        .target(name: "AsyncAPI", dependencies: ["StrictJSON"], swiftSettings: settings),
        .target(name: "CampusModel", dependencies: ["StrictJSON"], swiftSettings: settings),
        .target(name: "StrictJSON", swiftSettings: settings),
        .testTarget(
            name: "AsyncAPITests", dependencies: ["AsyncAPI", "StrictJSON"], path: "tests/AsyncAPITests",
            swiftSettings: settings),
        .testTarget(
            name: "CampusModelTests", dependencies: ["CampusModel", "StrictJSON"], path: "tests/CampusModelTests",
            swiftSettings: settings),
        .testTarget(
            name: "StrictJSONTests", dependencies: ["StrictJSON"], path: "tests/StrictJSONTests",
            swiftSettings: settings),
    ]
)
