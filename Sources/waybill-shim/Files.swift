import CLinux
import Glibc

/// Writes all of `text`, best effort: for messages whose reader may be gone.
func write(_ text: String, to descriptor: Int32) { _ = writeAll(Array(text.utf8)[...], to: descriptor) }

/// Writes all of `bytes`, going on after signals and short writes.
func writeAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
    }
    return true
}

/// What `descriptor` gives up to its end or `limit` bytes; nil when reading fails.
func readAll(_ descriptor: Int32, limit: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < limit {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { return nil }
        if count == 0 { break }
        bytes += buffer[0..<count]
    }
    return bytes
}

/// The bytes of a file, at most `limit`; nil when it cannot be read.
func contents(_ path: String, limit: Int = 1 << 20) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return readAll(descriptor, limit: limit)
}

func contentsText(_ path: String) -> String? { contents(path).map { String(decoding: $0, as: UTF8.self) } }

/// Replaces `folder/name` in one durable step: a reader sees the old bytes or the new ones, also after a power cut.
func replaceDurably(_ name: String, in folder: String, with bytes: [UInt8]) -> Bool {
    let temporary = "\(folder)/.\(name).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return false }
    let isWritten = writeAll(bytes[...], to: descriptor) && fsync(descriptor) == 0
    close(descriptor)
    return isWritten && rename(temporary, "\(folder)/\(name)") == 0 && syncFolder(folder)
}

func syncFolder(_ folder: String) -> Bool {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0
}

/// Milliseconds of the wall clock since 1970.
func wallMilliseconds() -> Int64 { milliseconds(CLOCK_REALTIME) }

/// Milliseconds of a clock that is never set back.
func steadyMilliseconds() -> Int64 { milliseconds(CLOCK_MONOTONIC) }

private func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

/// The kind, rights and owner of what `path` leads to; nil when it leads nowhere.
func fileStatus(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
}
