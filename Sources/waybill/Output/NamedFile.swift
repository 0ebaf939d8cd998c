import Foundation
import WaybillCore

/// Files that people name, read within a bound.
enum FileInput {
    /// - Throws: `Unreadable`, which names the file; also for one of more than `limit` bytes.
    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: limit + 1) ?? Data()
        else { throw Failure(.stall, reason: "Unreadable", message: "\(path): cannot be read") }
        guard data.count <= limit else {
            throw Failure(.stall, reason: "Unreadable", message: "\(path): has more than \(limit) bytes")
        }
        return Array(data)
    }
}

/// Files that commands write for people.
enum FileOutput {
    /// Replaces the file as a whole.
    ///
    /// - Throws: `FileUnwritable`, which names it.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        do { try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw Failure(
                .stall, reason: "FileUnwritable", message: "\(path): cannot be written: \(error.localizedDescription)")
        }
    }
}
