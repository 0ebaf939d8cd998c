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
        total = truth.count
        guard total > 0 else { throw .tooFewSamples(have: 0, need: 1) }
        try truth.check(.truth, truths: total)
        try other.check(.prediction, truths: total)
        let (all, places) = Self.union(truth.names, other.names)
        let counts = Self.count(truth.codes, other.codes, places, classes: all.count)
        for (place, name) in all.enumerated() where counts.support[place] + counts.predicted[place] > 0 {
            names.append(name)
            hits.append(counts.hits[place])
            predicted.append(counts.predicted[place])
            support.append(counts.support[place])
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
