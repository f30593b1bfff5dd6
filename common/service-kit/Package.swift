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

let strictJSON = Target.Dependency.product(name: "StrictJSON", package: "common")
let labTesting = Target.Dependency.product(name: "LabTesting", package: "lab-testing")

let package = Package(
    name: "service-kit",
    products: [
        .library(name: "Containers", targets: ["Containers"]),
        .library(name: "ServiceKit", targets: ["ServiceKit"]),
        .library(name: "ServiceKitTesting", targets: ["ServiceKitTesting"]),
        .library(name: "Tracing", targets: ["Tracing"]),
    ],
    dependencies: [.package(path: ".."), .package(path: "../lab-testing")],
    targets: [
        .target(name: "Containers", swiftSettings: settings),
        .target(
            name: "ServiceKit", dependencies: [strictJSON, "Containers", "Tracing", "CLinux", "CMicroHTTPD"],
            resources: [
                .embedInCode("Pages/docs.html"), .embedInCode("Pages/docs.css"), .embedInCode("Pages/docs.js"),
            ],
            swiftSettings: settings),
        // For tests only: loops, gates and requests without a socket.
        .target(
            name: "ServiceKitTesting", dependencies: [labTesting, "ServiceKit", "Tracing"], swiftSettings: settings),
        .target(name: "Tracing", swiftSettings: settings),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .testTarget(
            name: "ContainersTests", dependencies: ["Containers"], path: "tests/ContainersTests",
            swiftSettings: settings),
        .testTarget(
            name: "ServiceKitTests",
            dependencies: [strictJSON, labTesting, "Containers", "ServiceKit", "ServiceKitTesting", "Tracing"],
            path: "tests/ServiceKitTests", swiftSettings: settings),
        .testTarget(
            name: "TracingTests", dependencies: ["Tracing"], path: "tests/TracingTests", swiftSettings: settings),
    ]
)
