import Foundation
import Glibc
import Synchronization
import WaybillCore

/// One line on a terminal's standard error that is written over as work goes on; nothing anywhere else.
final class ProgressLine: Sendable {
    private struct State {
        var text = ""
        var shown: ContinuousClock.Instant?
    }

    /// How often the line changes at most, however often it is told.
    static let interval = Duration.milliseconds(100)

    private let isShown: Bool
    private let now: @Sendable () -> ContinuousClock.Instant
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())

    init(
        isShown: Bool, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        write: @escaping @Sendable (String) -> Void
    ) {
        self.isShown = isShown
        self.now = now
        self.write = write
    }

    convenience init(_ console: Console) {
        self.init(isShown: console.isErrorTerminal) { text in
            let bytes = Array(text.utf8)
            _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
        }
    }

    /// `packaging 3.1 GiB of 4.8 GiB (64 %)`, when that is not what stands there; at the end in any case, before it now and then.
    func show(_ what: String, _ done: Int64, of total: Int64) {
        guard isShown else { return }
        let text = Self.text(what, done, of: total)
        let now = now()
        let isDue = state.withLock { state in
            if state.text == text { return false }
            if let shown = state.shown, now - shown < Self.interval, done < total { return false }
            state = State(text: text, shown: now)
            return true
        }
        if isDue { write("\r\u{1b}[K\(text)") }
    }

    func clear() { if isShown { write("\r\u{1b}[K") } }

    /// Shows what `look` says, bytes that are done and those of all, again and again while `body` works; then clears the line.
    func following<Result>(
        _ what: String, _ look: @escaping @Sendable () -> (done: Int64, total: Int64), _ body: () async throws -> Result
    ) async throws -> Result {
        guard isShown else { return try await body() }
        defer { clear() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                repeat {
                    let (done, total) = look()
                    self.show(what, done, of: total)
                } while (try? await Task.sleep(for: Self.interval)) != nil
            }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Lets `body` say what it is at; then clears the line.
    func saying<Result>(_ body: (@escaping @Sendable (String) -> Void) async throws -> Result) async throws -> Result {
        defer { clear() }
        return try await body { text in
            if self.isShown { self.write("\r\u{1b}[K\(text.harmless) …") }
        }
    }

    static func text(_ what: String, _ done: Int64, of total: Int64) -> String {
        let percent = total > 0 ? Int64(Double(done) / Double(total) * 100) : 100
        return "\(what) \(Bytes.text(done)) of \(Bytes.text(total)) (\(percent) %)"
    }
}
