import Glibc

/// Runs a child to its end on the calling thread: request in, what it wrote out, never longer than allowed.
struct ChildRun {
    enum Outcome: Equatable {
        case ended(ChildProcess.Ending, output: [UInt8], errors: [UInt8])
        /// The deadline passed, and the whole group was killed.
        case outOfTime
        case cancelled
        /// It wrote more than `largestOutput`, and was killed.
        case tooTalkative
    }

    /// Bytes of output that are kept; a result is far smaller.
    static let largestOutput = 1 << 20
    /// Bytes of the error stream that are kept: its end, where a crash says what it was.
    static let keptErrors = 2048

    private var output: [UInt8] = []
    private var errors: [UInt8] = []
    private var isOutputOpen = true
    private var isErrorOpen = true

    /// - Parameters:
    ///   - input: sent to the child; its side of the socket stays open until the child has ended, so that the child
    ///     sees an end only when this process dies.
    ///   - deadline: on `ContinuousClock`, which goes on while the machine sleeps.
    static func run(
        _ child: consuming ChildProcess, input: [UInt8], deadline: ContinuousClock.Instant, cancellation: Cancellation
    ) -> Outcome {
        var run = ChildRun()
        // A child that died before it read all ends the loop below by closing its streams.
        try? child.input.sendAll(input)
        while run.isOutputOpen || run.isErrorOpen {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else {
                _ = child.end(killing: true)
                return .outOfTime
            }
            if run.waitAndRead(child.output, child.errors, left: left, cancellation: cancellation) {
                _ = child.end(killing: true)
                return .cancelled
            }
            if run.output.count > largestOutput {
                _ = child.end(killing: true)
                return .tooTalkative
            }
        }
        // Both streams are closed by the kernel when the child exits, so this wait is short.
        return .ended(child.end(killing: false), output: run.output, errors: run.errors)
    }

    /// Waits for something to happen and takes what came; whether it was the cancellation.
    private mutating func waitAndRead(
        _ out: borrowing Descriptor, _ err: borrowing Descriptor, left: Duration, cancellation: Cancellation
    ) -> Bool {
        var watched = [
            pollfd(fd: isOutputOpen ? out.raw : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isErrorOpen ? err.raw : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: cancellation.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        let milliseconds = min(max(left / .milliseconds(1), 1), 60_000)
        guard poll(&watched, nfds_t(watched.count), Int32(milliseconds)) > 0 else { return false }
        if watched[2].revents != 0 { return true }
        if watched[0].revents != 0 {
            let bytes = (try? out.readSome()) ?? []
            isOutputOpen = !bytes.isEmpty
            output += bytes
        }
        if watched[1].revents != 0 {
            let bytes = (try? err.readSome()) ?? []
            isErrorOpen = !bytes.isEmpty
            errors = Array((errors + bytes).suffix(Self.keptErrors))
        }
        return false
    }
}
