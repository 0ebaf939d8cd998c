import Glibc

/// The members of an object, ordered by the bytes of their names (UTF-8), each name once: the order of canonical JSON, so that
/// nothing is sorted when it is written.
///
/// Objects are small: members stand in one array, are found by bisection, and cost no hashing. Names are the same only
/// when their bytes are.
package struct Members: Hashable, Sendable {
    package typealias Element = (key: String, value: Value)

    private struct Entry: Hashable, Sendable {
        let name: String
        var value: Value
    }

    private var entries: [Entry] = []

    package init() {}

    /// What was gathered in a dictionary: for objects of any size, as adding here in no order takes the square of their number.
    package init(_ members: [String: Value]) { self.init(members.map { ($0.key, $0.value) }) }

    /// Texts by name.
    package init(_ texts: [String: String]) { self.init(texts.map { ($0.key, .string($0.value)) }) }

    /// In any order; of members with the same name the last one stays.
    package init(_ members: [(String, Value)]) {
        entries = members.map { Entry(name: $0.0, value: $0.1) }
        let isOrdered = zip(entries, entries.dropFirst()).allSatisfy { $0.name.byteOrder($1.name) < 0 }
        if !isOrdered { order() }
    }

    private mutating func order() {
        // Sorting is stable, so that the last of the same name is the last of its run.
        var ordered: [Entry] = []
        ordered.reserveCapacity(entries.count)
        for entry in entries.sorted(by: { $0.name.byteOrder($1.name) < 0 }) {
            if ordered.last?.name.byteOrder(entry.name) == 0 { ordered.removeLast() }
            ordered.append(entry)
        }
        entries = ordered
    }

    package mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

    /// The member's value; setting nil removes it.
    package subscript(name: String) -> Value? {
        get {
            let (place, isFound) = place(of: name)
            return isFound ? entries[place].value : nil
        }
        set {
            let (place, isFound) = place(of: name)
            switch (newValue, isFound) {
            case (let value?, true): entries[place].value = value
            case (let value?, false): entries.insert(Entry(name: name, value: value), at: place)
            case (nil, true): entries.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// Removes a member and gives its value; nil when there is none.
    @discardableResult
    package mutating func removeValue(forKey name: String) -> Value? {
        let (place, isFound) = place(of: name)
        return isFound ? entries.remove(at: place).value : nil
    }

    /// Where a member stands, or would.
    private func place(of name: String) -> (Int, isFound: Bool) {
        // Members are often added in their order.
        guard let last = entries.last else { return (0, false) }
        let order = last.name.byteOrder(name)
        if order < 0 { return (entries.count, false) }
        if order == 0 { return (entries.count - 1, true) }
        var (low, high) = (0, entries.count - 1)
        while low < high {
            let middle = (low + high) / 2
            let order = entries[middle].name.byteOrder(name)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    package var keys: [String] { entries.map(\.name) }
    package var values: [Value] { entries.map(\.value) }

    package func mapValues(_ change: (Value) throws -> Value) rethrows -> Members {
        var changed = self
        for place in entries.indices { changed.entries[place].value = try change(entries[place].value) }
        return changed
    }

    package func compactMapValues<Item>(_ change: (Value) throws -> Item?) rethrows -> [String: Item] {
        var changed: [String: Item] = [:]
        for entry in entries { changed[entry.name] = try change(entry.value) }
        return changed
    }

    package func filter(_ isKept: (Element) throws -> Bool) rethrows -> Members {
        var kept = Members()
        kept.entries = try entries.filter { try isKept(($0.name, $0.value)) }
        return kept
    }

    package mutating func merge(_ other: Members, uniquingKeysWith choose: (Value, Value) -> Value) {
        for (name, value) in other { self[name] = self[name].map { choose($0, value) } ?? value }
    }

    package func merging(_ other: Members, uniquingKeysWith choose: (Value, Value) -> Value) -> Members {
        var merged = self
        merged.merge(other, uniquingKeysWith: choose)
        return merged
    }
}

extension Members: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }
    package subscript(place: Int) -> Element { (entries[place].name, entries[place].value) }
}

extension Members: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral members: (String, Value)...) { self.init(members) }
}

extension String {
    /// Below zero when this text comes before `other` by the bytes of both, zero when they are the same.
    package func byteOrder(_ other: String) -> Int {
        var (left, right) = (self, other)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                guard let one = left.baseAddress, let two = right.baseAddress else { return left.count - right.count }
                let order = memcmp(one, two, Swift.min(left.count, right.count))
                return order == 0 ? left.count - right.count : Int(order)
            }
        }
    }
}
