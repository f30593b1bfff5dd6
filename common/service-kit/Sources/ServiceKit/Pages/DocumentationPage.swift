internal import StrictJSON

/// The page `/docs`: shows `/openapi.json` and sends requests, without any network but the service itself.
///
/// Its sources are the three files beside this one. SwiftPM puts their bytes into the module, so a service needs no file at
/// run time.
enum DocumentationPage {
    /// One of the three files; the raw value is its path.
    enum File: String, CaseIterable {
        case page = "/docs"
        case style = "/docs/docs.css"
        case script = "/docs/docs.js"
    }

    /// Describes the routes of the files.
    static let routes = File.allCases.map { file in
        Route.get(
            file.rawValue, Route.Operation(file.operationID, .service, file.summary),
            answers: [.text(file.mediaType, file.summary, example: file.example, headers: headers.map(\.described))]
        ) { _ in response(file) }
    }

    /// Answers with one file.
    static func response(_ file: File) -> HTTPResponse {
        var response = HTTPResponse(contentType: file.mediaType + "; charset=utf-8", body: file.bytes)
        response.headers = headers.map { ($0.name, $0.value) }
        return response
    }

    private struct Header {
        let name: String
        let value: String
        let meaning: String

        var described: Reply.Header { Reply.Header(name, .choice([value], meaning), isAlwaysThere: true) }
    }

    private static let headers = [
        Header(
            name: "Content-Security-Policy", value: contentSecurityPolicy,
            meaning: "The page may load from and ask its own service only."),
        Header(
            name: "X-Content-Type-Options", value: "nosniff", meaning: "The media type is what Content-Type says."),
        Header(
            name: "Cache-Control", value: "no-cache",
            meaning: "A browser asks again each time, so that it never shows the page of an older service."),
    ]

    /// Lets the page load and ask its own service only (Content Security Policy Level 3).
    ///
    /// `form-action` stops no request of the page: its script sends them all, and no form is ever submitted.
    private static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
}

extension DocumentationPage.File {
    fileprivate var bytes: [UInt8] {
        switch self {
        case .page: PackageResources.docs_html
        case .style: PackageResources.docs_css
        case .script: PackageResources.docs_js
        }
    }

    fileprivate var mediaType: String {
        switch self {
        case .page: "text/html"
        case .style: "text/css"
        case .script: "text/javascript"
        }
    }

    fileprivate var operationID: String {
        switch self {
        case .page: "getDocumentation"
        case .style: "getDocumentationStyle"
        case .script: "getDocumentationScript"
        }
    }

    fileprivate var summary: String {
        switch self {
        case .page: "Shows all of this as a page"
        case .style: "The style of that page"
        case .script: "The script of that page"
        }
    }

    fileprivate var example: String {
        switch self {
        case .page: "<!doctype html>"
        case .style: "body { margin: 0 }"
        case .script: "\"use strict\";"
        }
    }
}
