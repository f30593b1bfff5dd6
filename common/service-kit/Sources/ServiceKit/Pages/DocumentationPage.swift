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

    /// Answers with one file.
    static func response(_ file: File) -> HTTPResponse {
        var response =
            switch file {
            case .page: HTTPResponse(contentType: "text/html; charset=utf-8", body: PackageResources.docs_html)
            case .style: HTTPResponse(contentType: "text/css; charset=utf-8", body: PackageResources.docs_css)
            case .script: HTTPResponse(contentType: "text/javascript; charset=utf-8", body: PackageResources.docs_js)
            }
        response.headers = [
            ("Content-Security-Policy", contentSecurityPolicy),
            ("X-Content-Type-Options", "nosniff"),
            // A browser asks again each time, so that it never shows the page of an older service.
            ("Cache-Control", "no-cache"),
        ]
        return response
    }

    /// Lets the page load and ask its own service only (Content Security Policy Level 3).
    ///
    /// `form-action` stops no request of the page: its script sends them all, and no form is ever submitted.
    private static let contentSecurityPolicy = """
        default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
}
