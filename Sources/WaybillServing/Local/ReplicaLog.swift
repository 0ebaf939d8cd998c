import CLinux
import Glibc
import WaybillCore

/// The log of one replica: what its program wrote, each line with time and stream, in a few files of bounded size.
package struct ReplicaLog: Sendable {
    private let path: String

    /// `folder` is the replica's folder, as `LocalTarget.log(of:)` or a reader of the state folder knows it.
    package init(folder: String) { path = "\(folder)/log" }

    private init(log: String) { path = log }

    /// The files that are there, oldest first.
    package var files: [String] {
        let older = (1..<100).prefix { Disk.exists("\(path).\($0)") }.map { "\(path).\($0)" }
        return Array(older.reversed()) + (Disk.exists(path) ? [path] : [])
    }

    /// The last lines, oldest first, at most `count` of them and 1 MiB. Control characters are made visible. Blocks.
    package func tail(_ count: Int) -> [String] {
        var lines: [String] = []
        for file in files.reversed() where lines.count < count {
            let bytes = Self.end(of: file, 1 << 20)
            lines = bytes.split(separator: 10).suffix(count - lines.count).map { Self.harmless($0) } + lines
        }
        return lines
    }

    /// New lines as they come, from now on, through rotations; ends when the caller's task is cancelled or `isOver`
    /// says that nothing more can come.
    package func follow(every pause: Duration = .milliseconds(250), until isOver: @escaping @Sendable () -> Bool)
        -> AsyncStream<String>
    {
        let cursor = Cursor(path: path)
        return AsyncStream {
            while !Task.isCancelled {
                let isLast = isOver()
                if let line = await offloaded({ cursor.next() }) { return line }
                if isLast { return nil }
                try? await Task.sleep(for: pause)
            }
            return nil
        }
    }

    /// What the program said last, without time and stream: at most 20 lines of at most 500 characters.
    package func lastWords() -> [String] {
        tail(20).map { line in
            let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            return String((parts.count == 3 ? parts[2] : line[...]).prefix(500))
        }
    }

    private static func end(of file: String, _ limit: Int) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        lseek(descriptor, max(0, size - off_t(limit)), SEEK_SET)
        let bytes = Disk.readAll(descriptor, limit: limit) ?? []
        guard size > limit, let cut = bytes.firstIndex(of: 10) else { return bytes }
        return Array(bytes[(cut + 1)...])
    }

    /// A log is written by a program that may be hostile: nothing in it may move a terminal's cursor.
    fileprivate static func harmless(_ line: some Sequence<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: Array(line), as: UTF8.self).unicodeScalars {
            let category = scalar.properties.generalCategory
            if scalar == "\t" || (category != .control && category != .format) {
                text.unicodeScalars.append(scalar)
            } else {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return text
    }

    /// A place in the log that moves on. Used by one task at a time.
    private final class Cursor: @unchecked Sendable {  // guarded by the stream, which asks for one element at a time
        private let path: String
        private var descriptor: Int32
        private var rest: [UInt8] = []
        private var waiting: ArraySlice<String> = []

        init(path: String) {
            self.path = path
            descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            if descriptor >= 0 { lseek(descriptor, 0, SEEK_END) }
        }

        deinit { if descriptor >= 0 { close(descriptor) } }

        /// The next whole line, if one has come.
        func next() -> String? {
            if waiting.isEmpty { waiting = take()[...] }
            return waiting.popFirst()
        }

        /// Whole lines that came since the last call, also from files that were begun and renamed in between.
        private func take() -> [String] {
            var isMore = true
            while isMore {
                if descriptor >= 0 { rest += Disk.readAll(descriptor, limit: 64 << 20) ?? [] }
                isMore = moveOn()
            }
            guard let last = rest.lastIndex(of: 10) else { return [] }
            let lines = rest[...last].split(separator: 10).map { ReplicaLog.harmless($0) }
            rest.removeSubrange(...last)
            return lines
        }

        /// Opens the file after the one that is held; false when that is still the last.
        private func moveOn() -> Bool {
            var held = stat()
            let isHeld = descriptor >= 0 && fstat(descriptor, &held) == 0
            let files = ReplicaLog(log: path).files
            let place = files.firstIndex { file in
                var named = stat()
                return isHeld && stat(file, &named) == 0 && named.st_ino == held.st_ino
            }
            // A file that is gone was older than all that are there.
            guard let next = files.dropFirst(place.map { $0 + 1 } ?? 0).first else { return false }
            let opened = open(next, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard opened >= 0 else { return false }
            if descriptor >= 0 { close(descriptor) }
            descriptor = opened
            return true
        }
    }
}
