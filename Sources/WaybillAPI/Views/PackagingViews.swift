package import WaybillCore

/// How far the packaging of a version is, while it is under way.
package struct PackagingView: Hashable, Sendable, Codable {
    /// `arriving`, `inspecting`, `bundling` or `environment`.
    package var step: String
    /// Bytes of the version's files that are here, and of all of them.
    package var done: Int64
    package var total: Int64
    /// `packaging 3.1/4.8 GB`.
    package var message: String

    package init(_ progress: PackagingProgress) {
        step = progress.step.rawValue
        done = progress.done
        total = progress.total
        message = progress.description
    }
}

/// What looking into one file of a version found.
package struct InspectedFileView: Hashable, Sendable, Codable {
    package var path: String
    /// `safe`, `dangerous` or `unscanned`.
    package var verdict: String
    /// Found in the bytes; absent when it is none that is known.
    package var format: String?
    /// Reasons of the verdict.
    package var findings: [String]
    /// How it differs from what the manifest says of it.
    package var disagreements: [String]

    package init(
        path: String, verdict: String, format: String?, findings: [String] = [], disagreements: [String] = []
    ) {
        self.path = path
        self.verdict = verdict
        self.format = format
        self.findings = findings
        self.disagreements = disagreements
    }
}

/// Bytes that a plan brings onto the machine.
package struct PullView: Hashable, Sendable, Codable {
    /// Of all files.
    package var size: Int64
    /// Of those that are here already.
    package var held: Int64

    package init(size: Int64, held: Int64) {
        self.size = size
        self.held = held
    }

    /// `pulls 4.8 GB (3.1 GB held)`: what comes, and what need not.
    package var words: String {
        if held >= size { return "pulls nothing: \(ByteCount.text(size)) held" }
        return "pulls \(ByteCount.text(size - held))" + (held > 0 ? " (\(ByteCount.text(held)) held)" : "")
    }
}
