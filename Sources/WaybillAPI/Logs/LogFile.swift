import Glibc

/// Reads one stream of a log that another process writes and rotates by renaming: its last lines, then what is added.
///
/// Not for use by two tasks at once.
final class LogFile {
    /// Longer lines are cut into pieces of this many bytes.
    static let longestLine = 64 * 1024
    /// The most that is read to find the last lines.
    static let longestTail: Int = 8 * 1024 * 1024
    private static let chunk = 64 * 1024

    private let files: [String]
    private var descriptor: Int32 = -1
    private var offset: Int = 0
    /// Bytes after the last line end.
    private var rest: [UInt8] = []

    /// - Parameter files: oldest first; the last one is written to.
    init(files: [String]) { self.files = files }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The last `count` lines, an unfinished one included; what is added later comes from `added`.
    func tail(_ count: Int) -> [String] {
        reopen()
        guard let size = size(of: descriptor) else { return [] }
        offset = max(0, size - Self.longestTail)
        let isCut = offset > 0
        var lines = added()
        // Past the limit the first line may have lost its beginning.
        if isCut, !lines.isEmpty { lines.removeFirst() }
        for older in files.dropLast().reversed() where lines.count < count && !isCut {
            lines = LogFile(files: [older]).tail(count - lines.count) + lines
        }
        if !rest.isEmpty {
            lines.append(String(decoding: rest, as: UTF8.self))
            rest = []
        }
        return Array(lines.suffix(count))
    }

    /// Lines that were finished since the last call. Follows the file when it is renamed away or cut short.
    func added() -> [String] {
        if descriptor < 0 { reopen() }
        var lines = read()
        if hasSuccessor() {
            lines += read()
            if !rest.isEmpty { lines.append(takeRest()) }
            reopen()
            lines += read()
        }
        return lines
    }

    private func read() -> [String] {
        guard descriptor >= 0 else { return [] }
        if let size = size(of: descriptor), size < offset { offset = 0 }
        var lines: [String] = []
        var buffer = [UInt8](repeating: 0, count: Self.chunk)
        while true {
            let count = pread(descriptor, &buffer, buffer.count, offset)
            guard count > 0 else { return lines }
            offset += Int(count)
            split(buffer[..<count], into: &lines)
        }
    }

    private func split(_ bytes: ArraySlice<UInt8>, into lines: inout [String]) {
        for piece in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if piece.offset > 0 { lines.append(takeRest()) }
            rest.append(contentsOf: piece.element)
            while rest.count > Self.longestLine {
                lines.append(String(decoding: rest.prefix(Self.longestLine), as: UTF8.self))
                rest.removeFirst(Self.longestLine)
            }
        }
    }

    private func takeRest() -> String {
        defer { rest = [] }
        return String(decoding: rest, as: UTF8.self)
    }

    private func reopen() {
        if descriptor >= 0 { close(descriptor) }
        // Not blocking, so that a pipe put in a log's place cannot hold the reader.
        descriptor = files.last.map { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) } ?? -1
        offset = 0
    }

    private func hasSuccessor() -> Bool {
        var mine = stat()
        var current = stat()
        guard descriptor >= 0, let path = files.last, fstat(descriptor, &mine) == 0, stat(path, &current) == 0 else {
            return false
        }
        return mine.st_ino != current.st_ino || mine.st_dev != current.st_dev
    }

    private func size(of descriptor: Int32) -> Int? {
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { return nil }
        return Int(status.st_size)
    }
}
