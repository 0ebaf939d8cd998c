/// Scores of positive and of negative rows apart, each ascending: what the areas under both curves are computed from.
struct SplitScores {
    private(set) var positives: [UInt64]
    private(set) var negatives: [UInt64]

    /// - Parameter positive: the code of the rows that count as positive.
    init(_ scores: [Double], codes: [Int32], positive: Int32, positives count: Int) {
        positives = [UInt64](unsafeUninitializedCapacity: count) { $1 = count }
        negatives = [UInt64](unsafeUninitializedCapacity: scores.count - count) { $1 = scores.count - count }
        positives.withUnsafeMutableBufferPointer { positives in
            negatives.withUnsafeMutableBufferPointer { negatives in
                var (found, other) = (0, 0)
                for row in scores.indices {
                    let key = ScoreKeys.key(scores[row])
                    if codes[row] == positive {
                        positives[found] = key
                        found += 1
                    } else {
                        negatives[other] = key
                        other += 1
                    }
                }
            }
        }
        ScoreKeys.sort(&positives)
        ScoreKeys.sort(&negatives)
    }

    /// The chance that a positive row has the higher score, equal scores counted half (Mann and Whitney 1947). Counted in whole numbers.
    var rocArea: Double {
        var below = 0
        var place = 0
        // Twice the pairs that are won, plus those that are equal.
        var won = 0
        positives.withUnsafeBufferPointer { positives in
            negatives.withUnsafeBufferPointer { negatives in
                while place < positives.count {
                    let score = positives[place]
                    let start = place
                    while place < positives.count, positives[place] == score { place += 1 }
                    while below < negatives.count, negatives[below] < score { below += 1 }
                    var end = below
                    while end < negatives.count, negatives[end] == score { end += 1 }
                    won += (place - start) * (below + end)
                    below = end
                }
            }
        }
        return Double(won) / (2 * Double(positives.count) * Double(negatives.count))
    }

    /// The sum over thresholds, descending, of precision times the recall that the threshold adds: average precision.
    var averagePrecision: Double {
        var total = CompensatedSum()
        positives.withUnsafeBufferPointer { positives in
            negatives.withUnsafeBufferPointer { negatives in
                var place = positives.count
                var below = negatives.count
                while place > 0 {
                    let score = positives[place - 1]
                    let start = place
                    while place > 0, positives[place - 1] == score { place -= 1 }
                    while below > 0, negatives[below - 1] >= score { below -= 1 }
                    let found = Double(positives.count - place)
                    total.add(Double(start - place) * found / (found + Double(negatives.count - below)))
                }
            }
        }
        return total.value / Double(positives.count)
    }
}
