/// One line of a replica's log.
package struct LogLine: Hashable, Sendable, Codable {
    package var replica: String
    /// When the keeper read it, RFC 3339 in UTC with milliseconds; absent when the line has no such beginning.
    package var time: String?
    /// `out` or `err`.
    package var stream: String?
    /// Without its line end; bytes that are not UTF-8 are replaced.
    package var text: String

    package init(replica: String, time: String?, stream: String?, text: String) {
        self.replica = replica
        self.time = time
        self.stream = stream
        self.text = text
    }

    /// Reads a line as the keeper writes it, `2026-11-23T15:04:05.678Z out text`; any other line is all text.
    init(replica: String, line: String) {
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isTime(parts[0]), parts[1] == "out" || parts[1] == "err" else {
            self.init(replica: replica, time: nil, stream: nil, text: line)
            return
        }
        self.init(replica: replica, time: String(parts[0]), stream: String(parts[1]), text: String(parts[2]))
    }

    private static func isTime(_ text: Substring) -> Bool {
        let pattern = "0000-00-00T00:00:00.000Z"
        return text.utf8.count == pattern.utf8.count
            && zip(text.utf8, pattern.utf8).allSatisfy { byte, form in
                form == UInt8(ascii: "0") ? (48...57).contains(byte) : byte == form
            }
    }
}
