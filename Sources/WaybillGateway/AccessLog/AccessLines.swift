import NIOHTTP1
import WaybillCore
import WaybillTrust

/// One loop's lines on their way to the access log. Touched on that loop only.
final class AccessLines {
    private let log: AccessLog
    private var bytes = ByteWriter(capacity: AccessLines.handful + 16 * 1024)
    private var lines: UInt64 = 0
    /// The second of the last line, and its text up to the point.
    private var second: (number: UInt64, text: String) = (0, "1970-01-01T00:00:00.")

    /// Bytes that are handed over at once; fewer at the loop's next tick.
    static let handful = 32 * 1024

    init(_ log: AccessLog) { self.log = log }

    func append(_ line: AccessLine, at nanoseconds: UInt64) {
        line.append(to: &bytes, second: text(ofSecond: nanoseconds / 1_000_000_000), nanoseconds % 1_000_000_000)
        lines += 1
        if bytes.count >= Self.handful { handOver() }
    }

    func handOver() {
        guard lines > 0 else { return }
        log.take(bytes.bytes, lines: lines)
        bytes.truncate(to: 0)
        lines = 0
    }

    private func text(ofSecond number: UInt64) -> String {
        if second.number != number {
            let text = Timestamp(milliseconds: Int64(number) * 1000).description
            second = (number, String(text.prefix(19)) + ".")
        }
        return second.text
    }
}

/// What the access log says of one request: who asked for what, who answered, how it ended. No query, no header field and no body, which may
/// hold what nobody else is to read.
struct AccessLine {
    enum Ending {
        case answered(status: Int)
        /// The gateway answered of its own.
        case refused(status: Int, why: String)
        /// The client went away before an answer.
        case cancelled
        /// The answer broke off.
        case broken(status: Int)
    }

    var id: PredictionID
    /// As `production/churn`; nil: nothing was routed.
    var deployment: String?
    var revision: String?
    var version: String?
    var replica: String?
    var method: String
    /// Without a query.
    var path: Substring
    var requestID: String?
    var ending: Ending
    /// Bytes of the bodies.
    var received: Int64
    var sent: Int64
    var nanoseconds: UInt64

    /// Characters of a path that are told at most.
    static let longestPath = 512

    fileprivate func append(to bytes: inout ByteWriter, second: String, _ rest: UInt64) {
        bytes.append("{\"time\":\"")
        bytes.append(utf8: second)
        Self.append(thousandths: rest / 1_000_000, to: &bytes)
        bytes.append("Z\",\"id\":\"")
        withUnsafeTemporaryAllocation(byteCount: PredictionID.textLength, alignment: 1) { text in
            id.fill(text)
            bytes.append(UnsafeRawBufferPointer(text))
        }
        bytes.append("\"")
        member(",\"deployment\":", deployment, &bytes)
        member(",\"revision\":", revision, &bytes)
        member(",\"version\":", version, &bytes)
        member(",\"replica\":", replica, &bytes)
        member(",\"method\":", method, &bytes)
        let isLong = path.utf8.count > Self.longestPath
        member(",\"path\":", isLong ? path.prefix(Self.longestPath) + "…" : String(path), &bytes)
        member(",\"requestId\":", requestID, &bytes)
        end(&bytes)
        number(",\"received\":", UInt64(max(0, received)), &bytes)
        number(",\"sent\":", UInt64(max(0, sent)), &bytes)
        number(",\"ms\":", nanoseconds / 1_000_000, &bytes)
        bytes.append(".")
        Self.append(thousandths: nanoseconds / 1000 % 1000, to: &bytes)
        bytes.append("}\n")
    }

    private func end(_ bytes: inout ByteWriter) {
        switch ending {
        case .answered(let status): number(",\"status\":", UInt64(status), &bytes)
        case .refused(let status, let why):
            number(",\"status\":", UInt64(status), &bytes)
            member(",\"refused\":", why, &bytes)
        case .cancelled: bytes.append(",\"ended\":\"cancelled\"")
        case .broken(let status):
            number(",\"status\":", UInt64(status), &bytes)
            bytes.append(",\"ended\":\"broken\"")
        }
    }

    private func member(_ name: StaticString, _ text: String?, _ bytes: inout ByteWriter) {
        guard let text else { return }
        bytes.append(name)
        WaybillTrust.JSONWriter.append(string: text, to: &bytes)
    }

    private func number(_ name: StaticString, _ number: UInt64, _ bytes: inout ByteWriter) {
        bytes.append(name)
        WaybillTrust.JSONWriter.append(number: number, to: &bytes)
    }

    private static func append(thousandths number: UInt64, to bytes: inout ByteWriter) {
        if number < 100 { bytes.append("0") }
        if number < 10 { bytes.append("0") }
        WaybillTrust.JSONWriter.append(number: number, to: &bytes)
    }
}
