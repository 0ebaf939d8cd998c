import WaybillCore

/// Says in our words why a store of objects did not give one.
struct S3Refusal {
    private let code: String
    private let status: Int
    private let region: String?
    private let object: S3Address
    private let place: String
    private let settings: S3Settings
    private let isSigned: Bool

    init(_ answer: HTTPAnswer, object: S3Address, address: WebAddress, settings: S3Settings, isSigned: Bool) {
        status = answer.status
        code = Self.code(in: String(decoding: answer.body.prefix(16 << 10), as: UTF8.self))
        region = answer.head.header("x-amz-bucket-region")
        self.object = object
        place = address.origin
        self.settings = settings
        self.isSigned = isSigned
    }

    /// The text of the first `<Code>`; letters only, since it is a stranger's.
    private static func code(in body: String) -> String {
        guard let start = body.firstRange(of: "<Code>")?.upperBound else { return "" }
        let text = body[start...].prefix { $0 != "<" }
        return text.utf8.count <= 64 && text.utf8.allSatisfy { (65...90).contains($0) || (97...122).contains($0) }
            ? String(text) : ""
    }

    /// Whether credentials that were good are no longer.
    var meansExpired: Bool { ["ExpiredToken", "InvalidToken", "TokenRefreshRequired"].contains(code) }

    /// Nil when the answer says nothing more than its status.
    var failure: Failure? {
        if let region, region != settings.region, [301, 307, 400, 403].contains(status) {
            return make(
                .stall, "SourceUnavailable",
                "the bucket is in the region \(region.quotedForMessage), and this is '\(settings.region)'; set 'sources.s3.region' of "
                    + "waybill.yaml, or AWS_REGION")
        }
        switch code {
        case "NoSuchKey":
            return make(.stall, "SourceNotFound", "the bucket has no such key; correct the source, or put it there")
        case "NoSuchBucket": return make(.stall, "SourceNotFound", "there is no such bucket; correct the source")
        case "NoSuchVersion", "MethodNotAllowed":
            return make(
                .stall, "SourceNotFound", "the object has no such version, or was deleted with it; name another one")
        case "AccessDenied":
            let advice =
                isSigned
                ? "the credentials may not read it, or it is not there and they may not list the bucket"
                : "no credentials were found (environment, ~/.aws/credentials, container), and it is not public"
            return make(.stall, "SourceForbidden", advice)
        case "InvalidAccessKeyId": return make(.stall, "SourceUnauthorized", "the store does not know the access key")
        case "SignatureDoesNotMatch":
            return make(
                .stall, "SourceUnauthorized",
                "the secret does not belong to the access key, or the region '\(settings.region)' is not the store's")
        case "RequestTimeTooSkewed":
            return make(.stall, "SourceUnauthorized", "this machine's clock is more than 15 minutes off; set it right")
        case "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
            return make(.retry, "SourceUnauthorized", "the temporary credentials have expired; new ones are looked for")
        case "InvalidObjectState":
            return make(.stall, "SourceUnavailable", "the object is archived; restore it first")
        case "SlowDown", "ServiceUnavailable", "InternalError":
            return make(.retry, "SourceBusy", "the store asks to be left alone for a while")
        case _: return nil
        }
    }

    private func make(_ disposition: Disposition, _ reason: String, _ words: String) -> Failure {
        Failure(disposition, reason: reason, message: "\(object) at \(place): \(words)")
    }
}
