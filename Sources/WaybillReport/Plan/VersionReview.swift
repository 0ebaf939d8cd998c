package import WaybillCore

/// Something that came, went or changed, with both sides.
package struct ReviewItem: Hashable, Sendable {
    package var name: String
    /// Nil when it is new.
    package var before: String?
    /// Nil when it is gone.
    package var after: String?

    package init(name: String, before: String?, after: String?) {
        (self.name, self.before, self.after) = (name, before, after)
    }

    /// What differs between two sets of named texts, by name.
    package static func between(_ old: [String: String], _ new: [String: String]) -> [ReviewItem] {
        Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map {
            ReviewItem(name: $0, before: old[$0], after: new[$0])
        }
    }
}

/// What one version of a model is beside another, as a reviewer asks: better or worse, for whom, on what data, and does it break callers?
package struct VersionReview: Hashable, Sendable {
    package var from: VersionID?
    package var to: VersionID
    /// One sentence: other weights, or only words about them.
    package var summary: String
    package var files: [ReviewItem]
    /// Measured ones before claimed ones.
    package var metrics: [MetricRow]
    /// Those that got worse first.
    package var slices: [SliceRow]
    package var interface: [InterfaceChange]
    /// Whether one of the two declares no interface.
    package var isInterfaceUnknown: Bool
    package var data: [ReviewItem]
    /// Of the environment that the version was made in.
    package var packages: [ReviewItem]
    /// License, code, card.
    package var facts: [ReviewItem]
    /// Evidence about the new version.
    package var evidence: [EvidenceReport]

    package var breaks: Bool { interface.contains(where: \.breaks) }

    /// - Parameters:
    ///   - evidence: of any version; what is about others is left out.
    ///   - packages: names to versions of the locks of both, where they could be read.
    package init(
        from old: ModelVersion?, to new: ModelVersion, evidence: [EvidenceReport],
        packages: (old: [String: String]?, new: [String: String]?) = (nil, nil)
    ) {
        (from, to) = (old?.id, new.id)
        let mine = evidence.filter { $0.version == new.id.description }
        let theirs = evidence.filter { $0.version == old?.id.description }
        self.evidence = mine
        files = ReviewItem.between(Self.files(old), Self.files(new))
        data = ReviewItem.between(Self.data(old), Self.data(new))
        interface = old.map { InterfaceChange.between($0, new) } ?? []
        isInterfaceUnknown = old.map { InterfaceChange.isUnknown($0, new) } ?? false
        facts = ReviewItem.between(Self.facts(old), Self.facts(new))
        self.packages =
            if let was = packages.old, let now = packages.new { ReviewItem.between(was, now) } else { [] }
        metrics = MetricRow.rows(from: old, to: new, theirs, mine)
        slices = SliceRow.rows(theirs, mine)
        summary = Self.summary(old, files, data, facts)
    }

    private static func files(_ version: ModelVersion?) -> [String: String] {
        Dictionary(
            (version?.artifacts ?? []).map { ($0.path, $0.digest.description) }, uniquingKeysWith: { first, _ in first }
        )
    }

    private static func data(_ version: ModelVersion?) -> [String: String] {
        Dictionary(
            (version?.data ?? []).map { ($0.name.text, $0.digest.description) }, uniquingKeysWith: { first, _ in first }
        )
    }

    private static func facts(_ version: ModelVersion?) -> [String: String] {
        guard let version else { return [:] }
        var facts: [String: String] = ["format": version.format]
        facts["license"] = version.license
        facts["card"] = version.card
        facts["code"] = version.code.map { "\($0.repository) \($0.commit.hex)\($0.path.map { " \($0)" } ?? "")" }
        facts["python"] = version.environment?.python
        return facts
    }

    private static func summary(
        _ old: ModelVersion?, _ files: [ReviewItem], _ data: [ReviewItem], _ facts: [ReviewItem]
    ) -> String {
        guard old != nil else { return "nothing to compare with: it is new here" }
        guard files.isEmpty else {
            return "\(files.count) model file\(files.count == 1 ? "" : "s") differ\(files.count == 1 ? "s" : "")"
        }
        let words = Set(facts.map(\.name))
        if words.isEmpty, data.isEmpty { return "the same model files" }
        return words.isSubset(of: ["card", "license"]) && data.isEmpty
            ? "the same model files; only the words about them differ" : "the same model files, made otherwise"
    }
}
