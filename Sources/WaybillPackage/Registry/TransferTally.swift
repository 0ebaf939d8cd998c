import Synchronization
import WaybillCore

/// Adds up how far the blobs of a transfer are.
final class TransferTally: Sendable {
    private let total: Int64
    private let done = Mutex<[Digest: Int64]>([:])
    private let sum = Mutex<Int64>(0)
    private let progress: @Sendable (Int64, Int64) -> Void

    init(total: Int64, _ progress: @escaping @Sendable (Int64, Int64) -> Void) {
        self.total = total
        self.progress = progress
    }

    /// A blob has `bytes` now: fewer than before when it began anew.
    func set(_ blob: Digest, _ bytes: Int64) {
        let change = done.withLock { done in
            defer { done[blob] = bytes }
            return bytes - (done[blob] ?? 0)
        }
        let now = sum.withLock { sum in
            sum += change
            return sum
        }
        progress(now, total)
    }
}

/// What became of the blobs of a push.
final class Outcomes: Sendable {
    private struct Counts {
        var sent = 0
        var mounted = 0
        var held = 0
        var sentSize: Int64 = 0
    }

    private let counts = Mutex(Counts())

    func add(_ outcome: RegistryClient.Uploaded, _ size: Int64) {
        counts.withLock { counts in
            switch outcome {
            case .held: counts.held += 1
            case .mounted: counts.mounted += 1
            case .sent:
                counts.sent += 1
                counts.sentSize += size
            }
        }
    }

    func fill(_ report: inout BundlePush.Report) {
        let all = counts.withLock { $0 }
        (report.sent, report.mounted, report.held, report.sentSize) = (all.sent, all.mounted, all.held, all.sentSize)
    }
}
