package import Foundation

/// A folder of its own for one test, removed with everything in it when `body` ends.
package func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "waybill-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    do {
        let result = try await body(folder)
        try remove(folder)
        return result
    } catch {
        try? remove(folder)
        throw error
    }
}

/// What the test let go of may still be removing a part of the folder itself, from another thread: what vanished meanwhile is no failure,
/// and the rest is removed by another turn.
private func remove(_ folder: URL) throws {
    for _ in 0..<20 {
        do { return try FileManager.default.removeItem(at: folder) } catch CocoaError.fileNoSuchFile {
            if !FileManager.default.fileExists(atPath: folder.path) { return }
        }
    }
    try FileManager.default.removeItem(at: folder)
}
