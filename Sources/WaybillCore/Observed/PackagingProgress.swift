/// How far the packaging of a version is. Changes while bytes arrive: shown, and never recorded for each byte.
package struct PackagingProgress: Hashable, Sendable, CustomStringConvertible {
    package enum Step: String, CaseIterable, Hashable, Sendable {
        /// Bytes come from their sources.
        case arriving
        /// Each file is looked into.
        case inspecting
        case bundling
        /// The Python environment is built.
        case environment
    }

    package var step: Step
    /// Bytes of the version's files that are here.
    package var done: Int64
    /// Bytes of all of them.
    package var total: Int64

    package init(_ step: Step, done: Int64, total: Int64) {
        self.step = step
        self.done = done
        self.total = total
    }

    /// `packaging 3.1/4.8 GB`, then what is done with the bytes.
    package var description: String {
        switch step {
        case .arriving: "packaging \(ByteCount.text(done, of: total))"
        case .inspecting: "packaged \(ByteCount.text(total)), looking inside the files"
        case .bundling: "packaged \(ByteCount.text(total)), making the bundle"
        case .environment: "packaged \(ByteCount.text(total)), building the Python environment"
        }
    }
}

/// Amounts of bytes in decimal units, as disks and networks are sold.
package enum ByteCount {
    private static let units: [(size: Int64, name: String)] = [
        (1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"),
    ]

    /// `4.8 GB`, `12 B`.
    package static func text(_ count: Int64) -> String {
        guard let unit = units.first(where: { $0.size <= count }) else { return "\(count) B" }
        return "\(tenths(count, unit.size)) \(unit.name)"
    }

    /// `3.1/4.8 GB`: both in the unit of the whole.
    package static func text(_ part: Int64, of whole: Int64) -> String {
        guard let unit = units.first(where: { $0.size <= whole }) else { return "\(part)/\(whole) B" }
        return "\(tenths(part, unit.size))/\(tenths(whole, unit.size)) \(unit.name)"
    }

    private static func tenths(_ count: Int64, _ unit: Int64) -> String {
        let tenths = (Double(count) / Double(unit) * 10).rounded(.down)
        return "\(Int64(tenths) / 10).\(Int64(tenths) % 10)"
    }
}
