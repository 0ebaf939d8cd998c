extension AnalysisSummary {
    /// The form of the fields that `value` has.
    private static let form: Int64 = 1

    /// As the ledger keeps it: numbers only, of bounded size.
    package var value: Value {
        [
            "form": .integer(Self.form), "canary": canary.value, "stable": stable.value, "compared": compared.value,
            "alone": alone.value, "gathering": [gathering.canary.value, gathering.stable.value],
            "earlier": .list(earlier.map { [$0.compared.value, $0.alone.value] }),
        ]
    }

    /// What `value` made; nil for anything else.
    package init?(_ value: Value) {
        guard value["form"]?.integer == Self.form,
            let canary = value["canary"].flatMap(ArmCounts.init), let stable = value["stable"].flatMap(ArmCounts.init),
            let compared = value["compared"].flatMap(BlockSeries.init),
            let alone = value["alone"].flatMap(BlockSeries.init),
            let gathering = value["gathering"]?.list?.compactMap(ArmCounts.init), gathering.count == 2,
            let steps = value["earlier"]?.list, case let earlier = steps.compactMap(EarlierStep.init),
            earlier.count == steps.count
        else { return nil }
        self.init()
        self.canary = canary
        self.stable = stable
        self.compared = compared
        self.alone = alone
        self.earlier = earlier
        self.gathering = AnalysisBlock(canary: gathering[0], stable: gathering[1])
    }
}

extension AnalysisSummary.EarlierStep {
    fileprivate init?(_ value: Value) {
        guard let series = value.list?.compactMap(ClosedSeries.init), series.count == 2 else { return nil }
        self.init(compared: series[0], alone: series[1])
    }
}

extension ClosedSeries {
    fileprivate var value: Value {
        list(sums.numbers + [dispersion, Double(blocks), Double(blocksWithHits)])
    }

    fileprivate init?(_ value: Value) {
        let numbers = finite(value)
        guard numbers.count == 9, let sums = BlockSums(numbers: Array(numbers[..<6])), numbers[6] >= 1,
            let blocks = Int(exactly: numbers[7]), let blocksWithHits = Int(exactly: numbers[8])
        else { return nil }
        self.init(sums: sums, dispersion: numbers[6], blocks: blocks, blocksWithHits: blocksWithHits)
    }
}

extension ArmCounts {
    /// `[requests, hits]`.
    var value: Value { [.integer(Int64(requests)), .integer(Int64(hits))] }

    init?(_ value: Value) {
        guard let numbers = value.list?.compactMap(\.integer), numbers.count == 2, value.list?.count == 2 else {
            return nil
        }
        self.init(requests: Int(numbers[0]), hits: Int(numbers[1]))
        guard self == sound else { return nil }
    }
}

extension BlockSums {
    fileprivate var numbers: [Double] {
        [weight, canaryHits, stableHits, pooledHits, canarySpread, stableSpread]
    }

    fileprivate init?(numbers: [Double]) {
        guard numbers.count == 6 else { return nil }
        self.init()
        weight = numbers[0]
        canaryHits = numbers[1]
        stableHits = numbers[2]
        pooledHits = numbers[3]
        canarySpread = numbers[4]
        stableSpread = numbers[5]
    }
}

extension BlockSeries {
    var value: Value {
        [
            "blocks": [.integer(Int64(blocks)), .integer(Int64(blocksWithHits))],
            "total": list(total.numbers), "levels": .list(levels.map(\.value)),
        ]
    }

    init?(_ value: Value) {
        guard let counts = value["blocks"]?.list?.compactMap(\.integer), counts.count == 2,
            counts.allSatisfy({ $0 >= 0 }), let total = BlockSums(numbers: finite(value["total"])),
            let levels = value["levels"]?.list?.compactMap(Level.init), levels.count == Self.levelCount
        else { return nil }
        self.init(
            blocks: Int(counts[0]), blocksWithHits: Int(counts[1]), total: total, levels: levels)
    }
}

extension BlockSeries.Level {
    fileprivate var value: Value {
        list(
            [Double(runs), effectSquares, effectWeights, weightSquares, canarySpread, stableSpread, Double(openBlocks)]
                + open.numbers)
    }

    fileprivate init?(_ value: Value) {
        let numbers = finite(value)
        guard numbers.count == 13, let runs = Int(exactly: numbers[0]), let openBlocks = Int(exactly: numbers[6]),
            runs >= 0, openBlocks >= 0, let open = BlockSums(numbers: Array(numbers[7...]))
        else { return nil }
        self.init()
        self.runs = runs
        effectSquares = numbers[1]
        effectWeights = numbers[2]
        weightSquares = numbers[3]
        canarySpread = numbers[4]
        stableSpread = numbers[5]
        self.openBlocks = openBlocks
        self.open = open
    }
}

private func list(_ numbers: [Double]) -> Value { .list(numbers.map { .number($0) }) }

/// The numbers of a list, all of them finite; empty when it is no such list.
private func finite(_ value: Value?) -> [Double] {
    let items = value?.list ?? []
    let numbers = items.compactMap(\.number).filter(\.isFinite)
    return numbers.count == items.count ? numbers : []
}
