import Foundation
import Glibc
import WaybillCore

/// What the programs of a build wrote: line by line into a file, without secrets, bounded; and the last lines for people.
final class BuildLog {
    static let limit = 1 << 20
    private static let kept = 12
    private static let longestLine = 2000

    let path: String
    private let file: Int32
    private var written = 0
    private var line: [UInt8] = []
    private(set) var lastLines: [String] = []
    /// Words to look for while lines pass.
    private(set) var found: Set<String> = []
    private let watched: [String]

    /// Begins the file anew, or goes on at its end. Without one (a full disk) the last lines are kept all the same.
    init(path: String, watching watched: [String], continues: Bool = false) {
        self.path = path
        self.watched = watched
        file = open(path, O_WRONLY | O_CREAT | (continues ? O_APPEND : O_TRUNC) | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }

    deinit { if file >= 0 { close(file) } }

    func append(_ bytes: ArraySlice<UInt8>) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                endLine()
            } else if line.count < Self.longestLine {
                line.append(byte)
            }
        }
    }

    /// Ends a line that has no end of its own.
    func endLine() {
        guard !line.isEmpty else { return }
        let text = Redaction.redacted(String(decoding: line, as: UTF8.self))
        line.removeAll(keepingCapacity: true)
        found.formUnion(watched.filter { text.contains($0) })
        lastLines.append(text)
        if lastLines.count > Self.kept { lastLines.removeFirst() }
        let bytes = Array("\(text)\n".utf8)
        guard file >= 0, written + bytes.count <= Self.limit else { return }
        written += max(0, write(file, bytes, bytes.count))
    }
}
