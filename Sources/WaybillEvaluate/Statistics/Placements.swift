/// For each row the share of rows of the other label that it is ranked rightly against, equal scores half: what the area under the ROC curve
/// is the mean of, and what its variance comes from (DeLong, DeLong and Clarke-Pearson 1988). By one sort, as Sun and Xu (2014) do.
struct Placements {
    /// Of positive rows in their order, then of negative ones.
    let positives: [Double]
    let negatives: [Double]

    /// - Parameters:
    ///   - scores: finite.
    ///   - count: how many codes are `positive`; neither none nor all.
    init(_ scores: [Double], codes: [Int32], positive: Int32, positives count: Int) {
        let order = ScoreKeys.order(of: scores)
        let others = scores.count - count
        var placed = [Double](repeating: 0, count: scores.count)
        var (place, positivesBelow, negativesBelow) = (0, 0, 0)
        while place < order.count {
            let start = place
            let key = order[place].key
            var found = 0
            while place < order.count, order[place].key == key {
                if codes[Int(order[place].row)] == positive { found += 1 }
                place += 1
            }
            let other = place - start - found
            let ofPositive = (Double(negativesBelow) + Double(other) / 2) / Double(others)
            let ofNegative = (Double(count - positivesBelow - found) + Double(found) / 2) / Double(count)
            for entry in order[start..<place] {
                placed[Int(entry.row)] = codes[Int(entry.row)] == positive ? ofPositive : ofNegative
            }
            positivesBelow += found
            negativesBelow += other
        }
        positives = codes.indices.filter { codes[$0] == positive }.map { placed[$0] }
        negatives = codes.indices.filter { codes[$0] != positive }.map { placed[$0] }
    }

    private init(positives: [Double], negatives: [Double]) { (self.positives, self.negatives) = (positives, negatives) }

    /// Row by row, of the same rows.
    static func - (left: Placements, right: Placements) -> Placements {
        Placements(
            positives: zip(left.positives, right.positives).map { $0 - $1 },
            negatives: zip(left.negatives, right.negatives).map { $0 - $1 })
    }

    /// The area, or the difference of two.
    var area: Double { sum(positives) / Double(positives.count) }

    /// Its squared standard error.
    var variance: Double {
        let (found, other) = (Moments(positives), Moments(negatives))
        return found.error * found.error + other.error * other.error
    }

    var studentized: StudentizedValue { StudentizedValue(area, Moments(positives), Moments(negatives)) }

    var fewest: Int { min(positives.count, negatives.count) }
}
