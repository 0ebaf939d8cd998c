/// The order in which the shares of a whole take their turns.
///
/// Guarantees: over one period of as many turns as the weights sum to, each index comes exactly as often as its weight
/// says; within it, after any number of turns, each has had its exact share of them to within less than one.
///
/// R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32 (1980), 323–330: among those who are owed
/// enough of a turn, the one whose turn is due first. With k shares the error is at most 1 − 1/(2k−2). The smooth weighted
/// round-robin of nginx takes whoever is owed most instead, which lets a small share fall behind among many.
enum ShareOrder {
    /// - Parameter weights: positive.
    static func order(_ weights: [Int]) -> [Int] {
        guard weights.count > 1 else { return weights.isEmpty ? [] : [0] }
        let whole = weights.reduce(0, +)
        let parts = 2 * weights.count - 2
        var taken = [Int](repeating: 0, count: weights.count)
        return (1...whole).map { turn in
            var first: (index: Int, slack: Int)?
            for (index, weight) in weights.enumerated() {
                // In units of 1/(whole × parts) of a turn.
                let owed = (weight * turn - whole * taken[index]) * parts
                guard owed >= whole else { continue }
                let slack = whole * (parts - 1) - owed
                // slack / weight is the time until its turn is overdue.
                if let best = first, slack * weights[best.index] >= best.slack * weight { continue }
                first = (index, slack)
            }
            let chosen = first?.index ?? 0
            taken[chosen] += 1
            return chosen
        }
    }
}
