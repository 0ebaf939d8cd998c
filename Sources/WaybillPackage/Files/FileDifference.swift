import Glibc
import WaybillCore

/// Where two files part.
enum FileDifference {
    /// The first byte in which the file at `path` is not the one at `other`; the end of the shorter one when it is how the longer one
    /// begins; nil for equal files, and when one cannot be read.
    static func offset(of path: String, from other: String, _ cancellation: Cancellation) -> Int64? {
        let files = [path, other].map { (file: String) in open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) }
        defer { for file in files where file >= 0 { close(file) } }
        guard files.allSatisfy({ $0 >= 0 }) else { return nil }
        var left = [UInt8](repeating: 0, count: 1 << 20)
        var right = left
        var offset: Int64 = 0
        while !cancellation.isCancelled {
            guard let (one, two) = both(files, &left, &right, at: offset) else { return nil }
            let common = min(one, two)
            let differing = (0..<common).first { left[$0] != right[$0] }
            if let differing { return offset + Int64(differing) }
            if one != two { return offset + Int64(common) }
            if one == 0 { return nil }
            offset += Int64(common)
        }
        return nil
    }

    private static func both(
        _ files: [Int32], _ left: inout [UInt8], _ right: inout [UInt8], at offset: Int64
    ) -> (Int, Int)? {
        guard let one = fill(&left, from: files[0], at: offset), let two = fill(&right, from: files[1], at: offset)
        else {
            return nil
        }
        return (one, two)
    }

    /// As many bytes as there are for the buffer.
    private static func fill(_ buffer: inout [UInt8], from file: Int32, at offset: Int64) -> Int? {
        var filled = 0
        while filled < buffer.count {
            let count = buffer.withUnsafeMutableBytes { bytes in
                pread(
                    file, bytes.baseAddress?.advanced(by: filled), bytes.count - filled, off_t(offset) + off_t(filled))
            }
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            filled += count
        }
        return filled
    }
}
