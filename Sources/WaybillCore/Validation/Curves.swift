/// The receiver operating characteristic in at most 200 corners: how many positive rows are found when so many negative ones are
/// taken for positive. Whole counts, so that equal rows give equal evidence.
package struct RocCurve: Hashable, Sendable {
    package static let mostPoints = 200

    package struct Point: Hashable, Sendable {
        package var falsePositives: Int
        package var truePositives: Int

        package init(falsePositives: Int, truePositives: Int) {
            self.falsePositives = falsePositives
            self.truePositives = truePositives
        }
    }

    package var positives: Int
    package var negatives: Int
    /// From the strictest threshold, at which nothing is found, to the loosest.
    package var points: [Point]

    package init(positives: Int, negatives: Int, points: [Point]) {
        self.positives = positives
        self.negatives = negatives
        self.points = points
    }

    package var value: Value {
        [
            "positives": .integer(Int64(positives)), "negatives": .integer(Int64(negatives)),
            "points": .list(
                points.map { .list([.integer(Int64($0.falsePositives)), .integer(Int64($0.truePositives))]) }),
        ]
    }

    /// Nil for what is no curve: counts that go back, or past all rows.
    package init?(_ value: Value) {
        guard let positives = value["positives"]?.integer.flatMap(Int.init(exactly:)), positives > 0,
            let negatives = value["negatives"]?.integer.flatMap(Int.init(exactly:)), negatives > 0,
            let items = value["points"]?.list, items.count <= Self.mostPoints
        else { return nil }
        self.init(positives: positives, negatives: negatives, points: [])
        for item in items {
            let last = points.last ?? Point(falsePositives: 0, truePositives: 0)
            guard let pair = item.list, pair.count == 2,
                let wrong = pair[0].integer.flatMap(Int.init(exactly:)),
                let right = pair[1].integer.flatMap(Int.init(exactly:)),
                (last.falsePositives...max(negatives, last.falsePositives)).contains(wrong),
                (last.truePositives...max(positives, last.truePositives)).contains(right)
            else { return nil }
            points.append(Point(falsePositives: wrong, truePositives: right))
        }
    }
}

/// How sure a model was and how often it was right, in bins of equal width over how sure it was.
package struct CalibrationCurve: Hashable, Sendable {
    package struct Bin: Hashable, Sendable {
        package var rows: Int
        /// Of these rows, those in which it was right.
        package var hits: Int
        /// The mean of how sure it was; 0 without rows.
        package var confidence: Double

        package init(rows: Int, hits: Int, confidence: Double) {
            self.rows = rows
            self.hits = hits
            self.confidence = confidence
        }
    }

    /// From unsure to sure; also those without rows.
    package var bins: [Bin]

    package init(bins: [Bin]) { self.bins = bins }

    package var value: Value {
        [
            "bins": .list(
                bins.map { bin in
                    [
                        "rows": .integer(Int64(bin.rows)), "hits": .integer(Int64(bin.hits)),
                        "confidence": Value(measured: bin.confidence),
                    ]
                })
        ]
    }

    /// Nil for what is none: more hits than rows, more than 100 bins.
    package init?(_ value: Value) {
        guard let items = value["bins"]?.list, (1...100).contains(items.count) else { return nil }
        bins = []
        for item in items {
            guard let rows = item["rows"]?.integer.flatMap(Int.init(exactly:)), rows >= 0,
                let hits = item["hits"]?.integer.flatMap(Int.init(exactly:)), (0...rows).contains(hits),
                let confidence = item["confidence"]?.number, (0...1).contains(confidence)
            else { return nil }
            bins.append(Bin(rows: rows, hits: hits, confidence: confidence))
        }
    }
}
