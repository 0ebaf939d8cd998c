import CLinux
import Glibc

/// Stays with a running program: takes its output, hears requests, watches limits, ends it when due, writes down how it ended.
struct Keeper {
    private let folder: String
    private let limits: Limits
    private let signals: Int32
    private let control: Int32
    private let program: Int32
    private var log: LogFile
    private var ending: Ending
    private var streams: [(name: String, descriptor: Int32)]
    private var status: Int32?
    private var endedAt: Int64 = 0
    private var nextLook: Int64 = 0
    private var answer: AnswerFile?
    /// When its time is over, by the steady clock.
    private let deadline: Int64?

    private static let lookEvery: Int64 = 200

    init(folder: String, spec: StartSpec, launch: Launch, limits: Limits, signals: Int32, control: Int32) {
        self.folder = folder
        self.limits = limits
        self.signals = signals
        self.control = control
        program = launch.pid
        log = LogFile(path: "\(folder)/log", limit: spec.logSize, generations: spec.logGenerations)
        ending = Ending(grace: spec.grace)
        streams = [("out", launch.output), ("err", launch.errors)]
        answer = spec.question.map { AnswerFile(path: $0.output, limit: $0.outputSize) }
        deadline = spec.question.map { steadyMilliseconds() + max($0.time, 0) }
    }

    /// Returns once nothing of the replica is left and its end is written down.
    mutating func run() -> Int32 {
        while ending.phase != .over {
            wait()
            hearSignals()
            hearControl()
            takeOutput()
            reap()
            look()
            perform(.tick)
        }
        finish()
        return 0
    }

    private func wait() {
        let now = steadyMilliseconds()
        var due = ending.nextTick(after: now)
        if ending.phase == .running, let deadline { due = min(due ?? deadline, deadline) }
        if limits.memory != nil, limits.cgroup == nil { due = min(due ?? nextLook, nextLook) }
        var polled = ([signals, control] + streams.map(\.descriptor)).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        _ = poll(&polled, nfds_t(polled.count), due.map { Int32(max(0, min($0 - now, 60_000))) } ?? -1)
    }

    private mutating func hearSignals() {
        var info = signalfd_siginfo()
        while read(signals, &info, MemoryLayout<signalfd_siginfo>.size) == MemoryLayout<signalfd_siginfo>.size {
            if info.ssi_signo == UInt32(SIGTERM) {
                perform(.stopAsked(reason: "the keeper was told to stop by a signal"))
            }
        }
    }

    private mutating func hearControl() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(control, &buffer, buffer.count)
        guard count > 0 else { return }
        for line in buffer[0..<count].split(separator: 10) where line.starts(with: "stop".utf8) {
            let reason = String(decoding: line.dropFirst(5), as: UTF8.self)
            perform(.stopAsked(reason: reason.isEmpty ? "told to stop" : reason))
        }
    }

    private mutating func takeOutput() {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        for stream in streams {
            let count = read(stream.descriptor, &buffer, buffer.count)
            if count > 0 { take(buffer[0..<count], from: stream.name) }
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) {
                close(stream.descriptor)
                streams.removeAll { $0.descriptor == stream.descriptor }
            }
        }
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>, from stream: String) {
        guard stream == "out", answer != nil else {
            log.add(bytes, from: stream, at: wallMilliseconds())
            return
        }
        if let reason = answer?.add(bytes) { perform(.limitPassed(reason: reason)) }
    }

    /// Takes children that ended. While the program itself is still to be taken its number cannot be another group's,
    /// so the group is signalled for the last time before.
    private mutating func reap() {
        while true {
            let pid = waybill_peek_ended_child()
            guard pid > 0 else {
                if pid < 0, status != nil { perform(.allGone) }
                return
            }
            if pid == program {
                endedAt = wallMilliseconds()
                perform(.programEnded)
            }
            var raw: Int32 = 0
            waitpid(pid, &raw, 0)
            if pid == program { status = raw }
        }
    }

    private mutating func look() {
        let now = steadyMilliseconds()
        if ending.phase == .running, let deadline, now >= deadline {
            perform(.limitPassed(reason: "its time is over"))
        }
        guard ending.phase == .running, limits.memory != nil, now >= nextLook else { return }
        nextLook = now + Self.lookEvery
        if let reason = limits.passed(under: getpid()) { perform(.limitPassed(reason: reason)) }
    }

    private mutating func perform(_ event: Ending.Event) {
        for action in ending.handle(event, now: steadyMilliseconds()) {
            switch action {
            case .askGroup: if status == nil { kill(-program, SIGTERM) }
            case .killGroup: killAll()
            case .finish: break
            }
        }
    }

    /// The program's group, and whatever children have come to us; those below them come to us when these are gone.
    private func killAll() {
        if status == nil { kill(-program, SIGKILL) }
        for child in Processes.children(of: getpid()) where child != program { kill(child, SIGKILL) }
    }

    private mutating func finish() {
        for _ in 0..<64 where !streams.isEmpty {
            var polled = streams.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), 0) > 0 else { break }
            takeOutput()
        }
        log.finish(at: wallMilliseconds())
        let reason = ending.reason ?? limits.endedByKernel()
        let record = ExitRecord(folder: folder)
        switch status {
        case let status? where status & 0x7f == 0:
            record.write(cause: "code", number: Int(status >> 8) & 0xff, at: endedAt, reason: reason)
        case let status?:
            record.write(cause: "signal", number: Int(status & 0x7f), at: endedAt, reason: reason)
        case nil:
            record.write(cause: "unknown", number: 0, at: wallMilliseconds(), reason: reason)
        }
        limits.remove()
    }
}
