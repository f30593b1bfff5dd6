import XCTest

@testable import ServiceKit

/// What `/docs` answers. What the page does in a browser is tested by common/tests/pages.
final class DocumentationPageTests: XCTestCase {
    func testEachFileSaysWhatItIs() {
        let types = DocumentationPage.File.allCases.map { DocumentationPage.response($0).contentType }
        XCTAssertEqual(
            types, ["text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8"])
    }

    func testEachFileIsTheOneBesideTheSources() throws {
        let names = ["docs.html", "docs.css", "docs.js"]
        for (file, name) in zip(DocumentationPage.File.allCases, names) {
            let source = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Sources/ServiceKit/Pages/\(name)")
            XCTAssertEqual(DocumentationPage.response(file).body, [UInt8](try Data(contentsOf: source)), name)
        }
    }

    func testThePageAsksForTheOtherTwoByTheirPaths() {
        let page = String(decoding: DocumentationPage.response(.page).body, as: UTF8.self)
        for file in [DocumentationPage.File.style, .script] {
            XCTAssertTrue(page.contains("\"\(file.rawValue.dropFirst())\""), "it does not name \(file.rawValue)")
        }
    }

    func testABrowserMayLoadAndAskNothingButTheService() {
        for file in DocumentationPage.File.allCases {
            let headers = Dictionary(
                uniqueKeysWithValues: DocumentationPage.response(file).headers.map { ($0.name, $0.value) })
            XCTAssertEqual(
                headers,
                [
                    "Content-Security-Policy": """
                    default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
                    """,
                    "X-Content-Type-Options": "nosniff",
                    "Cache-Control": "no-cache",
                ], file.rawValue)
        }
    }

    func testTheFilesTogetherAreSmall() {
        let size = DocumentationPage.File.allCases.map { DocumentationPage.response($0).body.count }.reduce(0, +)
        XCTAssertLessThanOrEqual(size, 40 * 1024)
    }
}
