package import WaybillCore

extension HTTPAnswer {
    /// What an answer that was not hoped for means: what the server may yet do (5xx, 408, 429) says `retry`, what needs a person
    /// (401, 403, 404, …) says `stall` with what to do.
    ///
    /// - Parameter subject: what was asked for, in a person's words: `'model.bin' of org/name`; nil: the address.
    package func failure(_ method: String, _ subject: String? = nil) -> Failure {
        let what = "\(method) \(head.address)" + (subject.map { ", \($0)" } ?? "") + ": \(Self.name(status))"
        switch status {
        case 401, 407: return Failure(.stall, reason: "SourceUnauthorized", message: "\(what); \(credentialAdvice)")
        case 403: return Failure(.stall, reason: "SourceForbidden", message: "\(what); \(credentialAdvice)")
        case 404, 410:
            return Failure(
                .stall, reason: "SourceNotFound",
                message: "\(what); correct the source, put it there, or, if it is private, give this host a credential")
        case 429, 503:
            let pause = head.header("retry-after").flatMap { $0.utf8.count <= 9 ? Int64($0) : nil }
            let wish = pause.map { "; it asks to be left alone for \($0) s" } ?? ""
            return Failure(.retry, reason: "SourceBusy", message: what + wish)
        case 408, 425, 500...599: return Failure(.retry, reason: "SourceUnavailable", message: what)
        case _: return Failure(.stall, reason: "SourceAnswerUnexpected", message: "\(what), which is not expected here")
        }
    }

    private var credentialAdvice: String {
        if let credential = head.credential {
            return "the \(credential) was sent and is not enough: look at its rights and its age"
        }
        if !head.redirects.isEmpty { return "it was reached by a redirect, and no credential is sent along one" }
        return "no credential is known for it: add '\(head.address.authority) bearer file:/PATH' or "
            + "'\(head.address.authority) basic USER file:/PATH' to 'sources.credentials' of waybill.yaml"
    }

    private static func name(_ status: Int) -> String {
        let names = [
            400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 408: "Request Timeout",
            410: "Gone",
            416: "Range Not Satisfiable", 429: "Too Many Requests", 500: "Internal Server Error", 502: "Bad Gateway",
            503: "Service Unavailable", 504: "Gateway Timeout",
        ]
        return "HTTP \(status)" + (names[status].map { " \($0)" } ?? "")
    }
}
