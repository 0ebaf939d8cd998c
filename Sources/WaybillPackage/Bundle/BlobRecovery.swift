package import WaybillCore

/// Brings bytes that the store needs and has no more back from where they came, as it was written down then: the sources of a bundle,
/// the commit of its code, the registry that it was pulled from, the index that a wheel came from.
package struct BlobRecovery: Sendable {
    package struct Report: Hashable, Sendable {
        /// What is here again.
        package var recovered: [Digest] = []
        /// Why not and what helps, for each that is not.
        package var failures: [Digest: String] = [:]

        package init() {}
    }

    private let content: ContentStore
    private let intake: ArtifactIntake
    private let readers: SourceReaders
    private let registry: RegistryClient?
    private let wheels: (any WheelSource)?

    /// - Parameters:
    ///   - tree: reads the fleet repository; `readers` and `refusing` as in `ArtifactStore`.
    ///   - registry: reads what was pulled; nil: nothing here does.
    ///   - wheels: fetches files of Python environments; nil: nothing here does.
    package init(
        content: ContentStore, tree: any FleetTree, readers: SourceReaders, refusing: [String],
        registry: RegistryClient? = nil, wheels: (any WheelSource)? = nil
    ) {
        self.content = content
        self.readers = readers
        self.registry = registry
        self.wheels = wheels
        intake = ArtifactIntake(content: content, tree: tree, readers: readers, refusing: refusing)
    }

    /// Fetches `wanted`, each from the first place that gives it.
    package func run(_ wanted: Set<Digest>) async throws(Failure) -> Report {
        var report = Report()
        guard !wanted.isEmpty else { return report }
        try content.layout.make()
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        // Manifests first: one that is here again says where what it names came from.
        let manifests = wanted.intersection(try await content.manifests().map(\.digest))
        for part in [manifests, wanted.subtracting(manifests)] where !part.isEmpty {
            let origins = try await content.origins(of: part)
            for digest in part.sorted() { try await bring(digest, from: origins[digest] ?? [], &report) }
        }
        return report
    }

    private func bring(_ digest: Digest, from origins: [BlobOrigin], _ report: inout Report) async throws(Failure) {
        if digest == EmptyConfig.digest {
            try await content.put(EmptyConfig.bytes)
            report.recovered.append(digest)
            return
        }
        var failure = "no bundle says where it came from; build its bundle again"
        for origin in origins {
            do throws(Failure) {
                try await fetch(digest, from: origin)
                report.recovered.append(digest)
                return
            } catch {
                if error.reason == Failure.cancelled.reason { throw error }
                failure = error.message
            }
        }
        report.failures[digest] = failure
    }

    private func fetch(_ digest: Digest, from origin: BlobOrigin) async throws(Failure) {
        switch origin {
        case .artifact(let artifact, let version, let commit):
            _ = try await intake.bring([artifact], of: version, at: commit)
        case .code(let code, let version): try await fetch(digest, code, of: version)
        case .registry(let reference, let blob, let isManifest): try await fetch(blob, isManifest, from: reference)
        case .wheel(let wheel): try await fetch(digest, wheel)
        case .written(let remedy): throw Failure(.stall, reason: "BlobWritten", message: remedy)
        }
    }

    private func fetch(_ digest: Digest, _ code: CodeSource, of version: String) async throws(Failure) {
        let address: RemoteAddress
        do throws(InvalidInput) { address = try RemoteAddress(parsing: code.repository) } catch {
            throw Failure(.stall, reason: "CodeUnavailable", message: "the code of \(version): \(error.message)")
        }
        do throws(Failure) {
            guard let folder = try await readers.code(code, in: address, beside: 0) else {
                throw Failure(.stall, reason: "CodeUnavailable", message: "nothing here reads \(address)")
            }
            let bytes = CodeArchive.bytes(of: folder)
            guard Digest(of: bytes) == digest else {
                throw Failure(
                    .stall, reason: "ArtifactMismatch",
                    message:
                        "\(address) at \(code.commit.short) gives another folder than was packaged (tree \(folder.tree))"
                )
            }
            try await content.put(bytes)
        } catch {
            var error = error
            error.message = "the code of \(version): \(error.message)"
            throw error
        }
    }

    private func fetch(
        _ blob: Descriptor, _ isManifest: Bool, from reference: ImageReference
    ) async throws(Failure) {
        do throws(Failure) {
            guard let registry else {
                throw Failure(
                    .stall, reason: "SourceUnreadable", message: "\(reference): nothing here reads registries")
            }
            if isManifest {
                try await content.put(try await registry.manifest(reference).bytes)
            } else {
                try await BlobReader(client: registry, blob: blob, place: try registry.place(reference))
                    .fetch(into: content)
            }
        } catch {
            var error = error
            error.message += "; once that is mended, 'waybill package pull \(reference)' brings it back, too"
            throw error
        }
    }

    private func fetch(_ digest: Digest, _ wheel: ContentWheels.Wheel) async throws(Failure) {
        do throws(Failure) {
            guard let wheels else {
                throw Failure(.stall, reason: "SourceUnreadable", message: "nothing here reads indexes of packages")
            }
            try await ContentWheels(content: content).restore(wheel, digest, from: wheels)
        } catch {
            var error = error
            error.message =
                "it is the wheel \(wheel.name): \(error.message); the controller fetches it, or builds it from its source, when it "
                + "next builds an environment with it"
            throw error
        }
    }
}
