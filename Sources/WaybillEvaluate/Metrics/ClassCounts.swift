import WaybillCore

/// How often each label is true, predicted, and both: all that the metrics of labels look at.
struct ClassCounts {
    /// Labels that occur, either true or predicted.
    private(set) var names: [String] = []
    private(set) var hits: [Int] = []
    private(set) var predicted: [Int] = []
    /// How often each is true.
    private(set) var support: [Int] = []
    let total: Int

    /// - Throws: for missing labels, other lengths, and no rows at all.
    init(truth: Labels, predicted other: Labels) throws(MetricFailure) {
        guard truth.count > 0 else { throw .tooFewSamples(have: 0, need: 1) }
        try truth.check(.truth, truths: truth.count)
        try other.check(.prediction, truths: truth.count)
        let (all, places) = Self.union(truth.names, other.names)
        let counts = Self.count(truth.codes, other.codes, places, classes: all.count)
        self.init(names: all, hits: counts.hits, predicted: counts.predicted, support: counts.support)
    }

    /// Counts that were made elsewhere, of the same labels in each.
    init(names: [String], hits: [Int], predicted: [Int], support: [Int]) {
        total = support.reduce(0, +)
        for place in names.indices where support[place] + predicted[place] > 0 {
            self.names.append(names[place])
            self.hits.append(hits[place])
            self.predicted.append(predicted[place])
            self.support.append(support[place])
        }
    }

    /// The names of both, and the place therein of each of `others`. Names are compared by their bytes.
    static func union(_ names: [String], _ others: [String]) -> (all: [String], places: [Int32]) {
        var all = names
        var known = Dictionary(names.enumerated().map { (Array($1.utf8), Int32($0)) }) { first, _ in first }
        let places = others.map { name in
            if let place = known[Array(name.utf8)] { return place }
            let place = Int32(all.count)
            known[Array(name.utf8)] = place
            all.append(name)
            return place
        }
        return (all, places)
    }

    private static func count(
        _ truth: [Int32], _ predicted: [Int32], _ places: [Int32], classes: Int
    ) -> (hits: [Int], predicted: [Int], support: [Int]) {
        // In one table each of its own parity: equal neighbours do not wait for each other.
        var counts = [Int](repeating: 0, count: 6 * classes)
        counts.withUnsafeMutableBufferPointer { counts in
            for row in truth.indices {
                let base = (row & 1) * 3 * classes
                let (expected, given) = (Int(truth[row]), Int(places[Int(predicted[row])]))
                counts[base + expected] &+= 1
                counts[base + classes + given] &+= 1
                counts[base + 2 * classes + expected] &+= expected == given ? 1 : 0
            }
        }
        func table(_ number: Int) -> [Int] {
            (0..<classes).map { counts[number * classes + $0] + counts[(3 + number) * classes + $0] }
        }
        return (table(2), table(1), table(0))
    }
}
