import Foundation
import Glibc
import Synchronization
import WaybillCore

/// One line on a terminal's standard error that is written over as work goes on; nothing anywhere else.
final class ProgressLine: Sendable {
    private let isShown: Bool
    private let last = Mutex<Int64>(-1)

    init(_ console: Console) { isShown = console.isErrorTerminal }

    /// `packaging 3.1/4.8 GiB (64 %)`, when it differs from what is there by a percent.
    func show(_ what: String, _ done: Int64, of total: Int64) {
        guard isShown else { return }
        let percent = total > 0 ? Int64(Double(done) / Double(total) * 100) : 100
        let isNew = last.withLock { last in
            defer { last = percent }
            return last != percent
        }
        if isNew { write("\r\u{1b}[K\(Self.text(what, done, of: total))") }
    }

    func clear() { if isShown { write("\r\u{1b}[K") } }

    static func text(_ what: String, _ done: Int64, of total: Int64) -> String {
        let percent = total > 0 ? Int64(Double(done) / Double(total) * 100) : 100
        return "\(what) \(Bytes.text(done)) of \(Bytes.text(total)) (\(percent) %)"
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
