import Glibc

/// Descriptors over a Unix socket (SCM_RIGHTS, unix(7)). The C macros that lay out the control message are not visible
/// to Swift; the layout is that of 64-bit Linux: a 16-byte header, then the descriptors, padded to 8 bytes.
enum DescriptorPassing {
    private static let headerSize = 16

    /// Sends `bytes` with `descriptors`, which stay open here.
    static func send(_ bytes: [UInt8], with descriptors: [CInt], to socket: CInt) -> Bool {
        var control = [UInt8](repeating: 0, count: headerSize + (descriptors.count * 4 + 7) / 8 * 8)
        control.withUnsafeMutableBytes { buffer in
            buffer.storeBytes(of: headerSize + descriptors.count * 4, toByteOffset: 0, as: Int.self)
            buffer.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: CInt.self)
            buffer.storeBytes(of: CInt(SCM_RIGHTS), toByteOffset: 12, as: CInt.self)
            for (index, descriptor) in descriptors.enumerated() {
                buffer.storeBytes(of: descriptor, toByteOffset: headerSize + index * 4, as: CInt.self)
            }
        }
        var bytes = bytes
        let sent = withMessage(&bytes, &control) { sendmsg(socket, &$0, Int32(MSG_NOSIGNAL)) }
        return sent == bytes.count
    }

    /// Receives up to `limit` bytes with what descriptors came along, closed on exec. Nil on a time-out, an error or the end.
    static func receive(limit: Int, from socket: CInt) -> (bytes: [UInt8], descriptors: [CInt])? {
        var bytes = [UInt8](repeating: 0, count: limit)
        var control = [UInt8](repeating: 0, count: headerSize + 8 * 4)
        var controlLength = 0
        let received = withMessage(&bytes, &control) { message in
            let count = recvmsg(socket, &message, Int32(MSG_CMSG_CLOEXEC))
            controlLength = Int(message.msg_controllen)
            return count
        }
        guard received > 0 else { return nil }
        return (Array(bytes[..<received]), descriptors(in: control, length: controlLength))
    }

    private static func descriptors(in control: [UInt8], length: Int) -> [CInt] {
        guard length >= headerSize else { return [] }
        return control.withUnsafeBytes { buffer in
            let messageLength = min(buffer.loadUnaligned(fromByteOffset: 0, as: Int.self), length)
            guard buffer.loadUnaligned(fromByteOffset: 8, as: CInt.self) == SOL_SOCKET,
                buffer.loadUnaligned(fromByteOffset: 12, as: CInt.self) == CInt(SCM_RIGHTS)
            else { return [] }
            return stride(from: headerSize, to: messageLength - 3, by: 4).map {
                buffer.loadUnaligned(fromByteOffset: $0, as: CInt.self)
            }
        }
    }

    private static func withMessage(
        _ bytes: inout [UInt8], _ control: inout [UInt8], _ body: (inout msghdr) -> Int
    ) -> Int {
        bytes.withUnsafeMutableBytes { payload in
            control.withUnsafeMutableBytes { ancillary in
                var vector = iovec(iov_base: payload.baseAddress, iov_len: payload.count)
                return withUnsafeMutablePointer(to: &vector) { pointer in
                    var message = msghdr()
                    message.msg_iov = pointer
                    message.msg_iovlen = 1
                    message.msg_control = ancillary.baseAddress
                    message.msg_controllen = ancillary.count
                    return body(&message)
                }
            }
        }
    }
}
