import WaybillCore

extension Fleet {
    /// Whether `resource` alters a version. Then what is known stays, and that is noted.
    ///
    /// A version that was fixed stays what it was, also once it was removed. Of others: where commits were left out between this
    /// one and the one before, the version may have been removed in between, and come again; what was not seen to be altered is not.
    mutating func isAlteration(of id: ResourceID, _ resource: Resource, _ step: Step) -> Bool {
        guard case .modelVersion(let version) = resource.spec else { return false }
        let after = content(of: version)
        guard let (past, place) = pastOf(after, id, step) else {
            altered[id] = nil
            accept(after)
            return false
        }
        let known = altered[id]
        altered[id] = Alteration(
            resource: resource, past: past, after: after, fixedBy: known?.fixedBy ?? place, origin: known?.origin)
        return true
    }

    /// What the version was, if it was not what it is now, and where.
    private func pastOf(
        _ after: VersionContent, _ id: ResourceID, _ step: Step
    ) -> (Alteration.Past, (path: String, commit: CommitID))? {
        if let resource = resources[id], case .modelVersion(let version) = resource.spec, let commit,
            step.isNext || altered[id] != nil
        {
            let texts = acceptedTexts[version.id]
            let before = VersionContent(version: version, card: texts?.card, lock: texts?.lock)
            if !Alteration.isSame(before, after) { return (.known(before), (resource.location.path, commit)) }
        }
        if let first = fixed[after.version.id], !Alteration.isSame(first, after) {
            return (.remembered(first), (first.path, first.commit))
        }
        return nil
    }

    /// The version with its texts as they are at the commit that is loaded.
    func content(of version: ModelVersion) -> VersionContent {
        VersionContent(
            version: version, card: version.card.flatMap { texts[$0]?.blob },
            lock: version.environment.flatMap { texts[$0.lock]?.blob })
    }

    private mutating func accept(_ content: VersionContent) {
        let id = content.version.id
        if content.card != nil || content.lock != nil {
            let before = acceptedTexts[id]
            acceptedTexts[id] = VersionTexts(card: content.card ?? before?.card, lock: content.lock ?? before?.lock)
        }
        if isUnfixed(content) { unfixed.insert(id) }
    }

    private func isUnfixed(_ content: VersionContent) -> Bool {
        guard let first = fixed[content.version.id] else { return true }
        return first.card == nil && content.card != nil || first.lock == nil && content.lock != nil
    }

    /// Takes other texts, and touches the versions whose bundles have them.
    mutating func takeTexts(_ next: [String: Text], _ step: inout Step) {
        guard !next.isEmpty else { return }
        for (path, text) in next where texts[path] != text {
            texts[path] = text
            for version in versionsOfText[path] ?? [] { step.touched.insert(.modelVersion(version)) }
        }
        for (id, alteration) in altered
        where alteration.after.version.textPaths.contains(where: { next[$0] != nil }) {
            step.touched.insert(id)
        }
    }

    /// What nothing fixes yet of the versions that are sound at this commit.
    func unfixedVersions() -> [FixedVersion] {
        guard let commit else { return [] }
        return unfixed.sorted().compactMap { id in
            guard let resource = resources[.modelVersion(id)], case .modelVersion(let version) = resource.spec,
                claims[.modelVersion(id)] == nil, altered[.modelVersion(id)] == nil
            else { return nil }
            let content = content(of: version)
            return FixedVersion(
                version: id, digest: content.digest, card: content.card, lock: content.lock,
                path: resource.location.path, commit: commit)
        }
    }

    mutating func remember(_ versions: [FixedVersion]) {
        for version in versions {
            fixed.add(version)
            unfixed.remove(version.version)
        }
    }

    /// Versions that this step found altered, of which git was not asked yet: where each was defined, and at which commit.
    func unknownOrigins(_ step: Step) -> [ResourceID: (path: String, commit: CommitID)] {
        var found: [ResourceID: (path: String, commit: CommitID)] = [:]
        for id in step.unlocated.keys {
            guard let alteration = altered[id], alteration.origin == nil else { continue }
            found[id] = alteration.fixedBy
        }
        return found
    }

    /// Takes what git says of an altered version.
    mutating func note(origin: CommitID, of id: ResourceID, _ step: inout Step) {
        altered[id]?.origin = origin
        guard let alteration = altered[id] else { return }
        step.unlocated[id] = step.unlocated[id]?.map { $0.rule == .changedVersion ? alteration.problem : $0 }
    }
}

extension ModelVersion {
    /// Files of the fleet repository whose texts the version's bundle has.
    var textPaths: [String] { [card, environment?.lock].compactMap(\.self) }
}
