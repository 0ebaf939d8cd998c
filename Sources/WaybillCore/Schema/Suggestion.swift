/// "Did you mean": the nearest of some known words.
package enum Suggestion {
    /// The candidate with the fewest edits from `word`, when that is at most a third of its length (and at most 3); ties
    /// go to the first in order. Swapped neighbours count as one edit.
    package static func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
        let target = Array(word.utf8.prefix(128))
        let allowed = min(3, max(1, target.count / 3))
        var best: (distance: Int, text: String)?
        for candidate in candidates where abs(candidate.utf8.count - target.count) <= allowed {
            let distance = distance(target, Array(candidate.utf8), atMost: allowed)
            guard distance <= allowed else { continue }
            if let found = best, (found.distance, found.text) <= (distance, candidate) { continue }
            best = (distance, candidate)
        }
        return best?.text
    }

    /// Optimal string alignment distance over bytes with letters of one case; more than `limit` may come out as any larger number.
    private static func distance(_ left: [UInt8], _ right: [UInt8], atMost limit: Int) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for (row, leftByte) in left.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for (column, rightByte) in right.enumerated() {
                let isSame = lowercase(leftByte) == lowercase(rightByte)
                var best = min(last[column + 1] + 1, current[column] + 1, last[column] + (isSame ? 0 : 1))
                if row > 0, column > 0, lowercase(leftByte) == lowercase(right[column - 1]),
                    lowercase(left[row - 1]) == lowercase(rightByte)
                {
                    best = min(best, beforeLast[column - 1] + 1)
                }
                current.append(best)
            }
            if current.allSatisfy({ $0 > limit }) { return limit + 1 }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
}
