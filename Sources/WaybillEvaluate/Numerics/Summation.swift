/// The sum of `values`: eight running sums over blocks, the blocks added with compensation (Neumaier 1974), so that the error stays near
/// one rounding whatever the count.
func sum(_ values: [Double]) -> Double {
    values.withUnsafeBufferPointer { values in sum(count: values.count) { values[$0] } }
}

/// The same over `term(0)` to `term(count - 1)`.
@inline(__always)
func sum(count: Int, _ term: (Int) -> Double) -> Double {
    var total = CompensatedSum()
    var start = 0
    while start < count {
        let end = min(start + 1024, count)
        total.add(blockSum(start, end, term))
        start = end
    }
    return total.value
}

@inline(__always)
private func blockSum(_ start: Int, _ end: Int, _ term: (Int) -> Double) -> Double {
    var lanes = SIMD8<Double>.zero
    var place = start
    while place + 8 <= end {
        lanes += SIMD8(
            term(place), term(place + 1), term(place + 2), term(place + 3), term(place + 4), term(place + 5),
            term(place + 6), term(place + 7))
        place += 8
    }
    var rest = lanes.sum()
    while place < end {
        rest += term(place)
        place += 1
    }
    return rest
}

/// A sum that keeps what each addition rounds away.
struct CompensatedSum {
    private var total = 0.0
    private var lost = 0.0

    /// Infinite and NaN stay what they are, without the NaN that compensating them would make of an infinity.
    var value: Double { total.isFinite ? total + lost : total }

    mutating func add(_ term: Double) {
        let next = total + term
        lost += abs(total) >= abs(term) ? (total - next) + term : (term - next) + total
        total = next
    }
}
