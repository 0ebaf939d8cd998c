package import WaybillCore

/// What one file says: resources, or what is wrong with it. Depends on its path and bytes only.
package struct ParsedFile: Sendable {
    package var path: String
    /// In the order of the file. Used only when nothing is wrong.
    package var resources: [Resource]
    /// Resources that documents with problems mean to define, as far as can be told.
    package var claimed: [ResourceID]
    /// In the order of places.
    package var diagnostics: [Diagnostic]

    /// The bytes of a broken file, empty for a sound one.
    private(set) var bytes: [UInt8]
    /// Whether some of the text could not be read at all, so that nobody can tell what it defines.
    private(set) var isTextUnknown: Bool
    /// Kinds of documents that mean to define something, without saying what; nil: of a kind that is not told.
    private(set) var unnamedKinds: Set<Kind?> = []
    /// What the file's documents refer to, as far as can be told. Empty for a sound file: its resources say that.
    private(set) var references: [WrittenReference] = []

    package var isBroken: Bool { !diagnostics.isEmpty }

    /// Reads `bytes` within `limits`; never fails and never traps, whatever they are.
    package init(path: String, bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) {
        let source = SourceText(path: path, bytes: bytes)
        var (resources, claimed, problems): ([Resource], [ResourceID], [Diagnostic]) = ([], [], [])
        var unnamed: Set<Kind?> = []
        let stopped = YAMLReader.read(source, limits) { document in
            guard problems.count < limits.problems else { return }
            var decoder = DocumentDecoder(source, document, room: limits.problems - problems.count)
            let result = decoder.decode()
            problems += decoder.problems
            if let resource = result.resource { resources.append(resource) }
            if let identity = result.identity { claimed.append(identity) }
            if result.isUnnamed { unnamed.insert(result.kind) }
        }
        problems += stopped
        problems += Self.repeated(resources, source)
        self.path = path
        self.resources = resources
        self.claimed = problems.isEmpty ? [] : claimed
        self.bytes = problems.isEmpty ? [] : bytes
        isTextUnknown = !stopped.isEmpty
        unnamedKinds = unnamed
        references = problems.isEmpty ? [] : WrittenReference.all(in: source, limits)
        diagnostics = problems.isEmpty ? [] : problems.sorted(by: Diagnostic.inOrder)
    }

    /// A file that could not be read at all.
    package init(path: String, problem: Diagnostic) {
        self.path = path
        resources = []
        claimed = []
        bytes = []
        isTextUnknown = true
        diagnostics = [problem]
    }

    private static func repeated(_ resources: [Resource], _ source: SourceText) -> [Diagnostic] {
        guard resources.count > 1 else { return [] }
        var first: [ResourceID: SourceLocation] = [:]
        return resources.compactMap { resource in
            guard let earlier = first.updateValue(resource.location, forKey: resource.id) else { return nil }
            return Diagnostic(
                location: resource.location, rule: DiagnosticRule.duplicateResource.rawValue,
                message: "\(resource.id) is defined twice in this file", hint: "remove one of them", related: earlier)
        }
    }

    /// The same file at another path.
    package func moved(to path: String) -> ParsedFile {
        guard path != self.path else { return self }
        var moved = self
        moved.path = path
        moved.resources = resources.map { resource in
            Resource(
                id: resource.id, spec: resource.spec, metadata: resource.metadata,
                location: resource.location.moved(to: path))
        }
        moved.diagnostics = diagnostics.map { diagnostic in
            var moved = diagnostic
            moved.location = diagnostic.location.moved(to: path)
            moved.related = diagnostic.related?.moved(to: path)
            return moved
        }
        moved.references = references.map { $0.moved(to: path) }
        return moved
    }
}

extension SourceLocation {
    func moved(to path: String) -> SourceLocation { SourceLocation(path: path, line: line, column: column) }
}
