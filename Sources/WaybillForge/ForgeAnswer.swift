package import WaybillCore

/// What a forge said, as far as it matters.
package struct ForgeAnswer: Hashable, Sendable {
    package var status: Int
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }

    /// Whether there is another page (RFC 8288). Its address is not followed: the page's number is counted here, so that nothing that an
    /// answer says decides where a token goes.
    package var hasNextPage: Bool {
        (headers["link"] ?? "").split(separator: ",").contains { link in
            link.split(separator: ";").dropFirst().contains { parameter in
                let words = parameter.filter { $0 != " " && $0 != "\"" }.lowercased()
                return words == "rel=next"
            }
        }
    }
}

/// What to do after an answer.
package enum ForgeVerdict: Hashable, Sendable {
    case good
    /// It was refused without effect; the same may be asked after this long.
    case wait(Duration)
    /// Whether it had an effect is not known.
    case lost(Duration)
    case refused(Failure)

    /// The longest that is waited for a forge that asks for it.
    package static let patience = Duration.seconds(60)

    /// - Parameters:
    ///   - attempt: from 0.
    ///   - now: seconds since 1970, for `x-ratelimit-reset`.
    package static func judge(
        _ answer: ForgeAnswer, to call: ForgeCall, at place: ForgePlace, attempt: Int, now: Int64
    ) -> ForgeVerdict {
        switch answer.status {
        case 200..<300: return .good
        case 500..<600: return .lost(pause(attempt))
        case 403, 429:
            guard let wait = limit(answer, attempt: attempt, now: now) else { break }
            guard wait <= patience else {
                return .refused(
                    Failure(
                        .retry, reason: "ForgeBusy",
                        message: "\(call.words(place)): too many requests; it asks to be left alone for "
                            + "\(wait.components.seconds) s. Run this again then"))
            }
            return .wait(wait)
        case _: break
        }
        return .refused(refusal(answer, call, place))
    }

    /// 1, 2, 4, then 8 s.
    package static func pause(_ attempt: Int) -> Duration { .seconds(1 << min(max(attempt, 0), 3)) }

    /// How long the forge asks to be left alone; nil when that is not what it said.
    private static func limit(_ answer: ForgeAnswer, attempt: Int, now: Int64) -> Duration? {
        if let text = answer.headers["retry-after"], let seconds = Int64(text), seconds >= 0 {
            return .seconds(min(seconds, 86_400))
        }
        if answer.headers["x-ratelimit-remaining"] == "0", let text = answer.headers["x-ratelimit-reset"],
            let reset = Int64(text)
        {
            let (difference, isOver) = reset.subtractingReportingOverflow(now)
            return .seconds(isOver ? 86_400 : min(max(difference, 0) + 1, 86_400))
        }
        return answer.status == 429 ? pause(attempt) : nil
    }

    private static func refusal(_ answer: ForgeAnswer, _ call: ForgeCall, _ place: ForgePlace) -> Failure {
        let said = answer.said
        let (reason, advice): (String, String) =
            switch answer.status {
            case 301, 302, 303, 307, 308:
                (
                    "ForgeMoved",
                    "it sends us elsewhere, where a token is not taken; set forge.url and forge.repository to where it is now"
                )
            case 401: ("ForgeUnauthorized", "it does not take the token of forge.tokenFile; make a new one")
            case 403:
                ("ForgeForbidden", "the token may not do this; give it write access to pull requests and statuses")
            case 404:
                (
                    "ForgeNotFound",
                    "there is no such thing, or the token may not see it; check forge.url, forge.repository and the token's access"
                )
            case 409, 422: ("ForgeRefused", "it does not take what was sent")
            case _: ("ForgeUnexpected", "this answer is not expected; is forge.url where the API begins?")
            }
        return Failure(
            .stall, reason: reason,
            message: "\(call.words(place)): \(answer.status)\(said.isEmpty ? "" : " (\(said))"): \(advice)")
    }
}

extension ForgeAnswer {
    /// The words of the body's `message`, for people: one line, bounded.
    var said: String {
        struct Body: Decodable {
            struct Item: Decodable { var message: String? }
            var message: String?
            var errors: [Item]?
        }
        guard let read: Body = try? decoded() else { return "" }
        let words = [read.message].compactMap(\.self) + (read.errors ?? []).compactMap(\.message)
        return words.joined(separator: "; ").split(whereSeparator: \.isNewline).joined(separator: " ").harmless
            .cut(to: 300, ending: "…")
    }
}

extension ForgeCall {
    /// Who was asked what, for messages.
    func words(_ place: ForgePlace) -> String { "\(method) \(place.base)\(path)" }
}
