import Glibc

/// How a replica ended, written down so that it is there after a full disk or a power cut.
///
/// The room for it is taken before the program starts; at the end the bytes go into that room, to the disk, and to
/// their name, in this order.
struct ExitRecord {
    let folder: String

    private static let room = 4096
    private var reserved: String { "\(folder)/.exit.room" }

    func reserve() -> Bool {
        let descriptor = open(reserved, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return writeAll([UInt8](repeating: 10, count: Self.room)[...], to: descriptor) && fsync(descriptor) == 0
            && syncFolder(folder)
    }

    func write(cause: String, number: Int, at milliseconds: Int64, reason: String?) {
        var fields = Fields()
        fields.add("format", "waybill.exit/1")
        fields.add("cause", cause)
        fields.add("number", String(number))
        fields.add("at", String(milliseconds))
        if let reason { fields.add("reason", String(decoding: reason.utf8.prefix(3000), as: UTF8.self)) }
        var bytes = Array(fields.bytes.prefix(Self.room - 1))
        bytes += [UInt8](repeating: 10, count: Self.room - bytes.count)
        let descriptor = open(reserved, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        _ = writeAll(bytes[...], to: descriptor)
        _ = fsync(descriptor)
        close(descriptor)
        rename(reserved, "\(folder)/exit")
        _ = syncFolder(folder)
    }
}
