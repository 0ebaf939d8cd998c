import Glibc

/// A failed system call.
struct SystemError: Error, CustomStringConvertible {
    let code: Int32

    init(code: Int32) { self.code = code }

    /// The error of the system call that just failed on this thread.
    static var last: SystemError { SystemError(code: errno) }

    var description: String { String(cString: strerror(code)) }
}

/// The one owner of an open file descriptor, closed with it. Every descriptor made here is closed on exec.
struct Descriptor: ~Copyable {
    let raw: Int32

    init(_ raw: Int32) { self.raw = raw }

    deinit { close(raw) }

    /// What is there to read, at most 64 KiB; empty at the end of the stream.
    func readSome() throws(SystemError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(raw, &buffer, buffer.count)
            if count >= 0 { return Array(buffer[..<count]) }
            guard errno == EINTR else { throw .last }
        }
    }

    /// Sends all of `bytes` over a socket; a peer that is gone is an error, never a signal.
    func sendAll(_ bytes: [UInt8]) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                send(raw, buffer.baseAddress?.advanced(by: offset), bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                offset += count
            } else if errno != EINTR {
                throw .last
            }
        }
    }
}

/// Two connected sockets.
struct SocketPair: ~Copyable {
    let ours: Descriptor
    let theirs: Descriptor

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw .last }
        ours = Descriptor(ends[0])
        theirs = Descriptor(ends[1])
    }
}
