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
    name: "lab-testing",
    products: [.library(name: "LabTesting", targets: ["LabTesting"])],
    targets: [
        .target(name: "LabTesting", swiftSettings: settings),
        .testTarget(
            name: "LabTestingTests", dependencies: ["LabTesting"], path: "tests/LabTestingTests",
            swiftSettings: settings),
    ]
)
