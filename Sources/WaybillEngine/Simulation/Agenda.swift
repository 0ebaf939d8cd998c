import WaybillCore

/// Something that will happen in a simulation at its time.
enum Happening: Sendable {
    case wake(epoch: Int, token: Int)
    case snapshot(epoch: Int, EffectID)
    case act(epoch: Int, EffectID)
    case answer(epoch: Int, EffectID)
    case recorded(epoch: Int, UInt64, isDurable: Bool)
    case recalled(epoch: Int, DeploymentKey, CommitID)
    case ready(ReplicaID)
    case ended(ReplicaID)
    case crashes(ReplicaID)
    case tableTaken
    case collect(epoch: Int, CollectRequest)
    case requestsEnd(ReplicaID)
    case fault
    case push
    case start(epoch: Int)
    case ledgerBack
    case gatewayBack
    case gatewayMissed(epoch: Int)
    case quiet
    /// People say again what was refused while the last commit was not in force yet.
    case repeated
}

/// What will happen, by time; of two at one time the one asked for first.
struct Agenda: Sendable {
    private var heap: [(time: Int64, order: Int, what: Happening)] = []
    private var nextOrder = 0

    mutating func add(_ what: Happening, at time: Int64) {
        nextOrder += 1
        let index = heap.partitioningIndex { ($0.time, $0.order) < (time, nextOrder) }
        heap.insert((time, nextOrder, what), at: index)
    }

    mutating func next() -> (time: Int64, what: Happening)? { heap.popLast().map { ($0.time, $0.what) } }
}

extension [(time: Int64, order: Int, what: Happening)] {
    /// The first index whose element satisfies `belongs`, of elements sorted so that those come last.
    fileprivate func partitioningIndex(where belongs: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
