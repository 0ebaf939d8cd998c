import WaybillCore

/// Truths as one label and the other.
struct BinaryTruth {
    /// The code of the positive label; -1 when no row has it.
    let positive: Int32
    let codes: [Int32]
    let positives: Int

    var negatives: Int { codes.count - positives }

    /// - Throws: for missing labels, more than two, and a positive label that the column does not know.
    init(_ truth: Labels, positive: String) throws(MetricFailure) {
        guard truth.count > 0 else { throw .tooFewSamples(have: 0, need: 1) }
        try truth.check(.truth, truths: truth.count)
        let counts = truth.counts
        let present = counts.count { $0 > 0 }
        guard present <= 2 else { throw .notBinary(labels: present) }
        guard let place = truth.names.firstIndex(where: { $0.utf8.elementsEqual(positive.utf8) }),
            counts[place] > 0 || present == 1
        else {
            let names = counts.indices.filter { counts[$0] > 0 }.map { truth.names[$0] }
            throw .unknownPositive(positive, labels: names.sorted())
        }
        (self.positive, codes, positives) = (Int32(place), truth.codes, counts[place])
    }

    /// - Throws: when only one of the two labels is there.
    func checkBoth(_ truth: Labels) throws(MetricFailure) {
        if positives == 0 || negatives == 0 { throw .oneClassOnly(truth[0] ?? "") }
    }

    @inline(__always)
    func isPositive(_ row: Int) -> Bool { codes[row] == positive }
}

extension Labels {
    /// How many rows have each name.
    var counts: [Int] {
        var counts = [Int](repeating: 0, count: 2 * names.count)
        counts.withUnsafeMutableBufferPointer { counts in
            for (row, code) in codes.enumerated() where code >= 0 { counts[(row & 1) * names.count + Int(code)] &+= 1 }
        }
        return names.indices.map { counts[$0] + counts[names.count + $0] }
    }
}

extension Scores {
    /// The column of `positive`, finite.
    /// - Throws: also for three classes and more, and for classes without `positive`.
    func column(
        of positive: String, _ column: MetricColumn, truths: Int
    ) throws(MetricFailure) -> [Double] {
        switch self {
        case .positive(let scores): return try scores.checked(column, truths: truths)
        case .classes(let names, let columns):
            guard names.count <= 2 else { throw .notBinary(labels: names.count) }
            guard let place = names.firstIndex(where: { $0.utf8.elementsEqual(positive.utf8) }), place < columns.count
            else { throw .unknownPositive(positive, labels: names) }
            return try columns[place].checked(column, truths: truths)
        }
    }
}
