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
let strictJSON = Target.Dependency.product(name: "StrictJSON", package: "common")
let containers = Target.Dependency.product(name: "Containers", package: "service-kit")
let tracing = Target.Dependency.product(name: "Tracing", package: "service-kit")
let testing = Target.Dependency.product(name: "ServiceKitTesting", package: "service-kit")
let serviceKit = Target.Dependency.product(name: "ServiceKit", package: "service-kit")

let package = Package(
    name: "workflow",
    products: [
        .library(name: "Workflow", targets: ["Workflow"]),
        .library(name: "WorkflowHTTP", targets: ["WorkflowHTTP"]),
    ],
    dependencies: [.package(path: ".."), .package(path: "../service-kit")],
    targets: [
        // What happens to an order. It knows neither HTTP nor a broker, and must not.
        .target(name: "Workflow", dependencies: [model, strictJSON, containers, tracing], swiftSettings: settings),
        // The same for clients: routes, answers and configuration.
        .target(
            name: "WorkflowHTTP", dependencies: [model, strictJSON, containers, tracing, serviceKit, "Workflow"],
            swiftSettings: settings),
        .testTarget(
            name: "WorkflowTests", dependencies: [model, strictJSON, containers, tracing, "Workflow"],
            path: "tests/WorkflowTests", swiftSettings: settings),
        .testTarget(
            name: "WorkflowHTTPTests",
            dependencies: [model, strictJSON, containers, tracing, serviceKit, testing, "Workflow", "WorkflowHTTP"],
            path: "tests/WorkflowHTTPTests", swiftSettings: settings),
    ]
)
