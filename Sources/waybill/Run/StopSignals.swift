@preconcurrency import Dispatch
import Glibc
import Synchronization

/// SIGTERM and SIGINT, turned into something to wait for. SIGPIPE is ignored: a client that went away is no reason to end.
struct StopSignals: Sendable {
    private let stream: AsyncStream<Void>
    private let asked: Flag
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, writer) = AsyncStream<Void>.makeStream()
        let asked = Flag()
        (self.stream, self.asked) = (stream, asked)
        signal(SIGPIPE, SIG_IGN)
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                asked.isSet.store(true, ordering: .relaxed)
                writer.yield()
            }
            source.resume()
            return source
        }
    }

    /// Returns at the first signal, or when the task is cancelled. For one task.
    func wait() async { for await _ in stream { return } }

    /// Whether there was a signal.
    var isAsked: Bool { asked.isSet.load(ordering: .relaxed) }

    private final class Flag: Sendable {
        let isSet = Atomic(false)
    }
}
