import Glibc

/// Calls on descriptors that the system may do in parts.
enum Descriptor {
    /// Writes until all is written or the system refuses.
    ///
    /// - Returns: how many bytes were written; `errno` says why not more.
    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Int {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        return bytes.count - rest.count
    }

    /// Whether all of `bytes` was written.
    static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) -> Bool {
        write(bytes, to: descriptor) == bytes.count
    }
}
