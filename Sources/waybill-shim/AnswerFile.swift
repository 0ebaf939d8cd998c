import Glibc

/// What a program that is asked once writes to its standard output, in a file of bounded size.
struct AnswerFile {
    private let limit: Int
    private let descriptor: Int32
    private var size = 0

    init(path: String, limit: Int) {
        self.limit = limit
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    }

    /// Takes what the stream gave; why the program must end, if it must.
    mutating func add(_ bytes: ArraySlice<UInt8>) -> String? {
        guard size < limit else { return nil }
        let kept = bytes.prefix(limit - size)
        size += kept.count
        guard descriptor >= 0, writeAll(kept, to: descriptor) else {
            size = limit
            return "its output cannot be kept: the disk may be full"
        }
        return size < limit ? nil : "it wrote \(limit) bytes or more"
    }
}
