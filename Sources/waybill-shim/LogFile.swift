import CLinux
import Glibc

/// The replica's log: whole lines of both streams with time and stream, in files of bounded size and number.
///
/// A full disk loses lines, never the program: what could not be written is counted, and the count is written once
/// there is room.
struct LogFile {
    private let path: String
    private let limit: Int
    private let generations: Int
    private var descriptor: Int32 = -1
    private var size = 0
    private var lost = 0
    private var partial: [String: [UInt8]] = ["out": [], "err": []]

    /// Longer lines are cut here and go on in the next line.
    private static let lineLimit = 8192

    init(path: String, limit: Int, generations: Int) {
        self.path = path
        self.limit = max(limit, 4096)
        self.generations = max(generations, 1)
    }

    /// Takes what a stream gave.
    mutating func add(_ bytes: ArraySlice<UInt8>, from stream: String, at milliseconds: Int64) {
        var line = partial[stream] ?? []
        var out: [UInt8] = []
        let stamp = Array("\(timestampText(milliseconds)) \(stream) ".utf8)
        for byte in bytes {
            if byte != 10 { line.append(byte) }
            guard byte == 10 || line.count >= Self.lineLimit else { continue }
            if size + out.count + stamp.count + line.count >= limit {
                append(out)
                out.removeAll(keepingCapacity: true)
            }
            out += stamp + line + [10]
            line.removeAll(keepingCapacity: true)
        }
        partial[stream] = line
        append(out)
    }

    /// Writes lines that have no end yet, at the end of a stream.
    mutating func finish(at milliseconds: Int64) {
        for stream in ["out", "err"] where partial[stream]?.isEmpty == false {
            add([10], from: stream, at: milliseconds)
        }
        if descriptor >= 0 { _ = fdatasync(descriptor) }
    }

    private mutating func append(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        if descriptor < 0 || size + bytes.count > limit { rotate() }
        var whole = bytes
        if lost > 0 {
            let note = "\(timestampText(wallMilliseconds())) err waybill: \(lost) bytes of log could not be written\n"
            whole = Array(note.utf8) + bytes
        }
        guard descriptor >= 0, writeAll(whole[...], to: descriptor) else {
            lost += bytes.count
            return
        }
        lost = 0
        size += whole.count
    }

    private mutating func rotate() {
        if descriptor >= 0 {
            close(descriptor)
            for number in stride(from: generations - 1, to: 0, by: -1) {
                rename(number == 1 ? path : "\(path).\(number - 1)", "\(path).\(number)")
            }
            if generations == 1 { unlink(path) }
        }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        size = descriptor < 0 ? 0 : Int(lseek(descriptor, 0, SEEK_END))
    }
}

/// RFC 3339 in UTC with milliseconds.
func timestampText(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
    let date =
        "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let time = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    return "\(date)T\(time).\(padded(Int(milliseconds % 1000), 3))Z"
}
