import WaybillCore

/// Which deployment is due when. A key is in it at most once; of two requests the earlier wins; equal times are served
/// in the order of asking.
struct KeyQueue: Sendable {
    private struct Entry: Sendable {
        var time: Timestamp
        var order: UInt64
        var key: DeploymentKey

        func precedes(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
    }

    /// A binary heap; entries that `due` no longer confirms are passed over.
    private var heap: [Entry] = []
    private var due: [DeploymentKey: (time: Timestamp, order: UInt64)] = [:]
    private var nextOrder: UInt64 = 0

    var count: Int { due.count }
    func time(of key: DeploymentKey) -> Timestamp? { due[key]?.time }

    /// Asks for `key` at `time`; a later request than one that stands changes nothing.
    mutating func schedule(_ key: DeploymentKey, at time: Timestamp) {
        if let standing = due[key], standing.time <= time { return }
        nextOrder += 1
        due[key] = (time, nextOrder)
        heap.append(Entry(time: time, order: nextOrder, key: key))
        rise(from: heap.count - 1)
    }

    mutating func remove(_ key: DeploymentKey) { due[key] = nil }

    /// The earliest request.
    mutating func earliest() -> Timestamp? {
        dropStale()
        return heap.first?.time
    }

    /// Takes out the key that has been due longest, if one is due.
    mutating func take(dueAt now: Timestamp) -> DeploymentKey? {
        dropStale()
        guard let first = heap.first, first.time <= now else { return nil }
        due[first.key] = nil
        removeFirst()
        return first.key
    }

    private mutating func dropStale() {
        while let first = heap.first, due[first.key]?.order != first.order { removeFirst() }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        sink(from: 0)
    }

    private mutating func rise(from start: Int) {
        var index = start
        while index > 0, heap[index].precedes(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(from start: Int) {
        var index = start
        while true {
            let children = [2 * index + 1, 2 * index + 2].filter { $0 < heap.count }
            guard let least = children.min(by: { heap[$0].precedes(heap[$1]) }), heap[least].precedes(heap[index])
            else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
