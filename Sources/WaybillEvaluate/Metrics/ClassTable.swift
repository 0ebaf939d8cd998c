import WaybillCore

/// Probabilities of every class, with the truths as places among them.
struct ClassTable {
    let names: [String]
    let columns: [[Double]]
    /// The class of each row.
    let codes: [Int32]

    /// Rows may add up to 1 only as well as half precision can.
    static let tolerance = 1e-3

    /// - Throws: for truths without a class, and for rows that are no probabilities or do not add up to 1.
    init(_ truth: Labels, _ scores: Scores) throws(MetricFailure) {
        guard truth.count > 0 else { throw .tooFewSamples(have: 0, need: 1) }
        try truth.check(.truth, truths: truth.count)
        guard case .classes(let names, let given) = scores, names.count == given.count, !names.isEmpty else {
            throw .inputMissing(.probabilities)
        }
        var columns: [[Double]] = []
        for column in given { columns.append(try checkedProbabilities(column, truths: truth.count)) }
        try Self.checkSums(columns)
        let places = ClassCounts.union(names, truth.names).places
        if let row = truth.codes.firstIndex(where: { places[Int($0)] >= names.count }) {
            throw .unknownClass(truth.names[Int(truth.codes[row])], row: row + 1)
        }
        (self.names, self.columns, codes) = (names, columns, truth.codes.map { places[Int($0)] })
    }

    /// Rows of each class.
    var support: [Int] { Labels(codes: codes, names: names).counts }

    /// The likeliest class of each row, the first of equals.
    var likeliest: [Int] {
        codes.indices.map { row in
            var best = 0
            for place in columns.indices where columns[place][row] > columns[best][row] { best = place }
            return best
        }
    }

    private static func checkSums(_ columns: [[Double]]) throws(MetricFailure) {
        guard var sums = columns.first else { return }
        for column in columns.dropFirst() {
            for row in sums.indices { sums[row] += column[row] }
        }
        if let row = sums.firstIndex(where: { abs($0 - 1) > tolerance }) {
            throw .notNormalised(sum: sums[row], row: row + 1)
        }
    }
}

/// The values of a column, when each is a probability.
func checkedProbabilities(_ column: NumberColumn, truths: Int) throws(MetricFailure) -> [Double] {
    let values = try column.checked(.probability, truths: truths)
    if let row = values.firstIndex(where: { $0 < 0 || $0 > 1 }) { throw .notAProbability(values[row], row: row + 1) }
    return values
}
